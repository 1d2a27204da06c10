"""What a request means by a template or a part of one: by reference, by value, or the former with changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from deltaic.frontends.cimi import contents
from deltaic.frontends.cimi.call import Call
from deltaic.frontends.cimi.common import Document
from deltaic.frontends.cimi.tree import Place, find
from deltaic.model.errors import Error, ErrorKind, invalid
from deltaic.protocols.cimi.edits import overlay


async def template_of(call: Call, given: Any, item: str, field: str) -> Document:
    """The document of the type `item` that `given` means, a value of the attribute `field`.

    Without an `href` it is the value itself, which has no `id`. With one it is what the reference leads to,
    provider-made or kept, in which each attribute beside the `href` replaces the same one, and a null (None) erases it;
    the document's `id` is then the canonical address. Parts that are references themselves (`machineConfig`,
    `volumeConfig` ...) stay as they are: resolve them by the same function where they are used. Passwords are not part
    of it. MISSING when nothing is given, INVALID for an address of something else, NOT_FOUND.
    """
    if not isinstance(given, Mapping) or not any(value is not None for value in given.values()):
        raise Error(ErrorKind.MISSING, f"A {field} is required", field=field)
    own = dict(given)
    href = own.pop("href", None)
    if not href:
        return {name: value for name, value in own.items() if value is not None and name != "id"}
    place = place_of(call, str(href), item, field)
    assert place.collection is not None
    document = await place.collection.get(call, place.owners, place.id)
    return overlay(document, own) | {"id": document["id"]}


def place_of(call: Call, href: str, item: str, field: str) -> Place:
    """The item of the type `item` that an address leads to; INVALID with the field for anything else."""
    path = contents.relative(href, item, call.links, field)
    place = find(call.collections, unquote(path))
    if place is None or place.collection is None or not place.id or place.verb or place.collection.item != item:
        raise invalid(field, f"'{href[:200]}' does not lead to a {item}")
    return place
