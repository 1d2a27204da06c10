"""The health and the attributes of volumes: DescribeVolumeStatus, DescribeVolumeAttribute and their kin.

No engine takes a volume's I/O away from it, so there is never anything to switch on again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from deltaic.frontends.ec2.registry import action
from deltaic.frontends.ec2.request import Ec2Request, invalid_value, unsupported
from deltaic.frontends.ec2.volume_book import one_volume
from deltaic.frontends.ec2.volumes import volume_rows
from deltaic.protocols.aws.errors import missing_parameter
from deltaic.protocols.aws.filters import FilterTable

STATUSES: Final = FilterTable(
    {
        "action.code": "Actions.Code",
        "action.description": "Actions.Description",
        "action.event-id": "Actions.EventId",
        "availability-zone": "_zones",
        "event.description": "Events.Description",
        "event.event-id": "Events.EventId",
        "event.event-type": "Events.EventType",
        "event.not-after": "Events.NotAfter",
        "event.not-before": "Events.NotBefore",
        "volume-status.details-name": "VolumeStatus.Details.Name",
        "volume-status.details-status": "VolumeStatus.Details.Status",
        "volume-status.status": "VolumeStatus.Status",
    }
)
ATTRIBUTES: Final[dict[str, dict[str, Any]]] = {
    "autoEnableIO": {"AutoEnableIO": {"Value": False}},
    "productCodes": {"ProductCodes": []},
}
#: Status, and whether I/O is enabled, by state; every other state is healthy.
_HEALTH: Final = {"error": ("impaired", "failed"), "creating": ("insufficient-data", "not-applicable")}


@action("DescribeVolumeStatus", filters=STATUSES, note="A disk that the engine calls illegal is `impaired`.")
async def describe_volume_status(request: Ec2Request) -> dict[str, Any]:
    """Health of volumes."""
    matches = request.matcher(STATUSES)
    rows = [_status(row) for row in await volume_rows(request)]
    return request.listing("VolumeStatuses", rows, matches, "VolumeId")


def _status(row: Mapping[str, Any]) -> dict[str, Any]:
    status, enabled = _HEALTH.get(row["State"], ("ok", "passed"))
    return {
        "VolumeId": row["VolumeId"],
        "AvailabilityZone": row["AvailabilityZone"],
        "_zones": row["_zones"],
        "VolumeStatus": {
            "Status": status,
            "Details": [
                {"Name": "io-enabled", "Status": enabled},
                {"Name": "io-performance", "Status": "not-applicable"},
            ],
        },
        "Actions": [],
        "Events": [],
    }


@action("DescribeVolumeAttribute")
async def describe_volume_attribute(request: Ec2Request) -> dict[str, Any]:
    """One attribute of a volume."""
    name = request.require("Attribute")
    if name not in ATTRIBUTES:
        raise invalid_value("attribute", name, f"It is one of {', '.join(ATTRIBUTES)}.")
    volume = await one_volume(request)
    return {"VolumeId": request.id("vol", volume.id), **ATTRIBUTES[name]}


@action("ModifyVolumeAttribute", writes=True, unsupported=("AutoEnableIO other than false",))
async def modify_volume_attribute(request: Ec2Request) -> dict[str, Any]:
    """Accept what is the case anyway."""
    wanted = request.get("AutoEnableIO", {}).get("Value")
    if wanted is None:
        raise missing_parameter("AutoEnableIO.Value")
    await one_volume(request)
    if wanted:
        raise unsupported("AutoEnableIO", "the I/O of a volume is never disabled.")
    request.before_acting()
    return {}


@action("EnableVolumeIO", writes=True, note="The I/O of a volume is never disabled.")
async def enable_volume_io(request: Ec2Request) -> dict[str, Any]:
    """Nothing: the I/O of an existing volume is enabled."""
    await one_volume(request)
    request.before_acting()
    return {}
