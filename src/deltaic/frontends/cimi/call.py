"""One request that is known to come from somebody."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from deltaic.frontends.cimi.links import Links
from deltaic.frontends.cimi.settings import CimiSettings
from deltaic.frontends.cimi.world import World
from deltaic.model.context import Context
from deltaic.services import Services


@dataclass(frozen=True, slots=True)
class Call:
    """What the handlers of resources are given."""

    context: Context
    services: Services
    settings: CimiSettings
    links: Links
    world: World
    body: bytes = field(default=b"", repr=False)
    content_type: str = ""

    def anew(self) -> Call:
        """The same call, which has read nothing yet: what was read before a change is out of date."""
        return replace(self, world=World(self.services, self.context))
