"""Regions and availability zones: data centers and clusters."""

from __future__ import annotations

import re
from typing import Any, Final

from deltaic.frontends.ec2.registry import action
from deltaic.frontends.ec2.request import Ec2Request, shown
from deltaic.protocols.aws.errors import AwsError
from deltaic.protocols.aws.filters import FilterTable
from deltaic.services.zones import Region, ZoneView

REGIONS = FilterTable(
    {"endpoint": "Endpoint", "opt-in-status": "OptInStatus", "region-name": "RegionName"},
    aliases={"regionName": "region-name"},
)
ZONES = FilterTable(
    {
        "group-long-name": "GroupLongName",
        "group-name": "GroupName",
        "message": "Messages.Message",
        "opt-in-status": "OptInStatus",
        "parent-zone-id": "ParentZoneId",
        "parent-zone-name": "ParentZoneName",
        "region-name": "_regions",
        "state": "State",
        "zone-id": "ZoneId",
        "zone-name": "_zones",
        "zone-type": "ZoneType",
    },
    aliases={"regionName": "region-name", "zoneName": "zone-name"},
)

_REGION_FILTERS: Final = frozenset({"region-name", "regionName"})
#: Names formed like AWS's own regions. One that no data center has stands for the default, as in a signature:
#: libcloud asks for the zones of the region that it signs for.
_AWS_REGION: Final = re.compile(r"[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}")


@action("DescribeRegions", filters=REGIONS, note="AllRegions changes nothing: every region is open.")
async def describe_regions(request: Ec2Request) -> dict[str, Any]:
    """Every data center, whatever the scope; its endpoint is the gateway."""
    matches = request.matcher(REGIONS)
    regions = await request.services.zones.regions(request.context)
    wanted = request.get("RegionNames")
    if wanted is not None:
        regions = _named_regions(regions, wanted)
    rows = [_region(request, region) for region in regions]
    return {"Regions": [row for row in rows if matches(row)]}


def _named_regions(regions: list[Region], wanted: list[str]) -> list[Region]:
    names = {
        name: region for region in regions for name in (region.name, region.data_center.name, region.data_center.id)
    }
    unknown = [name for name in wanted if name not in names]
    if unknown:
        raise AwsError("InvalidParameterValue", f"Invalid region name(s) in RegionName: [{', '.join(unknown)[:500]}]")
    return [region for region in regions if region in [names[name] for name in wanted]]


def _region(request: Ec2Request, region: Region) -> dict[str, Any]:
    return {
        "RegionName": request.form.region(region),
        "Endpoint": request.call.base_url,
        "OptInStatus": "opt-in-not-required",
    }


@action("DescribeAvailabilityZones", filters=ZONES, note="AllAvailabilityZones changes nothing: every zone is open.")
async def describe_availability_zones(request: Ec2Request) -> dict[str, Any]:
    """The clusters of the scope; names and ids of clusters are understood as zone names."""
    matches = request.matcher(ZONES)
    zones = sorted(await request.services.zones.zones(request.context), key=lambda view: (view.region.name, view.name))
    zones = _named_zones(zones, request.get("ZoneNames"), "ZoneName")
    zones = _named_zones(zones, request.get("ZoneIds"), "ZoneId")
    defaults = _default_regions(request, zones)
    rows = [_zone(request, view) | {"_regions": [request.form.region(view.region), *defaults]} for view in zones]
    return {"AvailabilityZones": [shown(row) for row in rows if matches(row)]}


def _named_zones(zones: list[ZoneView], wanted: list[str] | None, parameter: str) -> list[ZoneView]:
    if wanted is None:
        return zones
    names = {name: view for view in reversed(zones) for name in (view.zone.name, view.zone.id, view.name)}
    unknown = [name for name in wanted if name not in names]
    if unknown:
        raise AwsError(
            "InvalidParameterValue", f"Invalid availability zone in {parameter}: [{', '.join(unknown)[:500]}]"
        )
    chosen = {names[name].zone.id for name in wanted}
    return [view for view in zones if view.zone.id in chosen]


def _default_regions(request: Ec2Request, zones: list[ZoneView]) -> list[str]:
    """The regions filtered by that mean the default."""
    filters = request.get("Filters", [])
    asked = {value for each in filters if each.get("Name") in _REGION_FILTERS for value in each.get("Values", [])}
    known = {view.region.name for view in zones}
    return [name for name in asked if _AWS_REGION.fullmatch(name) and name not in known]


def _zone(request: Ec2Request, view: ZoneView) -> dict[str, Any]:
    region = request.form.region(view.region)
    return {
        "ZoneName": request.form.zone(view),
        "_zones": request.form.zone_names(view),
        "State": request.form.zone_states[view.region.data_center.available],
        "RegionName": region,
        "ZoneId": view.zone.id,
        "GroupName": region,
        "GroupLongName": view.zone.name,
        "NetworkBorderGroup": region,
        "ZoneType": "availability-zone",
        "OptInStatus": "opt-in-not-required",
        "Messages": [],
    }
