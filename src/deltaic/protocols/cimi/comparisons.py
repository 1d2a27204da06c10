"""One comparison of a `$filter`: an attribute found in the table, an operator and a value that suit it."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from deltaic.model.errors import invalid
from deltaic.protocols.cimi.kinds import Kind
from deltaic.protocols.cimi.scalars import parse_moment
from deltaic.protocols.cimi.shapes import Document, Member, Shape

_WHOLE: Final = re.compile(r"[+-]?[0-9]{1,19}", re.ASCII)
_WORDS: Final[dict[str, tuple[str, Any]]] = {
    "true": ("truth", True), "false": ("truth", False), "null": ("null", None),
}  # fmt: skip
_FAMILY: Final = {
    Kind.STRING: "text",
    Kind.URI: "text",
    Kind.DURATION: "text",
    Kind.REF: "text",  # compared by its address
    Kind.COLLECTION: "text",
    Kind.INTEGER: "number",
    Kind.BOOLEAN: "truth",
    Kind.DATETIME: "moment",
}
_ORDERED: Final = frozenset({"<", "<=", "=", ">=", ">", "!="})
_SUITABLE: Final = {
    "text": frozenset({"=", "!=", "^="}),
    "truth": frozenset({"=", "!="}),
    "number": _ORDERED,
    "moment": _ORDERED,
    "structure": frozenset[str](),
}
_TESTS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    "=": operator.eq,
    ">=": operator.ge,
    ">": operator.gt,
    "^=": lambda value, start: bool(value.startswith(start)),
}

#: The operator that means the same with its sides exchanged.
FLIPPED: Final = {"<": ">", "<=": ">=", "=": "=", ">=": "<=", ">": "<", "!=": "!="}


@dataclass(frozen=True, slots=True)
class Literal:
    """A value: its family (text, number, truth, moment, null) and itself."""

    family: str
    value: Any


@dataclass(frozen=True, slots=True)
class Path:
    """An attribute: the keys that lead to it in a document, and the family of its values."""

    keys: tuple[str, ...]
    family: str


def literal(word: str) -> Literal | None:
    """The value that an unquoted word means, None if it must be an attribute."""
    if word in _WORDS:
        return Literal(*_WORDS[word])
    if _WHOLE.fullmatch(word):
        return Literal("number", int(word))
    moment = parse_moment(word)
    return None if moment is None else Literal("moment", moment)


def find(shape: Shape, name: str) -> Member:
    """The attribute of a shape that a client names. Errors: INVALID."""
    member = shape.by_json.get(name)
    if member is None or member.kind is Kind.HEX or member.attribute.secret:
        raise invalid("$filter", f"There is no attribute '{name[:80]}' to search by")
    return member


def locate(shape: Shape, path: str) -> Path:
    """The attribute that a path of names separated by `/` means. Errors: INVALID."""
    keys: list[str] = []
    names = path.split("/")
    for index, name in enumerate(names):
        member = find(shape, name)
        keys.append(member.name)
        last = index == len(names) - 1
        if member.kind is Kind.MAP and not last:
            return Path((*keys, "/".join(names[index + 1 :])), "text")
        if last:
            return _end(keys, member)
        if member.scalar:
            raise invalid("$filter", f"'{name[:80]}' has no attributes of its own")
        shape = member.shape
    raise invalid("$filter", "An attribute's name is missing")


def _end(keys: list[str], member: Member) -> Path:
    family = _FAMILY.get(member.kind, "structure")
    if member.kind in (Kind.REF, Kind.COLLECTION):
        keys = [*keys, "href"]
    return Path(tuple(keys), family)


def compare(path: Path, sign: str, wanted: Literal) -> Callable[[Document], bool]:
    """The predicate of one comparison. An absent attribute is unequal to every value, an absent property to none.

    Errors: INVALID where the operator or the value does not suit the attribute.
    """
    keys = path.keys
    if wanted.family == "null":
        if sign not in ("=", "!="):
            raise invalid("$filter", "null can only be compared with = and !=")
        return (lambda document: not values(document, keys)) if sign == "=" else (lambda d: bool(values(d, keys)))
    value = _convert(path, wanted)
    if sign not in _SUITABLE[path.family]:
        raise invalid("$filter", f"The operator {sign} does not suit '{'/'.join(keys)}'")
    if sign == "!=":
        if keys[0] == "properties":
            return lambda document: any(found != value for found in values(document, keys))
        return lambda document: all(found != value for found in values(document, keys))
    test = _TESTS[sign]
    return lambda document: any(test(found, value) for found in values(document, keys))


def _convert(path: Path, wanted: Literal) -> Any:
    if wanted.family == path.family:
        return wanted.value
    if path.family == "moment" and wanted.family == "text":
        moment: datetime | None = parse_moment(wanted.value)
        if moment is not None:
            return moment
    raise invalid("$filter", f"The value does not suit '{'/'.join(path.keys)}'")


def values(document: Document, keys: tuple[str, ...]) -> list[Any]:
    """Every value at the end of the keys; lists on the way are all followed."""
    found: list[Any] = [document]
    for key in keys:
        inner: list[Any] = []
        for item in found:
            value = item.get(key) if isinstance(item, dict) else None
            if isinstance(value, list):
                inner.extend(value)
            elif value is not None:
                inner.append(value)
        found = inner
    return found
