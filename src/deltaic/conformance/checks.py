"""What cases check with: plain functions, so that the suite needs no test framework and `python -O` changes nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import TypeVar

from msgspec import Struct

from deltaic.model.errors import Error, ErrorKind

T = TypeVar("T")

#: Longer values are cut where they are told.
_LONGEST = 500


class Mismatch(AssertionError):
    """A driver does not do what the port says."""


class Refusal:
    """The error that a block ended with; filled when it is over."""

    error: Error


def equal(what: str, found: T, wanted: T) -> None:
    """`found` must be `wanted`; `what` tells people what was looked at."""
    if found == wanted:
        return
    if isinstance(found, Struct) and type(found) is type(wanted):
        members = [name for name in found.__struct_fields__ if getattr(found, name) != getattr(wanted, name)]
        for name in members:
            equal(f"{what}: {name}", getattr(found, name), getattr(wanted, name))
    raise Mismatch(f"{what}: {_shown(found)}, where {_shown(wanted)} was expected")


def ensure(what: str, condition: object) -> None:
    """`condition` must hold; `what` is the sentence that is true then."""
    if not condition:
        raise Mismatch(f"not so: {what}")


def among(what: str, found: T, allowed: Iterable[T]) -> None:
    """`found` must be one of `allowed`."""
    choices = list(allowed)
    if found not in choices:
        raise Mismatch(f"{what}: {_shown(found)}, where one of {choices!r} was expected")


def only(what: str, found: Iterable[T]) -> T:
    """The one item that there must be."""
    items = list(found)
    if len(items) != 1:
        raise Mismatch(f"{what}: {len(items)} were found, where exactly one was expected: {items[:5]!r}")
    return items[0]


@asynccontextmanager
async def refused(what: str, *kinds: ErrorKind, fields: Iterable[str] = ()) -> AsyncIterator[Refusal]:
    """The block must end with an error of one of these kinds, naming one of `fields` where any are given."""
    refusal = Refusal()
    try:
        yield refusal
    except Error as error:
        refusal.error = error
    else:
        raise Mismatch(f"{what}: accepted, where {_words(kinds)} was expected")
    among(f"{what}: kind of the error ({refusal.error.message})", refusal.error.kind, kinds)
    if fields:
        among(f"{what}: field that the error names ({refusal.error.message})", refusal.error.field, fields)
    ensure(f"{what}: the error has a sentence for people", refusal.error.message.strip())


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _words(kinds: Iterable[ErrorKind]) -> str:
    return " or ".join(kind.value for kind in kinds)
