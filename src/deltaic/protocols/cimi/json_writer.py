"""Documents as JSON: the same attributes as in XML under their plural names, with the type's URI."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import msgspec

from deltaic.protocols.cimi.fixed import Fixed
from deltaic.protocols.cimi.kinds import Kind
from deltaic.protocols.cimi.scalars import FORMATS
from deltaic.protocols.cimi.shapes import (
    Document,
    Member,
    Shape,
    absent,
    collection_shape,
    expanded,
    reference_shape,
    resource_shape,
    whole_collection,
)

_ENCODER = msgspec.json.Encoder()

#: Turns a value of an attribute into what is encoded.
_Plain = Callable[[Any], Any]


def write_json(name: str, document: Document) -> bytes:
    """A resource as a JSON document, UTF-8; what is written and left out is as in `write_xml`."""
    return _encode(_plain(resource_shape(name), document))


def write_collection_json(item_name: str, document: Document) -> bytes:
    """A collection of resources of the type `item_name` as a JSON document, UTF-8."""
    whole = whole_collection({"id": "", **document, "items": document.get("items") or []})
    return _encode(_plain(collection_shape(item_name), whole))


def fix_json(document: Fixed) -> msgspec.Raw:
    """The object of a fixed document, encoded once."""
    if document.json is None:
        document.json = msgspec.Raw(_encode(_object(resource_shape(document.item), document)))
    return document.json


def _encode(plain: Any) -> bytes:
    try:
        return _ENCODER.encode(plain)
    except UnicodeEncodeError:
        return _ENCODER.encode(_fit(plain))


def _fit(value: Any) -> Any:
    """The value with U+FFFD for the halves of characters that no encoding has."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_fit(key): _fit(item) for key, item in value.items()}
    return [_fit(item) for item in value] if isinstance(value, list) else value


def _plain(shape: Shape, document: Document) -> Any:
    return fix_json(document) if type(document) is Fixed else _object(shape, document)


def _object(shape: Shape, document: Document) -> dict[str, Any]:
    out: dict[str, Any] = {"resourceURI": shape.uri} if shape.uri else {}
    for name, many, change, names in _changes(shape):
        value: Any = document.get(name)
        if not value and absent(value):
            continue
        plain = [change(item) for item in value] if many else change(value)
        for key in names:
            out[key] = plain
    return out


@cache
def _changes(shape: Shape) -> tuple[tuple[str, bool, _Plain, tuple[str, ...]], ...]:
    """For each attribute: its key, whether it is a list, what makes its value plain, its names in JSON."""
    return tuple((one.name, one.many, _change(one), (one.json, *one.attribute.also)) for one in shape.members)


def _change(member: Member) -> _Plain:
    if member.scalar:
        return _scalar(member.kind)
    if member.kind is Kind.MAP:
        return lambda value: value
    return _structure(member)


def _scalar(kind: Kind) -> _Plain:
    text = FORMATS[kind]

    def change(value: Any) -> Any:
        return value if isinstance(value, int) and text(value) else text(value)

    return change


def _structure(member: Member) -> _Plain:
    kind, shape = member.kind, member.shape

    def change(value: Document) -> Any:
        if kind is Kind.COLLECTION:
            value = whole_collection(value)
        if kind is not Kind.STRUCT and not expanded(value):
            return {"href": value["href"]} if value.get("href") else {}
        if isinstance(value, Fixed) and "href" in value:
            return _object(shape if member.attribute.fields else reference_shape(value.item), value)
        return _plain(shape, value)

    return change
