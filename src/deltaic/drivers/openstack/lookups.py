"""What many answers refer to and seldom changes: the flavors, kept for a while per project."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from deltaic.drivers.http.cache import TimedCache
from deltaic.drivers.openstack.client import Client
from deltaic.drivers.openstack.wire_compute import Flavor, Flavors, Server, ServerFlavor
from deltaic.model.context import Context

#: How long a list of flavors is good, seconds.
FRESH: Final = 60.0
#: How long one that misses a flavor is good, seconds: administrators remove flavors that servers still have.
INCOMPLETE: Final = 5.0
_PROJECTS: Final = 256

#: The size of a server that is told apart from a flavor's name.
Sizes = Mapping[str, Flavor]


class Lookups:
    """Shared by the nouns of one cloud."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._flavors: TimedCache[tuple[str, str], tuple[Flavor, ...]] = TimedCache(seconds=FRESH, size=_PROJECTS)

    async def flavors(self, context: Context, *, age: float = FRESH) -> tuple[Flavor, ...]:
        """The flavors that the project may use or its servers have, as they were at most `age` seconds ago."""
        # The login comes first: what is kept is for those who may read it.
        key = (await self._client.project_id(context), await self._client.region(context))
        newer = self._flavors.now() - age
        return await self._flavors.get(key, lambda: self._read(context), seconds=context.remaining(), newer_than=newer)

    async def sizes(self, context: Context, servers: Sequence[Server]) -> dict[str, Flavor]:
        """Server id -> its flavor, as far as it still exists."""
        if not servers:
            return {}
        found = _matched(servers, await self.flavors(context))
        if len(found) < len(servers):
            found = _matched(servers, await self.flavors(context, age=INCOMPLETE))
        return found

    async def _read(self, context: Context) -> tuple[Flavor, ...]:
        found = await self._client.pages(context, "compute", "flavors/detail", Flavors, lambda page: page.flavors)
        return tuple(found)


def _matched(servers: Iterable[Server], flavors: Sequence[Flavor]) -> dict[str, Flavor]:
    by_id = {flavor.id: flavor for flavor in flavors}
    by_name = {flavor.name: flavor for flavor in flavors}
    found = {}
    for server in servers:
        size = server.flavor
        flavor = by_id.get(size.id) if size.id else by_name.get(size.original_name)
        if flavor is not None and (size.id or _same(size, flavor)):
            found[server.id] = flavor
    return found


def _same(size: ServerFlavor, flavor: Flavor) -> bool:
    """Whether a flavor is still what a server was made as: another one may have taken its name."""
    return (size.ram, size.vcpus, size.disk) == (flavor.ram, flavor.vcpus, flavor.disk)
