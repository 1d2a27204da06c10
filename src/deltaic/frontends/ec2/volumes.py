"""Reading volumes: disks, attached or floating."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from deltaic.frontends.ec2.devices import attached_devices, attached_since, gibibytes
from deltaic.frontends.ec2.registry import action
from deltaic.frontends.ec2.request import Ec2Request
from deltaic.frontends.ec2.resolve import machines, native_ids
from deltaic.frontends.ec2.tagging import merged, store_key, stored_tags
from deltaic.frontends.ec2.volume_book import know_volumes
from deltaic.frontends.http.pace import paced
from deltaic.model.instance import Instance
from deltaic.model.volume import Volume, VolumeAttachment, VolumeState
from deltaic.protocols.aws.filters import FilterTable
from deltaic.services.zones import ZoneView

VOLUMES = FilterTable(
    {
        "attachment.attach-time": "Attachments.AttachTime",
        "attachment.delete-on-termination": "Attachments.DeleteOnTermination",
        "attachment.device": "Attachments.Device",
        "attachment.instance-id": "Attachments.InstanceId",
        "attachment.status": "Attachments.State",
        "availability-zone": "_zones",
        "create-time": "CreateTime",
        "encrypted": "Encrypted",
        "fast-restored": "FastRestored",
        "multi-attach-enabled": "MultiAttachEnabled",
        "size": "Size",
        "snapshot-id": "SnapshotId",
        "status": "State",
        "volume-id": "VolumeId",
        "volume-type": "VolumeType",
    },
    tags="Tags",
    aliases={"availabilityZone": "availability-zone"},
)

#: Shown where nothing tells when a volume was made.
UNKNOWN_TIME = datetime.fromtimestamp(0, UTC)

_STATES = {
    VolumeState.CREATING: "creating",
    VolumeState.AVAILABLE: "available",
    VolumeState.DELETING: "deleting",
    VolumeState.ERROR: "error",
}


@action(
    "DescribeVolumes",
    filters=VOLUMES,
    note="A disk is usable in all zones of its data center; the zone shown is the one that it was made for, else its "
    "machine's, else the first one. "
    "The engine keeps no creation date of disks: its machine's is shown, else 1970-01-01.",
)
async def describe_volumes(request: Ec2Request) -> dict[str, Any]:
    """The disks of the scope."""
    matches = request.matcher(VOLUMES)
    return request.listing("Volumes", await volume_rows(request), matches, "VolumeId")


async def volume_rows(request: Ec2Request) -> list[dict[str, Any]]:
    """The disks of the scope, or those of the parameter VolumeIds, as EC2 shows them."""
    texts = request.get("VolumeIds", ())
    natives = await native_ids(request, "vol", texts) if texts else ()
    (volumes, attached), zones, tags = await asyncio.gather(
        _volumes_and_machines(request, natives), request.services.zones.zones(request.context), stored_tags(request)
    )
    request.learn("vol", (volume.id for volume in volumes))
    return [volume_row(request, volume, attached, zones, tags) async for volume in paced(volumes)]


async def _volumes_and_machines(
    request: Ec2Request, natives: Sequence[str]
) -> tuple[Sequence[Volume], dict[str, Instance]]:
    """The disks and, by id, the machines they are plugged into; for a few disks only their machines are read."""
    if natives:
        volumes = await request.services.volumes.list(request.context, ids=natives)
        views = await machines(request, _machines(volumes))
    else:
        volumes, everything = await asyncio.gather(
            request.services.volumes.list(request.context), request.services.instances.list(request.context)
        )
        views = list(everything)
    used = _machines(volumes)
    await know_volumes(request, (view for view in views if view.instance.id in used))
    return volumes, {view.instance.id: view.instance for view in views}


def _machines(volumes: Sequence[Volume]) -> set[str]:
    return {plug.instance_id for volume in volumes for plug in (*volume.attachments, *volume.leaving)}


def volume_row(
    request: Ec2Request,
    volume: Volume,
    attached: Mapping[str, Instance],
    zones: list[ZoneView],
    tags: Mapping[str, Mapping[str, str]],
) -> dict[str, Any]:
    """A volume as EC2 shows it. `attached` are the machines at hand by id, `tags` those that the gateway keeps."""
    zone = _zone(volume, attached, zones)
    return {
        "VolumeId": request.id("vol", volume.id),
        "State": volume_state(volume),
        "Size": gibibytes(volume.size),
        "VolumeType": "standard",
        "SnapshotId": request.id("snap", volume.source_id) if volume.source_id else "",
        "AvailabilityZone": request.form.zone(zone),
        "_zones": request.form.zone_names(zone),
        "CreateTime": _created(volume, attached),
        "Encrypted": False,
        "MultiAttachEnabled": volume.shareable,
        "Attachments": [
            *(attachment_row(request, volume, plug, attached) for plug in volume.attachments),
            *(attachment_row(request, volume, plug, attached) | {"State": "detaching"} for plug in volume.leaving),
        ],
        "Tags": merged(volume.tags, tags, store_key("vol", volume.id)),
    }


def volume_state(volume: Volume) -> str:
    """A volume's state in words. The engine locks a disk for many reasons: an attached one is in use all the same."""
    if (volume.attachments or volume.leaving) and volume.state in (VolumeState.AVAILABLE, VolumeState.CREATING):
        return "in-use"
    return _STATES[volume.state]


def _created(volume: Volume, attached: Mapping[str, Instance]) -> datetime:
    """Clients rely on a time (Ansible, Terraform); a cloud that keeps none knows at least its machine's."""
    machines_of = [attached[plug.instance_id] for plug in volume.attachments if plug.instance_id in attached]
    known = [machine.created_at for machine in machines_of if machine.created_at is not None]
    return volume.created_at or min(known, default=UNKNOWN_TIME)


def _zone(volume: Volume, attached: Mapping[str, Instance], zones: list[ZoneView]) -> ZoneView | None:
    own = [view for view in zones if view.zone.id == volume.zone_id]
    if own:
        return own[0]
    wanted = {attached[plug.instance_id].zone_id for plug in volume.attachments if plug.instance_id in attached}
    for view in zones:
        if view.zone.id in wanted:
            return view
    own = [view for view in zones if not volume.data_center_id or view.zone.data_center_id == volume.data_center_id]
    return min(own, key=lambda view: view.name, default=None)


def attachment_row(
    request: Ec2Request, volume: Volume, plug: VolumeAttachment, attached: Mapping[str, Instance]
) -> dict[str, Any]:
    """Where a volume is attached, as EC2 shows it."""
    machine = attached.get(plug.instance_id)
    volumes = {**request.volumes, volume.id: volume}
    devices = attached_devices(machine.disks, machine.id, volumes) if machine else {}
    found: dict[str, Any] = {
        "VolumeId": request.id("vol", volume.id),
        "InstanceId": request.id("i", plug.instance_id),
        "Device": devices.get(volume.id) or plug.device,
        "State": "attaching" if plug.pending else "attached",
        "DeleteOnTermination": not volume.independent,
    }
    since = attached_since(plug, volume, machine)
    if since is not None:
        found["AttachTime"] = since
    return found
