"""What a GET is answered with: a resource or collection as the query's parameters want it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from urllib.parse import unquote

from deltaic.frontends.cimi.call import Call
from deltaic.frontends.cimi.common import Document, operation
from deltaic.frontends.cimi.tree import Collection, Place, find
from deltaic.model.errors import invalid, not_found
from deltaic.protocols.cimi.bodies import write, write_collection
from deltaic.protocols.cimi.negotiation import Format
from deltaic.protocols.cimi.query import Query
from deltaic.protocols.cimi.table import RESOURCES

#: How deep references are followed: they go round in circles, and every level multiplies the work.
MAX_DEPTH: Final = 4


class Reader:
    """Reads places of the tree of `collections` and puts them into a document of the given format."""

    def __init__(self, collections: Sequence[Collection], query: Query, form: Format) -> None:
        if any(name.count("/") >= MAX_DEPTH for name in query.expand):
            raise invalid("$expand", f"References are expanded at most {MAX_DEPTH} levels deep")
        self._collections = collections
        self._query = query
        self._form = form

    async def read(self, call: Call, place: Place) -> bytes:
        """The representation of a collection or an item."""
        assert place.collection is not None
        item = place.collection.item
        if place.id:
            document = await place.collection.get(call, place.owners, place.id)
            return self.resource(item, await self.expanded(call, item, document, self._query))
        found = list(await place.collection.list(call, place.owners))
        items, count = self._query.apply(item, found)
        items = [await self.expanded(call, item, one, self._query) for one in items]
        document = _collection(call, place, items, count)
        return write_collection(item, self._query.select_collection(item, document), self._form)

    def resource(self, name: str, document: Document) -> bytes:
        """The representation of one resource, with what was selected of it."""
        return write(name, self._query.select_resource(name, document), self._form)

    async def expanded(self, call: Call, name: str, document: Document, query: Query) -> Document:
        """A document of the type `name` with what its references lead to beside their addresses."""
        if not query.expand:
            return document
        wanted = [one.name for one in RESOURCES[name].attributes if one.expandable and query.expands(one.name)]
        grown = {
            key: await self._followed(call, document[key]["href"], query.inside(key))
            for key in wanted
            if isinstance(document.get(key), dict)
        }
        return document | grown

    async def _followed(self, call: Call, href: str, query: Query) -> Document:
        path = unquote(href.removeprefix(call.links.base))
        place = find(self._collections, path)
        if place is None or place.collection is None:
            raise not_found("reference", path)
        item = place.collection.item
        if place.id:
            one = await place.collection.get(call, place.owners, place.id)
            return {"href": href} | await self.expanded(call, item, one, query)
        found = await place.collection.list(call, place.owners)
        items = [await self.expanded(call, item, one, query) for one in found]
        return {"href": href} | _collection(call, place, items, len(items))


def _collection(call: Call, place: Place, items: Sequence[Document], count: int) -> Document:
    """A collection; its id has the collection's own path, whichever alias was asked."""
    uri = call.links.to(*place.segments)
    document: Document = {"id": uri, "count": count, "items": list(items)}
    if place.collection is not None and place.collection.create is not None:
        document["operations"] = [operation("add", uri)]
    return document
