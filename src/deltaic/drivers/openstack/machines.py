"""Reading servers in a number of calls that does not depend on how many there are."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial

from deltaic.drivers.openstack import convert, states
from deltaic.drivers.openstack.by_ids import of_ids
from deltaic.drivers.openstack.client import Client, Query, segment
from deltaic.drivers.openstack.devices import Devices
from deltaic.drivers.openstack.errors import Subject
from deltaic.drivers.openstack.interfaces import InterfaceReader
from deltaic.drivers.openstack.lookups import Lookups
from deltaic.drivers.openstack.wire_compute import Server, ServerAnswer, Servers
from deltaic.model.context import Context
from deltaic.model.errors import not_found
from deltaic.model.instance import Instance


class Machines:
    """Compute's servers, as they are and as instances. Those that are gone, softly or not, are none."""

    def __init__(self, client: Client, lookups: Lookups) -> None:
        self._client = client
        self._lookups = lookups
        self._interfaces = InterfaceReader(client)
        self._devices = Devices(client)

    async def everything(self, context: Context, query: Query = ()) -> list[Server]:
        """All servers of the project, or those that a query finds: one call per page of compute's own length."""
        found = await self._client.pages(
            context, "compute", "servers/detail", Servers, lambda page: page.servers, query=query
        )
        return [server for server in found if server.status not in states.GONE]

    async def of_ids(self, context: Context, ids: Sequence[str]) -> list[Server]:
        """Those of `ids` that exist."""
        return await of_ids(ids, partial(self.one, context), partial(self.everything, context))

    async def one(self, context: Context, server_id: str) -> Server:
        """One server; NOT_FOUND when there is none, or it is gone."""
        subject = Subject("instance", server_id)
        path = f"servers/{segment(server_id)}"
        server = (await self._client.read(context, "compute", path, ServerAnswer, subject=subject)).server
        if server.status in states.GONE:
            raise not_found("instance", server_id)
        return server

    async def instances(
        self, context: Context, servers: Sequence[Server], *, details: bool, chosen: bool = False
    ) -> list[Instance]:
        """The neutral form of servers; with details their interfaces and volumes are read as well.

        Of `chosen` servers the project may have many more.
        """
        region = await self._client.region(context)
        macs = {server.id: server.macs for server in servers if details}
        sizes, nics, devices = await asyncio.gather(
            self._lookups.sizes(context, servers),
            self._interfaces.of_instances(context, macs),
            self._devices.of_servers(context, servers if details else (), chosen=chosen),
        )
        return [
            convert.instance(server, region, sizes.get(server.id), nics.get(server.id, ()), devices)
            for server in servers
        ]
