"""`$orderby`: items sorted by their attributes as the standard orders each type."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from typing import Any, Final

from deltaic.model.errors import invalid
from deltaic.protocols.cimi.kinds import Kind
from deltaic.protocols.cimi.shapes import Document, resource_shape

_DURATION: Final = re.compile(
    r"(-?)P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?", re.ASCII
)
#: Seconds in a year and a month of middle length, a day, an hour, a minute, a second.
_SECONDS: Final = (31_556_952, 2_629_746, 86_400, 3_600, 60, 1)


def _text(value: Any) -> Any:
    return unicodedata.normalize("NFKD", value)


def _duration(value: Any) -> Any:
    match = _DURATION.fullmatch(value)
    if match is None:
        return 0.0
    total = sum(float(part or 0) * unit for part, unit in zip(match.groups()[1:], _SECONDS, strict=True))
    return -total if match[1] else total


_KEYS: Final[dict[Kind, Callable[[Any], Any]]] = {
    Kind.STRING: _text,
    Kind.URI: _text,
    Kind.DURATION: _duration,
    Kind.INTEGER: lambda value: value,
    Kind.BOOLEAN: lambda value: value,
    Kind.DATETIME: lambda value: value,
}


def order(documents: list[Document], item_name: str, by: Iterable[tuple[str, bool]]) -> list[Document]:
    """The documents of the type `item_name` sorted by pairs of attribute and whether descending.

    Items without the attribute come first (descending: last); equal ones keep their order. Errors: INVALID.
    """
    shape = resource_shape(item_name)
    found = list(documents)
    for name, descending in reversed(tuple(by)):
        member = shape.by_json.get(name)
        if member is None or member.many or member.attribute.secret or member.kind not in _KEYS:
            raise invalid("$orderby", f"There is no attribute '{name[:80]}' to sort by")
        found.sort(key=_key(member.name, _KEYS[member.kind]), reverse=descending)
    return found


def _key(name: str, change: Callable[[Any], Any]) -> Callable[[Document], tuple[bool, Any]]:
    def key(document: Document) -> tuple[bool, Any]:
        value = document.get(name)
        return (False, 0) if value is None else (True, change(value))

    return key
