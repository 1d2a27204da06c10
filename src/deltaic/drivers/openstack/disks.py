"""Reading volumes together with the servers that have them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from msgspec import Struct

from deltaic.drivers.openstack.by_ids import MOST_SINGLY, of_ids, singly
from deltaic.drivers.openstack.client import Client, segment
from deltaic.drivers.openstack.disk_mark import MADE, made_query
from deltaic.drivers.openstack.errors import Subject
from deltaic.drivers.openstack.storage import SERVICE
from deltaic.drivers.openstack.volume_states import ON_THE_WAY
from deltaic.drivers.openstack.wire_storage import Server, ServerAnswer, Servers, Volume, VolumeAnswer, Volumes
from deltaic.model.context import Context


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
        everything = partial(self._all, context)
        volumes = await (of_ids(ids, partial(self.one, context), everything) if ids else everything())
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

    async def _servers(self, context: Context, volumes: Sequence[Volume]) -> dict[str, Server]:
        """The servers that have one of these volumes, or are about to.

        Whose a volume is that is on its way there, block storage does not tell.
        """
        if all(one.status not in ON_THE_WAY for one in volumes):
            wanted = {plug.server_id for one in volumes for plug in one.attachments} - {""}
            if len(wanted) <= MOST_SINGLY:
                # One that is gone, or another project's, is left out.
                return {one.id: one for one in await singly(wanted, partial(self._server, context))}
        found = await self._client.pages(context, "compute", "servers/detail", Servers, lambda page: page.servers)
        return {one.id: one for one in found}

    async def _server(self, context: Context, server_id: str) -> Server:
        return (await self._client.read(context, "compute", f"servers/{segment(server_id)}", ServerAnswer)).server
