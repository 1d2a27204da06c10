"""One request that is known to come from somebody."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Concatenate, ParamSpec

from deltaic.frontends.cimi.common import Document
from deltaic.frontends.cimi.links import Links
from deltaic.frontends.cimi.renderings import Renderings
from deltaic.frontends.cimi.settings import CimiSettings
from deltaic.frontends.cimi.world import World
from deltaic.model.capability import Capability
from deltaic.model.context import Context
from deltaic.services import Services

if TYPE_CHECKING:
    from deltaic.frontends.cimi.tree import Collection

P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Call:
    """What the handlers of resources are given; `collections` is what is served of the cloud.

    `promised` are ids of things that will be made before what is asked for: references to them are taken as they are.
    """

    context: Context
    services: Services
    settings: CimiSettings
    links: Links
    world: World
    body: bytes = field(default=b"", repr=False)
    content_type: str = ""
    collections: Sequence[Collection] = ()
    renderings: Renderings = field(default_factory=Renderings, repr=False)
    promised: frozenset[str] = frozenset()

    @property
    def capability(self) -> Capability:
        """What the request's cloud can do."""
        return self.services.identity.capability(self.context.scope)

    def rendered(
        self,
        item: str,
        key: Hashable,
        render: Callable[Concatenate[Links, P], Document],
        *source: P.args,
        **named: P.kwargs,
    ) -> Document:
        """`render(links, *source)`, kept as long as the source is equal.

        `key` tells things of the type `item` apart; `render` must be pure. The document must not be changed.
        """
        return self.renderings.get(item, self.links, key, render, *source, **named)

    def anew(self) -> Call:
        """The same call, which has read nothing yet: what was read before a change is out of date."""
        return replace(self, world=World(self.services, self.context))
