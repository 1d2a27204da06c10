"""Storage volumes: disks, attached or floating."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from deltaic.frontends.deltacloud.call import Call
from deltaic.frontends.deltacloud.moments import moment
from deltaic.frontends.deltacloud.texts import Later, Viewer
from deltaic.model.errors import Error, ErrorKind, invalid, not_found
from deltaic.model.volume import Volume, VolumeSpec, VolumeState
from deltaic.model.zone import Zone
from deltaic.protocols.deltacloud.families.links import Link
from deltaic.protocols.deltacloud.families.storage import StorageVolume
from deltaic.protocols.deltacloud.parameters import number, required

GIGABYTE: Final = 1 << 30
#: The original's default, in GB.
DEFAULT_CAPACITY: Final = 1
_LARGEST: Final = 65536

_STATES: Final = {
    VolumeState.CREATING: "PENDING",
    VolumeState.AVAILABLE: "AVAILABLE",
    VolumeState.ERROR: "ERROR",
}


async def index(call: Call) -> Sequence[Later]:
    """The volumes; `id` and `state` choose among them."""
    zones = await _zones(call)
    id_, state = call.get("id"), call.get("state").upper()
    return [
        Later(one.id, storage_volume, (one, _realm(one, zones)))
        for one in await call.services.volumes.list(call.context)
        if one.state is not VolumeState.DELETING and id_ in ("", one.id) and state in ("", _state(one))
    ]


async def show(call: Call, wanted: str) -> StorageVolume:
    """One volume."""
    return await _shown(call, await _one(call, wanted))


async def create(call: Call) -> StorageVolume:
    """Make a volume of `capacity` GB, or from a snapshot."""
    size = number(call.parameters, "capacity")
    snapshot = call.get("snapshot_id")
    if size is None:
        size = 0 if snapshot else DEFAULT_CAPACITY
    if size > _LARGEST or (size <= 0 and not snapshot):
        raise invalid("capacity", f"The capacity is above 0 and at most {_LARGEST} GB")
    spec = VolumeSpec(
        name=call.get("name") or "volume",
        size=round(size * GIGABYTE),
        description=call.get("description"),
        source_id=snapshot,
        data_center_id=await _data_center(call, call.get("realm_id")),
    )
    return await _shown(call, await call.services.volumes.create(call.context, spec))


async def attach(call: Call, wanted: str) -> StorageVolume:
    """Attach a volume to `instance_id`; the `device` is remembered, the guest names its own."""
    instance = required(call.parameters, "instance_id").strip()
    volume = await call.services.volumes.attach(call.context, wanted, instance, device=call.get("device"))
    return await _shown(call, volume)


async def detach(call: Call, wanted: str) -> StorageVolume:
    """Detach a volume from the instance that has it, or from `instance_id` where several may."""
    volume = await _one(call, wanted)
    holders = [one.instance_id for one in volume.attachments]
    instance = call.get("instance_id") or (holders[0] if len(holders) == 1 else "")
    if not instance and holders:
        raise Error(ErrorKind.MISSING, "Several instances have the volume: name one", field="instance_id")
    if instance:
        await call.services.volumes.detach(call.context, wanted, instance)
    return await show(call, wanted)


async def destroy(call: Call, wanted: str) -> None:
    """Remove a volume that no instance has."""
    volume = await _one(call, wanted)
    if volume.attachments:
        raise Error(ErrorKind.CONFLICT, "The volume is attached", resource="volume", resource_id=wanted)
    await call.services.volumes.delete(call.context, wanted)


async def _one(call: Call, wanted: str) -> Volume:
    for one in await call.services.volumes.list(call.context):
        if one.id == wanted and one.state is not VolumeState.DELETING:
            return one
    raise not_found("storage_volume", wanted)


async def _zones(call: Call) -> Sequence[Zone]:
    return [view.zone for view in await call.services.zones.zones(call.context)]


async def _data_center(call: Call, realm: str) -> str:
    """Where a volume is made: clusters have no storage of their own, their data center has."""
    if not realm:
        return ""
    for zone in await _zones(call):
        if realm in (zone.id, zone.name):
            return zone.data_center_id
    raise invalid("realm_id", f"The realm '{realm[:80]}' does not exist")


async def _shown(call: Call, volume: Volume) -> StorageVolume:
    return storage_volume(call.viewer, volume, _realm(volume, await _zones(call)))


def storage_volume(viewer: Viewer, volume: Volume, realm: str) -> StorageVolume:
    """A disk."""
    links = viewer.links
    held = volume.attachments[0] if volume.attachments else None
    return StorageVolume(
        volume.id,
        links.to("storage_volumes", volume.id),
        volume.name,
        _capacity(volume.size),
        _state(volume),
        links.ref("realms", realm),
        moment(volume.created_at),
        volume.description,
        device=held.device if held else "",
        instance=links.ref("instances", held.instance_id) if held else None,
        actions=tuple(_actions(viewer, volume)),
    )


def _state(volume: Volume) -> str:
    if volume.attachments and volume.state is VolumeState.AVAILABLE:
        return "IN-USE"
    return _STATES.get(volume.state, "PENDING")


def _capacity(size: int) -> str:
    """GB as text, without a fraction where there is none."""
    return f"{round(size / GIGABYTE, 3):g}"


def _realm(volume: Volume, zones: Sequence[Zone]) -> str:
    """The first cluster of its data center: every one of them reaches it."""
    own = [zone.id for zone in zones if zone.data_center_id == volume.data_center_id]
    return min(own, default=next((zone.id for zone in zones), ""))


def _actions(viewer: Viewer, volume: Volume) -> Iterator[Link]:
    links, can = viewer.links, viewer.capability
    if volume.state is not VolumeState.AVAILABLE:
        return
    if volume.attachments:
        if can.volumes_attach:
            yield links.action("storage_volumes", volume.id, "detach")
        return
    if can.volumes_attach:
        yield links.action("storage_volumes", volume.id, "attach")
    if can.snapshots_create:
        yield Link("create_snapshot", links.to("storage_snapshots", volume_id=volume.id))
    if can.volumes_delete:
        yield links.destroy("storage_volumes", volume.id)
