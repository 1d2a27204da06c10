"""The device names of servers' volumes: compute picks them, and block storage is told.

Compute tells them server by server, block storage volume by volume or all of the project at once, which may be
thousands. Source pages: Compute API, "Servers with volume attachments"; Block Storage API v3, "Volumes".
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from deltaic.drivers.openstack.by_ids import or_none
from deltaic.drivers.openstack.client import Client, segment
from deltaic.drivers.openstack.wire_compute import Plugs, Server
from deltaic.drivers.openstack.wire_storage import Volumes
from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind

#: Servers can be shown without the names of their devices.
DISPENSABLE: Final = frozenset({ErrorKind.UNSUPPORTED, ErrorKind.FORBIDDEN, ErrorKind.UNAVAILABLE})
#: Up to so many servers that somebody chose are asked about one by one.
FEW: Final = 5


class Devices:
    """Reads names in one call, or in one for each of few servers, and only where a server has volumes at all."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def of_servers(self, context: Context, servers: Sequence[Server], *, chosen: bool = False) -> dict[str, str]:
        """Volume id -> device in the server that has it. Of `chosen` servers the project may have many more."""
        having = {volume.id: server.id for server in servers for volume in server.volumes}
        if not having:
            return {}
        try:
            hosts = sorted(set(having.values()))
            if chosen and len(hosts) <= FEW and (names := await self._singly(context, hosts)) is not None:
                return names
            return await self._of_all(context, having)
        except Error as error:
            if error.kind not in DISPENSABLE:
                raise
            return {}

    async def _singly(self, context: Context, hosts: Sequence[str]) -> dict[str, str] | None:
        """What compute tells of each server; None where it must not."""
        try:
            told = await asyncio.gather(*(or_none(self._plugs(context, host)) for host in hosts))
        except Error as error:
            if error.kind is not ErrorKind.FORBIDDEN:
                raise
            return None
        return {plug.volume_id: plug.device for found in told if found is not None for plug in found.plugs}

    async def _plugs(self, context: Context, server_id: str) -> Plugs:
        path = f"servers/{segment(server_id)}/os-volume_attachments"
        return await self._client.read(context, "compute", path, Plugs)

    async def _of_all(self, context: Context, having: dict[str, str]) -> dict[str, str]:
        found = await self._client.pages(context, "block-storage", "volumes/detail", Volumes, lambda page: page.volumes)
        return {
            volume.id: place.device or ""
            for volume in found
            for place in volume.attachments
            if having.get(volume.id) == place.server_id
        }
