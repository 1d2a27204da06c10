"""The device names of servers' volumes: compute picks them, and block storage is told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from deltaic.drivers.openstack.client import Client
from deltaic.drivers.openstack.wire_compute import Server
from deltaic.drivers.openstack.wire_storage import Volumes
from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind

#: Servers can be shown without the names of their devices.
DISPENSABLE: Final = frozenset({ErrorKind.UNSUPPORTED, ErrorKind.FORBIDDEN, ErrorKind.UNAVAILABLE})


class Devices:
    """Reads all names in one call, and only where a server has volumes at all."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def of_servers(self, context: Context, servers: Sequence[Server]) -> dict[str, str]:
        """Volume id -> device in the server that has it."""
        having = {volume.id: server.id for server in servers for volume in server.volumes}
        if not having:
            return {}
        try:
            found = await self._client.pages(
                context, "block-storage", "volumes/detail", Volumes, lambda page: page.volumes
            )
        except Error as error:
            if error.kind not in DISPENSABLE:
                raise
            return {}
        return {
            volume.id: place.device or ""
            for volume in found
            for place in volume.attachments
            if having.get(volume.id) == place.server_id
        }
