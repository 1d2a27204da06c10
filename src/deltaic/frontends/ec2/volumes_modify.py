"""Growing volumes: ModifyVolume, DescribeVolumesModifications.

What was asked for is kept for its caller, one document per volume: no cloud tells how large a volume was before.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import Any, Final

import msgspec
from msgspec import Struct

from deltaic.frontends.ec2.devices import gibibytes
from deltaic.frontends.ec2.honoured import Honoured
from deltaic.frontends.ec2.registry import action
from deltaic.frontends.ec2.request import Ec2Request, invalid_value
from deltaic.frontends.ec2.resolve import native_ids
from deltaic.frontends.ec2.volume_book import all_volumes, one_volume
from deltaic.frontends.ec2.volume_sizes import GIBIBYTE, check_size
from deltaic.model.errors import Error, ErrorKind, not_found
from deltaic.model.volume import Volume, VolumeChanges, VolumeState
from deltaic.ports.store import Record
from deltaic.protocols.aws.errors import AwsError, missing_parameter
from deltaic.protocols.aws.filters import FilterTable

#: Kind of the documents.
KIND: Final = "VolumeModification"

MODIFY: Final = Honoured(
    frozenset({"MultiAttachEnabled", "Size", "VolumeId"}),
    harmless={"VolumeType": ("standard",)},
    reasons={
        "VolumeType": "every volume has the type standard.",
        "Iops": "volumes have no performance of their own.",
        "Throughput": "volumes have no performance of their own.",
    },
)
MODIFICATIONS: Final = FilterTable(
    {
        "modification-state": "ModificationState",
        "original-iops": "OriginalIops",
        "original-size": "OriginalSize",
        "original-volume-type": "OriginalVolumeType",
        "originalMultiAttachEnabled": "OriginalMultiAttachEnabled",
        "start-time": "StartTime",
        "target-iops": "TargetIops",
        "target-size": "TargetSize",
        "target-volume-type": "TargetVolumeType",
        "targetMultiAttachEnabled": "TargetMultiAttachEnabled",
        "volume-id": "VolumeId",
    }
)


class Growth(Struct, frozen=True):
    """What a document holds: sizes in GiB."""

    original: int
    target: int


@action(
    "ModifyVolume",
    writes=True,
    unsupported=(*MODIFY.refusals(), "MultiAttachEnabled other than what it is"),
    note="Volumes grow, those in use as well.",
)
async def modify_volume(request: Ec2Request) -> dict[str, Any]:
    """Make a volume larger."""
    MODIFY.check(request.parameters)
    if not request.parameters.keys() & {"Size", "VolumeType", "MultiAttachEnabled"}:
        raise missing_parameter("Size")
    volume = await one_volume(request)
    old = gibibytes(volume.size)
    growth = Growth(old, _target(request, volume, old))
    request.before_acting()
    if growth.target > old:
        changes = VolumeChanges(size=growth.target * GIBIBYTE)
        await request.services.volumes.modify(request.context, volume.id, changes)
    record = await _keep(request, volume.id, growth)
    return {"VolumeModification": _row(request, volume, growth, record.updated_at)}


def _target(request: Ec2Request, volume: Volume, old: int) -> int:
    if volume.state in (VolumeState.DELETING, VolumeState.ERROR):
        text = f"Volume '{request.written[volume.id]}' is in the '{volume.state}' state."
        raise AwsError("IncorrectState", text)
    if request.get("MultiAttachEnabled", volume.shareable) != volume.shareable:
        raise invalid_value("MultiAttachEnabled", not volume.shareable, "It is chosen when the volume is made.")
    target: int = request.get("Size", old)
    check_size(target)
    if target < old:
        raise invalid_value("Size", target, "New size cannot be smaller than existing size.")
    return target


async def _keep(request: Ec2Request, volume_id: str, growth: Growth) -> Record:
    records, content = request.services.records, msgspec.json.encode(growth)
    try:
        return await records.edit(request.context, KIND, volume_id, lambda _: content)
    except Error as error:
        if error.kind is not ErrorKind.NOT_FOUND:
            raise
    return await records.create(request.context, KIND, content, id=volume_id)


async def forget_modification(request: Ec2Request, volume_id: str) -> None:
    """Drop the document of a volume that is being removed."""
    with suppress(Error):
        await request.services.records.delete(request.context, KIND, volume_id)


@action("DescribeVolumesModifications", filters=MODIFICATIONS, note="The last one of each volume, as its caller asked.")
async def describe_volumes_modifications(request: Ec2Request) -> dict[str, Any]:
    """How far the caller's modifications of volumes are."""
    matches = request.matcher(MODIFICATIONS)
    texts = request.get("VolumeIds", ())
    natives = await native_ids(request, "vol", texts) if texts else []
    volumes = await all_volumes(request)
    kept = {record.id: record for record in await request.services.records.list(request.context, KIND)}
    for native in natives:
        if native not in volumes:
            raise not_found("volume", native)
        if native not in kept:
            text = f"Modification for volume '{request.written[native]}' does not exist."
            raise AwsError("InvalidVolumeModification.NotFound", text)
    rows = [
        _row(request, volumes[wanted], msgspec.json.decode(record.content, type=Growth), record.updated_at)
        for wanted, record in kept.items()
        if wanted in volumes and (not natives or wanted in natives)
    ]
    return request.listing("VolumesModifications", rows, matches, "VolumeId")


def _row(request: Ec2Request, volume: Volume, growth: Growth, since: datetime) -> dict[str, Any]:
    state, progress = _state(volume, growth)
    return {
        "VolumeId": request.id("vol", volume.id),
        "ModificationState": state,
        "TargetSize": growth.target,
        "TargetVolumeType": "standard",
        "TargetMultiAttachEnabled": volume.shareable,
        "OriginalSize": growth.original,
        "OriginalVolumeType": "standard",
        "OriginalMultiAttachEnabled": volume.shareable,
        "Progress": progress,
        "StartTime": since,
    }


def _state(volume: Volume, growth: Growth) -> tuple[str, int]:
    """State and percentage: a volume that is large enough, and still locked, can be used as it is."""
    if volume.state is VolumeState.ERROR:
        return "failed", 0
    if gibibytes(volume.size) < growth.target:
        return "modifying", 0
    return ("optimizing", 50) if volume.state is VolumeState.CREATING else ("completed", 100)
