"""Documents as JSON: the same attributes as in XML under their plural names, with the type's URI."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from deltaic.protocols.cimi.kinds import Kind
from deltaic.protocols.cimi.scalars import format_scalar
from deltaic.protocols.cimi.shapes import (
    Document,
    Member,
    Shape,
    absent,
    collection_shape,
    expanded,
    resource_shape,
    whole_collection,
)

_ENCODER = msgspec.json.Encoder()


def write_json(name: str, document: Document) -> bytes:
    """A resource as a JSON document, UTF-8; what is written and left out is as in `write_xml`."""
    return _encode(_plain(resource_shape(name), document))


def write_collection_json(item_name: str, document: Document) -> bytes:
    """A collection of resources of the type `item_name` as a JSON document, UTF-8."""
    whole = whole_collection({"id": "", **document, "items": document.get("items") or []})
    return _encode(_plain(collection_shape(item_name), whole))


def _encode(plain: dict[str, Any]) -> bytes:
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


def _plain(shape: Shape, document: Document) -> dict[str, Any]:
    out: dict[str, Any] = {}
    if shape.uri:
        out["resourceURI"] = shape.uri
    for member in shape.members:
        value: Any = document.get(member.name)
        if absent(value):
            continue
        plain = [_value(member, item) for item in value] if member.many else _value(member, value)
        out[member.json] = plain
        for name in member.attribute.also:
            out[name] = plain
    return out


def _value(member: Member, value: Any) -> Any:
    kind = member.kind
    if member.scalar:
        text = format_scalar(kind, value)
        return value if isinstance(value, int) and not isinstance(value, datetime) else text
    if kind is Kind.MAP:
        return value
    if kind is Kind.COLLECTION:
        value = whole_collection(value)
    if kind is not Kind.STRUCT and not expanded(value):
        return {"href": value["href"]} if value.get("href") else {}
    return _plain(member.shape, value)
