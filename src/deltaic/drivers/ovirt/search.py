"""The engine's search language: `field="value" and ... sortby name asc`.

It has no escapes: a value with an apostrophe, a quote or a semicolon can't be written and is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from deltaic.model.errors import invalid

#: Ids per search: their terms fit an 8 KiB request line.
IDS_PER_SEARCH = 150

FORBIDDEN = frozenset("'\";\\")


def quoted(value: str, field: str) -> str:
    """`value` in quotes; INVALID naming `field` when the language can't hold it."""
    if any(c in FORBIDDEN or not c.isprintable() for c in value):
        raise invalid(field, f"The value of {field} holds characters that the engine's search refuses")
    return f'"{value}"'


def in_data_center(name: str) -> str:
    """Everything of a data center, by its name; everything at all when `name` is empty."""
    return f"datacenter={quoted(name, 'data_center')}" if name else ""


def disks_in_data_center(name: str) -> str:
    """As above for disks, which reach their data center only by a cross reference."""
    return f"datacenter.name={quoted(name, 'data_center')}" if name else ""


def with_comment(part: str) -> str:
    """Whatever has `part` somewhere in its comment."""
    value = quoted(part.replace("*", ""), "launch")
    return f'comment="*{value[1:-1]}*"'


def with_alias(alias: str) -> str:
    """The disks of this alias."""
    return f"alias={quoted(alias, 'name')}"


def by_ids(ids: Iterable[str]) -> Iterator[str]:
    """Searches for these ids, as few as fit their request lines."""
    rest = iter(ids)
    while batch := list(islice(rest, IDS_PER_SEARCH)):
        yield " or ".join(f"id={id_}" for id_ in batch)
