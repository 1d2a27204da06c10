"""Fixed addresses of new instances: no two get the same one on one network."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.instance import InstanceSpec
from deltaic.services.identity import Clouds

#: Provider, network, address.
_Place = tuple[str, str, str]


class FixedAddresses:
    """Keeps addresses for the launches that are about to use them; machines that are there hold theirs themselves."""

    def __init__(self, clouds: Clouds) -> None:
        self._clouds = clouds
        self._held: dict[_Place, str] = {}

    @asynccontextmanager
    async def held(self, context: Context, launch: str, specs: Sequence[InstanceSpec]) -> AsyncIterator[None]:
        """Hold the addresses of a launch until the cloud has its machines; IN_USE when others have one of them.

        A launch that is repeated meets its own machines, and itself.
        """
        wanted = {
            (context.scope.provider, network, line.address)
            for spec in specs
            for network, line in zip(spec.network_ids, spec.nic_configurations, strict=False)
            if line.address
        }
        for place in wanted:
            if self._held.get(place, launch) != launch:
                raise _in_use(place)
        mine = wanted - self._held.keys()
        self._held |= dict.fromkeys(mine, launch)
        try:
            if wanted:
                await self._check(context, launch, wanted)
            yield
        finally:
            for place in mine:
                del self._held[place]

    async def _check(self, context: Context, launch: str, wanted: set[_Place]) -> None:
        for instance in await self._clouds.of(context).instances.list(context):
            if instance.annotation.launch.rpartition(":")[0] == launch:
                continue
            for nic in instance.nics:
                for address in (*nic.ipv4, *nic.ipv6):
                    place = (context.scope.provider, nic.network_id, address)
                    if place in wanted:
                        raise _in_use(place)


def _in_use(place: _Place) -> Error:
    message = f"The address {place[2]} is used by another instance on its network"
    return Error(ErrorKind.IN_USE, message, resource="address", resource_id=place[2], field="nic_configurations")
