"""ResourceMetadata: what is served of each resource, told from the tables that serve it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from deltaic.frontends.cimi.call import Call
from deltaic.frontends.cimi.capabilities import Offer, Site, capabilities, scopes
from deltaic.frontends.cimi.common import Document
from deltaic.frontends.cimi.tree import Collection, Owners
from deltaic.model.errors import not_found
from deltaic.protocols.cimi.metadata import Served, resource_metadata
from deltaic.protocols.cimi.table import ENTRY_ATTRIBUTE, RESOURCES

ENTRY: Final = "CloudEntryPoint"


class Metadata:
    """The collection of all entries, of what is served of the request's cloud."""

    async def list(self, call: Call, owners: Owners) -> Sequence[Document]:
        """The entry for Machine first, as clients expect, then the others."""
        site = site_of(call.collections)
        order = sorted((ENTRY, *site), key=lambda name: name != "Machine")
        return [self._document(call, name, site) for name in order]

    async def get(self, call: Call, owners: Owners, wanted: str) -> Document:
        """One entry, by the resource's name in any case."""
        site = site_of(call.collections)
        for name in (ENTRY, *site):
            if name.lower() == wanted.lower():
                return self._document(call, name, site)
        raise not_found("resource_metadata", wanted)

    def _document(self, call: Call, name: str, site: Site) -> Document:
        """What is shown and done of a resource here, not all that the standard has."""
        places = site.get(name, ())
        shows = [shown for one in places for shown in one.shows] if places else _entries(call)
        served = Served(
            shows=shows,
            actions={verb for one in places for verb in one.actions},
            scopes=scopes(name, call.capability),
            creatable=any(one.create for one in places),
            editable=any(one.edit for one in places),
        )
        address = call.links.to(RESOURCES["ResourceMetadata"].path, name)
        return resource_metadata(name, address, served, capabilities(name, Offer(site, call.settings, call.capability)))


def _entries(call: Call) -> Sequence[str]:
    return ["baseURI", *(ENTRY_ATTRIBUTE[one.item] for one in call.collections)]


def site_of(collections: Sequence[Collection]) -> Site:
    """Every resource that has items here, and the collections in which they are."""
    found: dict[str, list[Collection]] = {}
    waiting = list(collections)
    while waiting:
        collection = waiting.pop(0)
        found.setdefault(collection.item, []).append(collection)
        waiting[:0] = collection.below
    return found
