"""Reading volumes together with the servers that have them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from deltaic.drivers.openstack.client import Client, segment
from deltaic.drivers.openstack.disk_mark import MADE, made_query
from deltaic.drivers.openstack.errors import Subject
from deltaic.drivers.openstack.storage import SERVICE
from deltaic.drivers.openstack.volume_states import ON_THE_WAY
from deltaic.drivers.openstack.wire_storage import Server, ServerAnswer, Servers, Volume, VolumeAnswer, Volumes
from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind

#: Up to so many are read one by one, more of them out of the whole list: there is no query by several ids.
FEW: Final = 8


class Inventory(Struct, frozen=True):
    """Volumes, and the servers that have them by id."""

    volumes: Sequence[Volume] = ()
    servers: dict[str, Server] = {}


class DiskReader:
    """Reads volumes. Source pages: Block Storage API v3, "List accessible volumes with details"; Compute API."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def one(self, context: Context, volume_id: str) -> Volume:
        """One volume of the project."""
        path, subject = f"volumes/{segment(volume_id)}", Subject("volume", volume_id)
        return (await self._client.read(context, SERVICE, path, VolumeAnswer, subject=subject)).volume

    async def read(self, context: Context, ids: Sequence[str] = ()) -> Inventory:
        """The volumes of the project, or those of `ids` that there are, and whose they are."""
        wanted = set(ids)
        if 0 < len(wanted) <= FEW:
            volumes = await self._each(context, sorted(wanted))
        else:
            volumes = await self._all(context)
            volumes = [one for one in volumes if one.id in wanted] if wanted else volumes
        return Inventory(volumes, await self._servers(context, volumes))

    async def marked(self, context: Context, made: str) -> list[Volume]:
        """What a creation made before; nothing for no mark."""
        if not made:
            return []
        found = await self._client.pages(
            context, SERVICE, "volumes/detail", Volumes, lambda page: page.volumes, query=made_query(made)
        )
        return [one for one in found if one.metadata.get(MADE) == made]

    async def _all(self, context: Context) -> list[Volume]:
        return await self._client.pages(context, SERVICE, "volumes/detail", Volumes, lambda page: page.volumes)

    async def _each(self, context: Context, ids: Sequence[str]) -> list[Volume]:
        found = await asyncio.gather(*(self._or_none(context, one) for one in ids))
        return [one for one in found if one is not None]

    async def _or_none(self, context: Context, volume_id: str) -> Volume | None:
        try:
            return await self.one(context, volume_id)
        except Error as error:
            if error.kind is not ErrorKind.NOT_FOUND:
                raise
            return None

    async def _servers(self, context: Context, volumes: Sequence[Volume]) -> dict[str, Server]:
        """The servers that have one of these volumes, or are about to.

        Whose a volume is that is on its way there, block storage does not tell.
        """
        if all(one.status not in ON_THE_WAY for one in volumes):
            wanted = {plug.server_id for one in volumes for plug in one.attachments} - {""}
            if len(wanted) <= FEW:
                found = await asyncio.gather(*(self._server(context, one) for one in sorted(wanted)))
                return {one.id: one for one in found if one.id}
        found = await self._client.pages(context, "compute", "servers/detail", Servers, lambda page: page.servers)
        return {one.id: one for one in found}

    async def _server(self, context: Context, server_id: str) -> Server:
        """A server; an empty one when it is gone, or another project's."""
        try:
            path = f"servers/{segment(server_id)}"
            return (await self._client.read(context, "compute", path, ServerAnswer)).server
        except Error as error:
            if error.kind is not ErrorKind.NOT_FOUND:
                raise
            return Server()
