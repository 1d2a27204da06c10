"""`$expand`: what references and collections lead to, put in their place."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import unquote

from deltaic.frontends.cimi.call import Call
from deltaic.frontends.cimi.common import Document, operation
from deltaic.frontends.cimi.tree import Collection, Place, find
from deltaic.frontends.http.pace import paced
from deltaic.model.errors import Error, ErrorKind, invalid
from deltaic.protocols.cimi.bodies import fix
from deltaic.protocols.cimi.fixed import Fixed
from deltaic.protocols.cimi.kinds import Attribute
from deltaic.protocols.cimi.negotiation import Format
from deltaic.protocols.cimi.query import Query
from deltaic.protocols.cimi.table import RESOURCES

#: How deep references are followed: they go round in circles, and every level multiplies the work.
MAX_DEPTH: Final = 4
#: Most resources put in place in one answer: what bounds its size.
MAX_RESOURCES: Final = 150_000
#: Collections with more items are written item by item before they are put in place, so that others have their turn.
MANY: Final = 50
#: What a reference that leads nowhere (any more), or where the caller may not look, is told by: it stays as it is.
_GONE: Final = frozenset({ErrorKind.NOT_FOUND, ErrorKind.MALFORMED_ID, ErrorKind.FORBIDDEN})


class Expander:
    """Expands documents of one answer, and has each written in its format as soon as it is complete."""

    def __init__(self, collections: Sequence[Collection], query: Query, form: Format) -> None:
        if any(name.count("/") >= MAX_DEPTH for name in query.expand):
            raise invalid("$expand", f"References are expanded at most {MAX_DEPTH} levels deep")
        self._collections = collections
        self._form = form
        self._left = MAX_RESOURCES
        self._plans: dict[tuple[str, tuple[str, ...]], list[tuple[str, Query]]] = {}
        self._begun: set[tuple[str, tuple[str, ...]]] = set()

    async def expanded(self, call: Call, name: str, document: Document, query: Query) -> Document:
        """A document of the type `name` with what its references lead to beside their addresses."""
        if not query.expand:
            return document
        plan = self._plan(name, query)
        if (name, query.expand) not in self._begun:
            # What the first one needs, all need: it is read side by side, and kept for the others.
            self._begun.add((name, query.expand))
            values = await asyncio.gather(*(self._value(call, document.get(key), inside) for key, inside in plan))
        else:
            values = [await self._value(call, document.get(key), inside) for key, inside in plan]
        return document | {key: value for (key, _), value in zip(plan, values, strict=True) if value}

    async def _value(self, call: Call, value: Any, query: Query) -> Any:
        if isinstance(value, list):
            return [await self._followed(call, one, query) for one in value]
        return await self._followed(call, value, query) if value else None

    async def fixed(self, call: Call, item: str, documents: Sequence[Document]) -> list[Fixed]:
        """The documents of the type `item`, written; what was written before and did not change is found again."""
        return [fix(call.renderings.same(call.links, item, one), self._form) async for one in paced(documents)]

    def _plan(self, name: str, query: Query) -> list[tuple[str, Query]]:
        """The attributes of the type `name` to expand, each with what is wanted inside it."""
        place = (name, query.expand)
        if place not in self._plans:
            found = ((one.name, _spelling(one, query)) for one in RESOURCES[name].attributes if one.expandable)
            self._plans[place] = [(key, query.inside(spelling)) for key, spelling in found if spelling]
        return self._plans[place]

    async def _followed(self, call: Call, reference: Document, query: Query) -> Document:
        """A reference with what it leads to; what it has beside its address replaces that."""
        href = str(reference.get("href") or "")
        place = find(self._collections, unquote(href.removeprefix(call.links.base)))
        if not href.startswith(f"{call.links.base}/") or place is None or place.collection is None:
            return reference
        try:
            found = await self._found(call, place, place.collection, href, query)
        except Error as error:
            if error.kind in _GONE:
                return reference
            raise
        whole = found | reference
        return Fixed(place.collection.item, whole) if place.id else whole

    async def _found(self, call: Call, place: Place, collection: Collection, uri: str, query: Query) -> Document:
        if place.id:
            self._count(1)
            one = await collection.get(call, place.owners, place.id)
            return await self.expanded(call, collection.item, one, query)
        found = await collection.list(call, place.owners)
        self._count(len(found))
        items: Sequence[Document] = found
        if query.expand:
            items = [await self.expanded(call, collection.item, one, query) async for one in paced(found)]
        if len(items) > MANY:
            items = await self.fixed(call, collection.item, items)
        return collected(uri, collection, items, len(items))

    def _count(self, more: int) -> None:
        self._left -= more
        if self._left < 0:
            raise invalid("$expand", f"At most {MAX_RESOURCES} resources are put in place in one answer: ask for less")


def _spelling(attribute: Attribute, query: Query) -> str:
    """The name, of those an attribute has in either format, by which the query wants it; empty if it does not."""
    names = (attribute.json_name, attribute.xml_name)
    return next((name for name in names if query.expands(name)), "")


def collected(uri: str, collection: Collection, items: Sequence[Document], count: int) -> Document:
    """A collection; its `uri` has the collection's own path, whichever alias was asked."""
    document: Document = {"id": uri, "count": count, "items": list(items)}
    if collection.create is not None:
        document["operations"] = [operation("add", uri)]
    return document
