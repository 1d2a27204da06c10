"""One request that is known to come from somebody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from deltaic.frontends.deltacloud.links import Links
from deltaic.model.capability import Capability
from deltaic.model.context import Context
from deltaic.services import Services


@dataclass(frozen=True, slots=True)
class Call:
    """What the handlers of collections are given. `parameters` hold what path, query and form say.

    `start` is whether new instances are started where they do not say.
    """

    context: Context
    services: Services
    links: Links
    capability: Capability
    parameters: Mapping[str, str] = field(repr=False)
    start: bool = False

    def get(self, name: str) -> str:
        """A parameter without blanks around it, empty when absent."""
        return self.parameters.get(name, "").strip()
