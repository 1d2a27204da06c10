"""The tree of URIs: collections, what is below their items, and which methods each place knows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from typing import Final, ParamSpec

from deltaic.frontends.cimi.call import Call
from deltaic.frontends.cimi.common import Document
from deltaic.model.capability import Capability

P = ParamSpec("P")

#: The ids of the items above a collection, the outermost first.
Owners = tuple[str, ...]

Lister = Callable[[Call, Owners], Awaitable[Sequence[Document]]]
Getter = Callable[[Call, Owners, str], Awaitable[Document]]
#: Makes an item from the request's body; the document's id is where it is.
Creator = Callable[[Call, Owners], Awaitable[Document]]
Remover = Callable[[Call, Owners, str], Awaitable[None]]
#: Gives attributes their new values; None erases.
Editor = Callable[[Call, Owners, str, Document], Awaitable[None]]
#: Acts on an item as the document of an Action asks.
Action = Callable[[Call, Owners, str, Document], Awaitable[None]]

ENTRY_POINT: Final = "cloudEntryPoint"

#: Operations that items offer by themselves, whatever the cloud can do.
_OFFERED: Final = frozenset({"edit", "delete"})


@dataclass(frozen=True, slots=True)
class Collection:
    """One collection: `item` is its resource, `summary` what its items are in the cloud,
    `shows` the own attributes that they can have here.

    Aliases answer as the path does; ids always have the path. What is None is not offered. `early` are verbs of 2012
    that change an item by a PUT: they are understood, and told nowhere.

    `needs` names the flags of the capability without which something is not there: the collection itself under "",
    `create`, `edit`, `delete`, verbs, and attributes that it shows, under their names.
    """

    item: str
    path: str
    list: Lister
    get: Getter
    summary: str
    shows: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    create: Creator | None = None
    edit: Editor | None = None
    delete: Remover | None = None
    actions: Mapping[str, Action] = field(default_factory=dict)
    early: Mapping[str, Action] = field(default_factory=dict)
    below: tuple[Collection, ...] = ()
    needs: Mapping[str, str] = field(default_factory=dict)

    def on(self, capability: Capability) -> Collection:
        """What of the collection there is on a cloud of this capability."""
        off = {name for name, flag in self.needs.items() if not getattr(capability, flag)}
        here = replace(
            self,
            shows=tuple(name for name in self.shows if name not in off),
            create=None if "create" in off else self.create,
            edit=None if "edit" in off else self.edit,
            delete=None if "delete" in off else self.delete,
            actions={verb: action for verb, action in self.actions.items() if verb not in off},
            early={verb: action for verb, action in self.early.items() if verb not in off},
            below=there(self.below, capability),
        )
        return here._silent_on(off & _OFFERED)

    def _silent_on(self, off: Set[str]) -> Collection:
        """The collection whose items do not offer what is off."""
        if not off:
            return self
        create = None if self.create is None else _silent(self.create, off)
        return replace(self, list=_silent_list(self.list, off), get=_silent(self.get, off), create=create)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a path leads: a collection, with an `id` one of its items, with a `verb` an action on it.

    `above` is the canonical path to the collection. Without a collection it is the entry point.
    """

    collection: Collection | None = None
    owners: Owners = ()
    above: tuple[str, ...] = ()
    id: str = ""
    verb: str = ""

    @property
    def segments(self) -> tuple[str, ...]:
        """The canonical path: every collection by its own name, whatever alias was asked."""
        if self.collection is None:
            return (ENTRY_POINT,)
        return (*self.above, self.collection.path, *filter(None, (self.id, self.verb)))

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods that the place knows."""
        one = self.collection
        if self.verb:
            return ("PUT" if one is not None and self.verb in one.early else "POST", "OPTIONS")
        offers = {
            "GET": True,
            "HEAD": True,
            "POST": one is not None and bool(one.actions if self.id else one.create),
            "PUT": one is not None and bool(self.id and one.edit),
            "DELETE": one is not None and bool(self.id and one.delete),
            "OPTIONS": True,
        }
        return tuple(method for method, offered in offers.items() if offered)


def there(collections: Sequence[Collection], capability: Capability) -> tuple[Collection, ...]:
    """What there is of a tree on a cloud of this capability."""
    flags = ((one, one.needs.get("", "")) for one in collections)
    return tuple(one.on(capability) for one, flag in flags if not flag or getattr(capability, flag))


def find(collections: Sequence[Collection], path: str) -> Place | None:
    """The place that a path below the base leads to, or None."""
    if not path.isprintable():
        return None
    segments = path.strip("/").split("/")
    if segments == [ENTRY_POINT]:
        return Place()
    owners: Owners = ()
    above: tuple[str, ...] = ()
    while True:
        collection = _named(collections, segments[0])
        if collection is None:
            return None
        if len(segments) == 1:
            return Place(collection, owners, above)
        if not segments[1]:
            return None
        if len(segments) == 2:
            return Place(collection, owners, above, segments[1])
        if len(segments) == 3 and segments[2] in (*collection.actions, *collection.early):
            return Place(collection, owners, above, segments[1], segments[2])
        owners = (*owners, segments[1])
        above = (*above, collection.path, segments[1])
        collections, segments = collection.below, segments[2:]


def _named(collections: Sequence[Collection], name: str) -> Collection | None:
    for one in collections:
        if name == one.path or name in one.aliases:
            return one
    return None


def _silent_list(read: Lister, off: Set[str]) -> Lister:
    """A lister whose items do not offer what is off."""

    async def listed(call: Call, owners: Owners) -> Sequence[Document]:
        return [_without(one, off) for one in await read(call, owners)]

    return listed


def _silent(read: Callable[P, Awaitable[Document]], off: Set[str]) -> Callable[P, Awaitable[Document]]:
    """A getter or creator whose item does not offer what is off."""

    async def one(*arguments: P.args, **named: P.kwargs) -> Document:
        return _without(await read(*arguments, **named), off)

    return one


def _without(document: Document, off: Set[str]) -> Document:
    offered = document.get("operations", ())
    kept = [one for one in offered if one["rel"] not in off]
    if len(kept) == len(offered):
        return document
    rest = {name: value for name, value in document.items() if name != "operations"}
    return rest | {"operations": kept} if kept else rest
