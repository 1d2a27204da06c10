"""What is in a system: one collection for each kind of thing, items that lead to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from urllib.parse import unquote

from deltaic.frontends.cimi.call import Call
from deltaic.frontends.cimi.common import Document
from deltaic.frontends.cimi.resolver import place_of
from deltaic.frontends.cimi.system import render
from deltaic.frontends.cimi.system.components import TYPES
from deltaic.frontends.cimi.tree import Collection, Owners
from deltaic.model.errors import Error, ErrorKind, not_found
from deltaic.model.system import PLACES, MemberKind
from deltaic.protocols.cimi.bodies import read_body

#: What systems here can have in them, in the schema's order.
KINDS: Final = (
    MemberKind.SYSTEM,
    MemberKind.MACHINE,
    MemberKind.CREDENTIAL,
    MemberKind.VOLUME,
    MemberKind.NETWORK,
    MemberKind.PORT,
    MemberKind.ADDRESS,
)
_SUMMARIES: Final = {
    MemberKind.SYSTEM: "systems in the system",
    MemberKind.MACHINE: "machines of the system",
    MemberKind.CREDENTIAL: "credentials of the system",
    MemberKind.VOLUME: "volumes of the system",
    MemberKind.NETWORK: "networks of the system",
    MemberKind.PORT: "network ports of the system",
    MemberKind.ADDRESS: "addresses of the system",
    MemberKind.FORWARDING_GROUP: "forwarding groups of the system",
}


class Members:
    """The members of one kind."""

    def __init__(self, kind: MemberKind) -> None:
        self._kind = kind
        self._target = render.TARGETS[kind]
        self._item = f"System{TYPES[kind]}"

    def collection(self) -> Collection:
        """The collection below a system."""
        path, snake = render.COLLECTIONS[self._kind], PLACES[self._kind]
        return Collection(
            self._item,
            path,
            self.list,
            self.get,
            _SUMMARIES[self._kind],
            (self._target,),
            aliases=() if path == snake else (snake,),
            create=self.create,
            delete=self.delete,
            needs={"": render.NEEDS[self._kind]} if self._kind in render.NEEDS else {},
        )

    async def list(self, call: Call, owners: Owners) -> Sequence[Document]:
        """The members that are there."""
        found = (await call.services.systems.get(call.context, owners[0])).of(self._kind)
        there = await self._there(call) if found else frozenset()
        return [render.member(call.links, owners[0], one) for one in found if one.target in there]

    async def get(self, call: Call, owners: Owners, wanted: str) -> Document:
        """One member, or NOT_FOUND."""
        for member in (await call.services.systems.get(call.context, owners[0])).of(self._kind):
            if member.id == wanted and member.target in await self._there(call):
                return render.member(call.links, owners[0], member)
        raise not_found("system_member", wanted)

    async def create(self, call: Call, owners: Owners) -> Document:
        """Put something that is there into the system."""
        given = read_body(call.body, call.content_type, self._item)
        href = (given.get(self._target) or {}).get("href")
        if not href:
            raise Error(ErrorKind.MISSING, f"The reference to the {self._target} is missing", field=self._target)
        place = place_of(call, str(href), TYPES[self._kind], self._target)
        assert place.collection is not None
        there = await place.collection.get(call, place.owners, place.id)
        target = unquote(there["id"].rpartition("/")[2])
        name = str(given.get("name") or "")
        member = await call.services.systems.add(call.context, owners[0], self._kind, target, name)
        return render.member(call.links, owners[0], member)

    async def delete(self, call: Call, owners: Owners, wanted: str) -> None:
        """Take something out of the system; the thing itself stays."""
        await self.get(call, owners, wanted)
        await call.services.systems.release(call.context, owners[0], wanted)

    async def _there(self, call: Call) -> frozenset[str]:
        """The ids of all things of the kind."""
        if self._kind is MemberKind.MACHINE:
            return frozenset(view.instance.id for view in await call.world.machines())
        return await call.world.once(("there", self._kind), lambda: self._ids(call))

    async def _ids(self, call: Call) -> frozenset[str]:
        collection = next((one for one in call.collections if one.path == PLACES[self._kind]), None)
        documents = await collection.list(call, ()) if collection else ()
        return frozenset(unquote(document["id"].rpartition("/")[2]) for document in documents)
