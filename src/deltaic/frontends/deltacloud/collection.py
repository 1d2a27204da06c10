"""How collections are declared: what they hold, what is done with it, and what a cloud must be capable of for it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from deltaic.frontends.deltacloud.call import Call
from deltaic.frontends.deltacloud.texts import Later
from deltaic.model.capability import Capability
from deltaic.protocols.deltacloud.families.entry import Feature

#: A document of the codec: the Struct of its resource.
Document = Any

#: Documents, or what they are made of where there may be many.
Index = Callable[[Call], Awaitable[Sequence[Document | Later]]]
Show = Callable[[Call, str], Awaitable[Document]]
#: One document, or several where the request asked for several.
Create = Callable[[Call], Awaitable[Document | list[Document]]]
Destroy = Callable[[Call, str], Awaitable[None]]
Act = Callable[[Call, str], Awaitable[Document | None]]


@dataclass(frozen=True, slots=True)
class Operation:
    """Something done with an item, or the making of one. `flag` names the capability it needs (empty: none).

    `required` are parameters that must be there, `optional` those that may; `status` answers it. `resource` is the
    codec's name of what it answers, empty for the collection's own.
    """

    run: Any
    flag: str = ""
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    status: int = 202
    resource: str = ""

    def there(self, capability: Capability) -> bool:
        """Whether a cloud has it."""
        return on(self.flag, capability)


@dataclass(frozen=True, slots=True)
class Collection:
    """`resource` is the codec's name of an item, `name` that of the collection and its segment of the address.

    What is None is not offered. `remove_part` removes a part of an item, at the address of the item and the part's id.
    """

    name: str
    resource: str
    flag: str
    index: Index
    show: Show
    summary: str
    create: Operation | None = None
    destroy: Operation | None = None
    actions: Mapping[str, Operation] = field(default_factory=dict)
    features: tuple[tuple[Feature, str], ...] = ()
    remove_part: Operation | None = None

    def there(self, capability: Capability) -> bool:
        """Whether a cloud has the collection."""
        return on(self.flag, capability)

    def features_of(self, capability: Capability) -> tuple[Feature, ...]:
        """The features that a cloud has."""
        return tuple(feature for feature, flag in self.features if on(flag, capability))


def on(flag: str, capability: Capability) -> bool:
    """Whether a flag of the capability is on; the empty one always is."""
    return not flag or bool(getattr(capability, flag))


def feature(name: str, *params: str, rel: str = "create", **constraints: str) -> Feature:
    """A feature of the original's list."""
    return Feature(name, rel, params, tuple(constraints.items()))
