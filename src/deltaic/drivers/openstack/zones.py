"""Regions and availability zones."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Final

from msgspec import structs

from deltaic.drivers.http.cache import TimedCache
from deltaic.drivers.openstack.client import Client
from deltaic.drivers.openstack.wire_compute import AvailabilityZones
from deltaic.drivers.openstack.wire_identity import Region, Regions
from deltaic.model.context import Context
from deltaic.model.errors import Error, not_found
from deltaic.model.zone import DataCenter, Zone

#: How long a caller's descriptions of regions are good.
DESCRIPTIONS_SECONDS: Final = 300.0
#: How long regions are waited for that are not the configured one.
OTHERS_SECONDS: Final = 5.0

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
        return [DataCenter(name, name, told.get(name, "")) for name in self._client.endpoints.regions(login)]

    async def list(self, context: Context) -> list[Zone]:
        """List the availability zones that work, by name: the scope's region's, or every region's."""
        if context.scope.data_center:
            return await self._in_region(context)
        names = self._client.endpoints.regions(await self._client.login(context))
        home = self._client.settings.region or (names[0] if len(names) == 1 else "")
        found = await asyncio.gather(*(self._if_reached(context, name, needed=name == home) for name in names))
        told = [zones for zones in found if isinstance(zones, list)]
        if not told:
            raise next((error for error in found if isinstance(error, Error)), not_found("data_center", home or "any"))
        return sorted((zone for zones in told for zone in zones), key=lambda zone: (zone.name, zone.data_center_id))

    async def _if_reached(self, context: Context, region: str, *, needed: bool) -> Zones | Error:
        """A region's zones; another one's outage is no reason to refuse those who work in theirs."""
        there = structs.replace(context, scope=structs.replace(context.scope, data_center=region))
        if needed:
            return await self._in_region(there)
        try:
            soon = min(context.deadline, time.monotonic() + OTHERS_SECONDS)
            return await self._in_region(structs.replace(there, deadline=soon))
        except Error as error:
            return error

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
