"""The engine's instance types."""

from __future__ import annotations

from deltaic.drivers.ovirt import convert, wire
from deltaic.drivers.ovirt.client import Client
from deltaic.model.context import Context
from deltaic.model.instance_type import InstanceType


class OvirtInstanceTypes:
    """Named sizes. Source page: services/instance_types."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def list(self, context: Context) -> list[InstanceType]:
        """List the named sizes, smallest first."""
        found = await self._client.read(context, "instancetypes", wire.InstanceTypes)
        types = [convert.instance_type(one) for one in found.instance_type]
        return sorted(types, key=lambda one: (one.memory, one.cpus, one.name))
