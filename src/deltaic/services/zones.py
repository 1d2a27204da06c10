"""Regions and availability zones: data centers and clusters under the names that AWS tools expect."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from deltaic.model.context import Context, Scope
from deltaic.model.errors import not_found
from deltaic.model.zone import DataCenter, Zone
from deltaic.ports.store import Store
from deltaic.services.identity import Clouds, region_text

#: Under which key the letters of a data center's zones are kept.
ZONES = "zones/"


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

    def __init__(self, clouds: Clouds, store: Store) -> None:
        self._clouds = clouds
        self._store = store
        self._letters: dict[str, dict[str, str]] = {}

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
                return Scope(scope.provider, found.data_center.id, scope.view, chosen=True)
        return context.scope

    async def zones(self, context: Context) -> list[ZoneView]:
        """The zones of the scope's data center, of all data centers when the scope names none."""
        regions = {region.data_center.id: region for region in await self.regions(context)}
        zones = await self._clouds.of(context).zones.list(context)
        if any(zone.id not in self._letters.get(zone.data_center_id, {}) for zone in zones):
            await self._give_letters(await self._every_zone(context))
        return named_zones(zones, regions, self._letters)

    async def _every_zone(self, context: Context) -> Sequence[Zone]:
        return await self._clouds.of(context).zones.list(_wide(context))

    async def _give_letters(self, zones: Sequence[Zone]) -> None:
        """Give new zones letters and keep them: a name that moved would make declarative tools rebuild machines.

        Those of a data center are kept together, so that zones which different callers see never share one.
        """
        for center in sorted({zone.data_center_id for zone in zones}):
            own = [zone for zone in zones if zone.data_center_id == center]
            kept = await self._store.resource_tags.edit("zone", ZONES + center, partial(with_letters, own))
            self._letters[center] = {**self._letters.get(center, {}), **kept}

    async def all_zones(self, context: Context) -> dict[str, ZoneView]:
        """Zones of every data center by id, whatever the scope; of those that share an id, the scope's own.

        Where ids are names, many data centers have a zone of the same one.
        """
        views = await self.zones(_wide(context))
        center = context.scope.data_center
        own = [view for view in views if center in (view.region.data_center.id, view.region.data_center.name)]
        return {view.zone.id: view for view in (*views, *own)}

    async def home(self, context: Context) -> str:
        """The id of the data center where things are made that no zone is named for: that of the first zone.

        It does not change with what is in the data centers. NOT_FOUND when the caller sees none.
        """
        zones = await self.zones(context)
        if zones:
            return zones[0].zone.data_center_id
        wanted = context.scope.data_center
        for region in await self.regions(context):
            if wanted in ("", region.data_center.id, region.data_center.name):
                return region.data_center.id
        raise not_found("data_center", wanted or "any")

    async def resolve(self, context: Context, name: str) -> ZoneView:
        """Find a zone of the scope by modern name, cluster name or cluster id; NOT_FOUND otherwise."""
        views = await self.zones(context)
        for match in (lambda v: name in (v.name, v.zone.id), lambda v: name == v.zone.name):
            for view in views:
                if match(view):
                    return view
        raise not_found("zone", name)


def _wide(context: Context) -> Context:
    """The same caller looking at all data centers."""
    return replace(context, scope=Scope(context.scope.provider, "", context.scope.view))


def region_name(center: DataCenter) -> str:
    """The region name of a data center: its name, with characters that no region name has as hyphens."""
    return region_text(center.name) or center.id


def named_zones(
    zones: Sequence[Zone], regions: dict[str, Region], letters: Mapping[str, Mapping[str, str]]
) -> list[ZoneView]:
    """Each zone under `<region><letters>`, in order of data center and letters; letters by data center and zone."""
    views = [
        ZoneView(
            zone,
            regions[zone.data_center_id].name + letters[zone.data_center_id][zone.id],
            regions[zone.data_center_id],
        )
        for zone in zones
        if zone.data_center_id in regions
    ]
    return sorted(views, key=lambda view: (view.region.name, len(view.name), view.name))


def with_letters(zones: Sequence[Zone], taken: Mapping[str, str]) -> dict[str, str]:
    """The letters of a data center with the first free ones for zones that have none yet, in order of name."""
    used = set(taken.values())
    free = (letters for letters in map(_letters, itertools.count()) if letters not in used)
    fresh = [zone.id for zone in sorted(zones, key=lambda z: (z.name, z.id)) if zone.id not in taken]
    return {**taken, **dict(zip(fresh, free, strict=False))}


def _letters(index: int) -> str:
    """0 -> a, 25 -> z, 26 -> aa."""
    text = ""
    index += 1
    while index:
        index, digit = divmod(index - 1, 26)
        text = chr(ord("a") + digit) + text
    return text
