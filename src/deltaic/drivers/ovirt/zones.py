"""Data centers and clusters."""

from __future__ import annotations

from deltaic.drivers.ovirt import convert
from deltaic.drivers.ovirt.lookups import Lookups
from deltaic.model.context import Context
from deltaic.model.zone import DataCenter, Zone


class OvirtZones:
    """Data center = region, cluster = zone. Source page: services/data_centers, services/clusters."""

    def __init__(self, lookups: Lookups) -> None:
        self._lookups = lookups

    async def data_centers(self, context: Context) -> list[DataCenter]:
        """List every data center the caller sees, by name."""
        found = await self._lookups.data_centers(context)
        return sorted((convert.data_center(one) for one in found), key=lambda one: one.name)

    async def list(self, context: Context) -> list[Zone]:
        """List the clusters of the scope, by name."""
        place = await self._lookups.place(context)
        found = await self._lookups.clusters(context)
        zones = [convert.zone(one) for one in found.values() if not place.id or one.data_center.id == place.id]
        return sorted(zones, key=lambda one: one.name)
