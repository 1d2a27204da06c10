"""Regions and availability zones: data centers and clusters under the names that AWS tools expect."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct

from deltaic.model.context import Context, Scope
from deltaic.model.errors import not_found
from deltaic.model.zone import DataCenter, Zone
from deltaic.services.identity import Clouds


class Region(Struct, frozen=True):
    """A data center under its region name."""

    name: str
    data_center: DataCenter


class ZoneView(Struct, frozen=True):
    """A cluster under its modern zone name `<region><letters>`."""

    zone: Zone
    name: str
    region: Region


class ZoneService:
    """The verbs on regions and zones."""

    def __init__(self, clouds: Clouds) -> None:
        self._clouds = clouds

    async def regions(self, context: Context) -> list[Region]:
        """Every data center the caller sees, by name."""
        centers = await self._clouds.of(context).zones.data_centers(context)
        return [Region(region_name(center), center) for center in sorted(centers, key=lambda c: (c.name, c.id))]

    async def scope_of_region(self, context: Context, region: str) -> Scope:
        """The scope a region name selects: the data center of that name or id, else the scope as it is."""
        if context.scope.chosen or not region:
            return context.scope
        for found in await self.regions(context):
            if region in (found.name, found.data_center.id) or region.casefold() == found.data_center.name.casefold():
                scope = context.scope
                return Scope(scope.provider, found.data_center.id, scope.user_level, chosen=True)
        return context.scope

    async def zones(self, context: Context) -> list[ZoneView]:
        """The zones of the scope's data center, of all data centers when the scope names none."""
        regions = {region.data_center.id: region for region in await self.regions(context)}
        return named_zones(await self._clouds.of(context).zones.list(context), regions)

    async def all_zones(self, context: Context) -> dict[str, ZoneView]:
        """Zones of every data center by cluster id, whatever the scope."""
        wide = Context(
            principal=context.principal,
            scope=Scope(context.scope.provider, "", context.scope.user_level),
            request_id=context.request_id,
            deadline=context.deadline,
        )
        return {view.zone.id: view for view in await self.zones(wide)}

    async def resolve(self, context: Context, name: str) -> ZoneView:
        """Find a zone of the scope by modern name, cluster name or cluster id; NOT_FOUND otherwise."""
        views = await self.zones(context)
        for match in (lambda v: name in (v.name, v.zone.id), lambda v: name == v.zone.name):
            for view in views:
                if match(view):
                    return view
        raise not_found("zone", name)


def region_name(center: DataCenter) -> str:
    """The region name of a data center: its name, with characters that no region name has as hyphens."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", center.name).strip("-") or center.id


def named_zones(zones: Sequence[Zone], regions: dict[str, Region]) -> list[ZoneView]:
    """Give each zone `<region><letters>` by its place among its data center's clusters in order of name."""
    counts: dict[str, int] = {}
    views = []
    for zone in sorted(zones, key=lambda z: (z.data_center_id, z.name, z.id)):
        region = regions.get(zone.data_center_id)
        if region is None:
            continue
        index = counts.get(zone.data_center_id, 0)
        counts[zone.data_center_id] = index + 1
        views.append(ZoneView(zone, region.name + _letters(index), region))
    return views


def _letters(index: int) -> str:
    """0 -> a, 25 -> z, 26 -> aa."""
    text = ""
    index += 1
    while index:
        index, digit = divmod(index - 1, 26)
        text = chr(ord("a") + digit) + text
    return text
