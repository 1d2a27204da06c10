"""Regions and availability zones."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final

from msgspec import structs

from deltaic.drivers.http.cache import TimedCache
from deltaic.drivers.openstack import catalog
from deltaic.drivers.openstack.client import Client
from deltaic.drivers.openstack.wire_compute import AvailabilityZones
from deltaic.drivers.openstack.wire_identity import Region, Regions
from deltaic.model.context import Context
from deltaic.model.errors import Error
from deltaic.model.zone import DataCenter, Zone

#: How long a caller's descriptions of regions are good.
DESCRIPTIONS_SECONDS: Final = 300.0

# Inside the class `list` is a verb.
Zones = list[Zone]


class OpenstackZones:
    """Region = data center, availability zone = zone; both have no id but their name.

    Source pages: Identity API v3 "Regions", Compute API "Availability zones".
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._told: TimedCache[tuple[str, str], dict[str, str]] = TimedCache(seconds=DESCRIPTIONS_SECONDS, size=256)

    async def data_centers(self, context: Context) -> list[DataCenter]:
        """List the regions that have a compute service, by name."""
        login = await self._client.login(context)
        # Most requests ask where they are: descriptions, which cost a call, hardly ever change.
        key = (login.user.id, login.project_id)
        told = await self._told.get(key, lambda: self._descriptions(context), seconds=context.remaining())
        return [DataCenter(name, name, told.get(name, "")) for name in catalog.regions(login.catalog)]

    async def list(self, context: Context) -> list[Zone]:
        """List the availability zones that work, by name: the scope's region's, or every region's."""
        if context.scope.data_center:
            return await self._in_region(context)
        login = await self._client.login(context)
        scopes = [structs.replace(context.scope, data_center=name) for name in catalog.regions(login.catalog)]
        found = await asyncio.gather(*(self._in_region(structs.replace(context, scope=scope)) for scope in scopes))
        return sorted((zone for zones in found for zone in zones), key=lambda zone: (zone.name, zone.data_center_id))

    async def _in_region(self, context: Context) -> Zones:
        region = await self._client.region(context)
        found = await self._client.read(context, "compute", "os-availability-zone", AvailabilityZones)
        names = sorted({zone.name for zone in found.zones if zone.state.available and zone.name})
        return [Zone(id=name, name=name, data_center_id=region) for name in names]

    async def _descriptions(self, context: Context) -> dict[str, str]:
        found: list[Region] = []
        with contextlib.suppress(Error):
            # Some operators forbid this to plain users: regions are usable without a description.
            found = await self._client.pages(context, "identity", "regions", Regions, lambda page: page.regions)
        return {region.id: region.description or "" for region in found}
