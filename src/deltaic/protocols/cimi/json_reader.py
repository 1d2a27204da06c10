"""JSON bodies."""

from __future__ import annotations

from typing import Any

import msgspec

from deltaic.model.errors import invalid
from deltaic.protocols.cimi.coerce import coerce, too_deep
from deltaic.protocols.cimi.shapes import Document, collection_shape, resource_shape


def read_json(body: bytes, expected: str, *, strict: bool = False) -> Document:
    """The document in a JSON body, read as the type `expected`; `null` stays None: the client erases.

    With `strict`, unknown attributes are refused. Errors: INVALID and MISSING with the attribute as the field.
    """
    return coerce(resource_shape(expected), _parse(body), strict=strict)


def read_collection_json(body: bytes, item_name: str) -> Document:
    """The collection in a JSON body: id, count, items of the type `item_name`, operations."""
    return coerce(collection_shape(item_name), _parse(body), strict=False)


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
