"""What a GET is answered with: a resource or collection as the query's parameters want it."""

from __future__ import annotations

from collections.abc import Sequence

from deltaic.frontends.cimi.call import Call
from deltaic.frontends.cimi.common import Document
from deltaic.frontends.cimi.expanding import Expander, collected
from deltaic.frontends.cimi.tree import Collection, Place
from deltaic.frontends.http.pace import paced
from deltaic.protocols.cimi.bodies import write, write_collection
from deltaic.protocols.cimi.negotiation import Format
from deltaic.protocols.cimi.query import Query


class Reader:
    """Reads places of the tree of `collections` and puts them into a document of the given format."""

    def __init__(self, collections: Sequence[Collection], query: Query, form: Format) -> None:
        self._query = query
        self._form = form
        self._expander = Expander(collections, query, form)

    async def read(self, call: Call, place: Place) -> bytes:
        """The representation of a collection or an item."""
        assert place.collection is not None
        item = place.collection.item
        if place.id:
            document = await place.collection.get(call, place.owners, place.id)
            return self.resource(item, await self.expanded(call, item, document))
        matches = self._query.predicate(item)
        found = [one async for one in paced(await place.collection.list(call, place.owners)) if matches(one)]
        shown = self._query.page(item, found)
        items = [await self.expanded(call, item, one) async for one in paced(shown)]
        uri = call.links.to(*place.segments)
        document = self._query.select_collection(item, collected(uri, place.collection, items, len(found)))
        if document.get("items"):
            document["items"] = await self._expander.fixed(call, item, document["items"])
        return write_collection(item, document, self._form)

    def resource(self, name: str, document: Document) -> bytes:
        """The representation of one resource, with what was selected of it."""
        return write(name, self._query.select_resource(name, document), self._form)

    async def expanded(self, call: Call, name: str, document: Document) -> Document:
        """A document of the type `name` with what the query wants in the place of references."""
        return await self._expander.expanded(call, name, document, self._query)
