"""One request that is known to come from somebody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from deltaic.frontends.deltacloud.links import Links
from deltaic.frontends.deltacloud.texts import Texts, Viewer
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
    texts: Texts = field(default_factory=Texts, repr=False)
    start: bool = False

    @property
    def viewer(self) -> Viewer:
        """What documents say of this request."""
        scope, user = self.context.scope, self.context.principal.user
        return Viewer(self.links, user, scope.provider, self.capability, self.services.commands.available)

    def get(self, name: str) -> str:
        """A parameter without blanks around it, empty when absent."""
        return self.parameters.get(name, "").strip()
