"""How the families declare their collections, and how one item is read where only a list can be."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from deltaic.frontends.cimi.call import Call
from deltaic.frontends.cimi.common import Document
from deltaic.frontends.cimi.tree import Collection, Getter, Lister, Owners
from deltaic.model.errors import not_found
from deltaic.protocols.cimi.table import RESOURCES


class ByListing:
    """Reads one item of a collection by listing it: its type names what is not found."""

    def __init__(self, resource: str, lister: Lister) -> None:
        self._resource = resource
        self._list = lister

    async def __call__(self, call: Call, owners: Owners, wanted: str) -> Document:
        """The item, or NOT_FOUND."""
        found = await call.world.once((self._resource, owners), lambda: self._by_id(call, owners))
        if wanted not in found:
            raise not_found(self._resource, wanted)
        return found[wanted]

    async def _by_id(self, call: Call, owners: Owners) -> dict[str, Document]:
        documents = await self._list(call, owners)
        return {unquote(document["id"].rpartition("/")[2]): document for document in documents}


def entry_collection(item: str, lister: Lister, summary: str, get: Getter | None = None, **more: Any) -> Collection:
    """A collection of the entry point; the table of resources knows its path and its other names."""
    resource = RESOURCES[item]
    return Collection(
        item, resource.path, lister, get or ByListing(item, lister), summary, aliases=resource.aliases, **more
    )


def part_collection(item: str, path: str, noun: str, lister: Lister, summary: str, **more: Any) -> Collection:
    """A collection below an item, read as a whole; `noun` is what one of its items is called where it is not found."""
    return Collection(item, path, lister, ByListing(noun, lister), summary, **more)
