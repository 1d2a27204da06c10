"""JSON bodies."""

from __future__ import annotations

from typing import Any

import msgspec

from deltaic.model.errors import invalid
from deltaic.protocols.cimi.coerce import coerce, too_deep
from deltaic.protocols.cimi.shapes import Document, collection_shape, resource_shape
from deltaic.protocols.cimi.unknown import Unknown


def read_json(body: bytes, expected: str, *, strict: bool = False, unknown: Unknown | None = None) -> Document:
    """The document in a JSON body, read as the type `expected`; `null` stays None: the client erases.

    With `strict`, unknown attributes are refused; `unknown` tells afterwards which were ignored. Errors: INVALID and
    MISSING with the attribute as the field.
    """
    shape, raw, unknown = resource_shape(expected), _parse(body), unknown or Unknown(strict=strict)
    if unknown.strict and raw.get("resourceURI", shape.uri) != shape.uri:
        raise invalid("resourceURI", f"The resourceURI of this body must be {shape.uri}")
    return coerce(shape, raw, unknown)


def read_collection_json(body: bytes, item_name: str) -> Document:
    """The collection in a JSON body: id, count, items of the type `item_name`, operations."""
    return coerce(collection_shape(item_name), _parse(body), Unknown())


def _parse(body: bytes) -> dict[str, Any]:
    try:
        value = msgspec.json.decode(body)
    except RecursionError:
        raise too_deep() from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise invalid("", "The body is not a well-formed JSON document") from None
    if not isinstance(value, dict):
        raise invalid("", "The body must be a JSON object")
    return value
