"""Making volumes and removing them: CreateVolume, DeleteVolume."""

from __future__ import annotations

from typing import Any, Final

from msgspec.structs import replace

from deltaic.frontends.ec2.honoured import Honoured
from deltaic.frontends.ec2.registry import action
from deltaic.frontends.ec2.request import Ec2Request, shown
from deltaic.frontends.ec2.tagging import client_token, named_after, specified_tags
from deltaic.frontends.ec2.volume_book import one_volume
from deltaic.frontends.ec2.volume_sizes import source_snapshot, wanted_size
from deltaic.frontends.ec2.volumes import volume_row
from deltaic.frontends.ec2.volumes_modify import forget_modification
from deltaic.model.volume import VolumeSpec
from deltaic.protocols.aws.errors import AwsError, missing_parameter
from deltaic.protocols.aws.paging import parameters_digest
from deltaic.services.zones import ZoneView

CREATE: Final = Honoured(
    frozenset(
        {
            "AvailabilityZone", "AvailabilityZoneId", "ClientToken", "MultiAttachEnabled", "Size", "SnapshotId",
            "TagSpecifications",
        }
    ),
    harmless={"Encrypted": (False,), "VolumeType": ("standard",)},
    reasons={
        "Encrypted": "the storage decides about encryption, not the volume.",
        "KmsKeyId": "there is no key service.",
        "VolumeType": "every volume has the type standard.",
        "Iops": "volumes have no performance of their own.",
        "Throughput": "volumes have no performance of their own.",
        "VolumeInitializationRate": "volumes have no performance of their own.",
        "OutpostArn": "there are no outposts.",
    },
)  # fmt: skip


@action(
    "CreateVolume",
    writes=True,
    unsupported=CREATE.refusals(),
    note="A volume keeps the zone that it was made for. Its name in the cloud is that of its tag Name.",
)
async def create_volume(request: Ec2Request) -> dict[str, Any]:
    """Make a volume, empty or from a snapshot; answers as soon as the cloud accepted it."""
    CREATE.check(request.parameters)
    zone = await _zone(request)
    snapshot = await source_snapshot(request, request.get("SnapshotId", ""))
    size = wanted_size(request.get("Size"), snapshot)
    tags = specified_tags(request.get("TagSpecifications", ()), ("volume",)).get("volume", {})
    token = client_token(request)
    spec = VolumeSpec(
        name=named_after(tags, "volume"),
        size=size,
        shareable=request.get("MultiAttachEnabled", False),
        source_id=snapshot.id if snapshot else "",
        data_center_id=zone.zone.data_center_id,
        zone_id=zone.zone.id,
    )
    request.before_acting()
    fingerprint = parameters_digest(request.call.request, without=frozenset({"ClientToken", "DryRun"}))
    volume = await request.services.volumes.create(
        request.context, spec, tags, client_token=token, fingerprint=fingerprint
    )
    request.learn("vol", [volume.id])
    # A copy grows when it is made.
    volume = replace(volume, size=max(volume.size, size))
    return shown(volume_row(request, volume, {}, [zone], {volume.id: tags}))


async def _zone(request: Ec2Request) -> ZoneView:
    names = [request.get(name) for name in ("AvailabilityZone", "AvailabilityZoneId") if request.get(name)]
    if not names:
        raise missing_parameter("AvailabilityZone")
    if len(names) > 1:
        raise AwsError("InvalidParameterCombination", "Give either AvailabilityZone or AvailabilityZoneId.")
    return await request.services.zones.resolve(request.context, names[0])


@action("DeleteVolume", writes=True, note="The volume is `deleting` until the cloud has removed it.")
async def delete_volume(request: Ec2Request) -> dict[str, Any]:
    """Remove a volume that no machine has."""
    volume = await one_volume(request)
    held = (*volume.attachments, *volume.leaving)
    if held:
        holder = request.id("i", held[0].instance_id)
        raise AwsError("VolumeInUse", f"Volume {request.written[volume.id]} is currently attached to {holder}")
    request.before_acting()
    await request.services.volumes.delete(request.context, volume.id)
    await forget_modification(request, volume.id)
    return {}
