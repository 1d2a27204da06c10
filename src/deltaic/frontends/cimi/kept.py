"""Documents that clients make and the gateway keeps: templates, configurations, credentials.

A family declares a type once and has its collection with everything that can be done to it:

    KEPT = Kept("VolumeTemplate", check=check)      # check(document): raises INVALID for wrong values; may be left out
    COLLECTIONS = (KEPT.collection("what volumes are made from"),)

Items that the cloud supplies join with `provided=lister` (and `provided_one=getter` where reading one is cheaper than
listing all): they come first, and have no `edit` and no `delete`. `KEPT.create(call, owners)` takes the request's body
as the resource itself, whatever its root is called; a type that is made from a template has a creator of its own, which
ends with `return await KEPT.keep(call, document)` and is given as `collection(..., create=creator)`. What is below the
items or can be done to them is given likewise (`below=`, `actions=`). `siblings=True` lets addresses be `#name`.

`KEPT.stored(call, id)` is a document as it was kept, secrets included, with addresses below the base; None when the
caller has none of that id. To find what a request means by a template or a part of one see `resolver.template_of`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from deltaic.frontends.cimi import contents
from deltaic.frontends.cimi.call import Call
from deltaic.frontends.cimi.common import Document, operation
from deltaic.frontends.cimi.declaring import ByListing, entry_collection
from deltaic.frontends.cimi.tree import Collection, Getter, Lister, Owners
from deltaic.frontends.http.pace import paced
from deltaic.model.errors import Error, ErrorKind, not_found
from deltaic.ports.store import Record
from deltaic.protocols.cimi.bodies import read_body
from deltaic.protocols.cimi.kinds import COMMON, Access
from deltaic.protocols.cimi.shapes import resource_shape
from deltaic.protocols.cimi.table import RESOURCES

#: Looks at a whole document before it is kept; a pure function that returns what is kept.
Check = Callable[[Document], Document]

_WORD: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_COMMON: Final = frozenset({*(attribute.name for attribute in COMMON), "operations"})


def _anything(document: Document) -> Document:
    return document


@dataclass(frozen=True, slots=True)
class Kept:
    """The kept documents of the type `item`, per owner, and those of the provider in the same collection."""

    item: str
    provided: Lister | None = None
    provided_one: Getter | None = None
    check: Check = _anything
    siblings: bool = False

    @property
    def path(self) -> str:
        """The last segment of the collection's address."""
        return RESOURCES[self.item].path

    def collection(self, summary: str, **more: Any) -> Collection:
        """The collection of the entry point; `more` are members of `Collection` that differ from the usual."""
        usual: dict[str, Any] = {
            "shows": tuple(one.name for one in RESOURCES[self.item].attributes if _is_own(one.name, one.access)),
            "create": self.create,
            "edit": self.edit,
            "delete": self.delete,
        }
        return entry_collection(self.item, self.list, summary, self.get, **(usual | more))

    async def list(self, call: Call, owners: Owners) -> Sequence[Document]:
        """The provider's items, then the caller's own."""
        provided = await self.provided(call, owners) if self.provided else ()
        return [*provided, *[self._shown(call, one) async for one in paced((await self._all(call)).values())]]

    async def get(self, call: Call, owners: Owners, wanted: str) -> Document:
        """One item, or NOT_FOUND."""
        record = await self._record(call, wanted)
        return self._shown(call, record) if record else await self._provided(call, owners, wanted)

    async def stored(self, call: Call, wanted: str) -> Document | None:
        """One of the caller's own documents as it was kept, secrets included; None when there is none."""
        record = await self._record(call, wanted)
        return contents.decoded(self.item, record.content) if record else None

    async def create(self, call: Call, owners: Owners) -> Document:
        """Keep what the request's body holds."""
        return await self.keep(call, read_body(call.body, call.content_type, self.item))

    async def keep(self, call: Call, document: Document) -> Document:
        """Keep a document; it is returned as its reader sees it. INVALID names the attribute."""
        content = self.content(call, document)
        return self._shown(call, await call.services.records.create(call.context, self.item, content))

    def content(self, call: Call, document: Document) -> bytes:
        """A document as `keep` hands it to the store. INVALID names the attribute."""
        kept = self.check(contents.settled(self.item, document, call.links, siblings=self.siblings))
        return contents.encoded(self.item, kept)

    async def promise(self, call: Call, promised: str, content: bytes) -> None:
        """Let this request, and it alone, find a document that is not kept yet, under the id it was promised with."""

        async def record() -> Record:
            at = datetime.now(UTC)
            return Record(call.context.owner, self.item, promised, content, at, at)

        await call.world.once(("kept", self.item, promised), record)

    async def edit(self, call: Call, owners: Owners, wanted: str, changes: Document) -> None:
        """Give attributes new values. Where the whole document is replaced, secrets that it lacks stay as they are."""
        if await self._record(call, wanted) is None:
            await self._refuse(call, owners, wanted)
        erased = {name for name, value in changes.items() if value is None}
        given = contents.settled(self.item, changes, call.links, siblings=self.siblings)

        def change(content: bytes) -> bytes:
            old = contents.decoded(self.item, content)
            new = {name: value for name, value in (old | given).items() if name in given or name not in erased}
            new = contents.secrets(self.item, old, new) if changes.keys() >= self._editable else new
            return contents.encoded(self.item, self.check(new))

        await call.services.records.edit(call.context, self.item, wanted, change)

    async def delete(self, call: Call, owners: Owners, wanted: str) -> None:
        """Forget one; what was made from it stays."""
        if await self._record(call, wanted) is None:
            await self._refuse(call, owners, wanted)
        await call.services.records.delete(call.context, self.item, wanted)

    @property
    def _editable(self) -> frozenset[str]:
        members = resource_shape(self.item).members
        return frozenset(one.name for one in members if one.attribute.access is Access.EDIT)

    @property
    def _noun(self) -> str:
        return _WORD.sub("_", self.item).lower()

    def _shown(self, call: Call, record: Record) -> Document:
        uri = call.links.to(self.path, record.id)
        document = contents.shown(self.item, contents.decoded(self.item, record.content), call.links)
        return document | {
            "id": uri,
            "created": record.created_at,
            "updated": record.updated_at,
            "operations": [operation("edit", uri), operation("delete", uri)],
        }

    async def _all(self, call: Call) -> dict[str, Record]:
        async def read() -> dict[str, Record]:
            return {one.id: one for one in await call.services.records.list(call.context, self.item)}

        return await call.world.once(("kept", self.item), read)

    async def _record(self, call: Call, wanted: str) -> Record | None:
        async def read() -> Record | None:
            try:
                return await call.services.records.get(call.context, self.item, wanted)
            except Error as error:
                if error.kind is ErrorKind.NOT_FOUND:
                    return None
                raise

        return await call.world.once(("kept", self.item, wanted), read)

    async def _provided(self, call: Call, owners: Owners, wanted: str) -> Document:
        if self.provided_one is not None:
            return await self.provided_one(call, owners, wanted)
        if self.provided is not None:
            return await ByListing(self._noun, self.provided)(call, owners, wanted)
        raise not_found(self._noun, wanted)

    async def _refuse(self, call: Call, owners: Owners, wanted: str) -> None:
        """Raise what a change of something that is not the caller's own is answered with."""
        await self._provided(call, owners, wanted)
        message = f"The {self._noun.replace('_', ' ')} '{wanted}' is the provider's and can't be changed"
        raise Error(ErrorKind.FORBIDDEN, message, resource=self._noun, resource_id=wanted)


def _is_own(name: str, access: Access) -> bool:
    return name not in _COMMON and access is not Access.PROVIDER
