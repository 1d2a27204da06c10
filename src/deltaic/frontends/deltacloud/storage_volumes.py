"""Storage volumes: disks, attached or floating."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from deltaic.frontends.deltacloud.call import Call
from deltaic.frontends.deltacloud.moments import moment
from deltaic.model.errors import Error, ErrorKind, invalid, not_found
from deltaic.model.volume import Volume, VolumeSpec, VolumeState
from deltaic.model.zone import Zone
from deltaic.protocols.deltacloud.families.links import Link, Reference
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


async def index(call: Call) -> Sequence[StorageVolume]:
    """The volumes; `id` and `state` choose among them."""
    zones = await _zones(call)
    volumes = await call.services.volumes.list(call.context)
    found = [storage_volume(call, one, zones) for one in volumes if one.state is not VolumeState.DELETING]
    return [one for one in found if call.get("id") in ("", one.id) and call.get("state").upper() in ("", one.state)]


async def show(call: Call, wanted: str) -> StorageVolume:
    """One volume."""
    return storage_volume(call, await _one(call, wanted), await _zones(call))


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
    made = await call.services.volumes.create(call.context, spec)
    return storage_volume(call, made, await _zones(call))


async def attach(call: Call, wanted: str) -> StorageVolume:
    """Attach a volume to `instance_id`; the `device` is remembered, the guest names its own."""
    instance = required(call.parameters, "instance_id").strip()
    volume = await call.services.volumes.attach(call.context, wanted, instance, device=call.get("device"))
    return storage_volume(call, volume, await _zones(call))


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


def storage_volume(call: Call, volume: Volume, zones: Sequence[Zone]) -> StorageVolume:
    """A disk. Its realm is the first cluster of its data center: every one of them reaches it."""
    held = volume.attachments[0] if volume.attachments else None
    return StorageVolume(
        volume.id,
        call.links.to("storage_volumes", volume.id),
        volume.name,
        _capacity(volume.size),
        "IN-USE" if held and volume.state is VolumeState.AVAILABLE else _STATES.get(volume.state, "PENDING"),
        _realm(call, volume, zones),
        moment(volume.created_at),
        volume.description,
        device=held.device if held else "",
        instance=call.links.ref("instances", held.instance_id) if held else None,
        actions=tuple(_actions(call, volume)),
    )


def _capacity(size: int) -> str:
    """GB as text, without a fraction where there is none."""
    return f"{round(size / GIGABYTE, 3):g}"


def _realm(call: Call, volume: Volume, zones: Sequence[Zone]) -> Reference:
    own = [zone.id for zone in zones if zone.data_center_id == volume.data_center_id]
    return call.links.ref("realms", min(own, default=next((zone.id for zone in zones), "")))


def _actions(call: Call, volume: Volume) -> Iterator[Link]:
    can = call.capability
    if volume.state is not VolumeState.AVAILABLE:
        return
    if volume.attachments:
        if can.volumes_attach:
            yield call.links.action("storage_volumes", volume.id, "detach")
        return
    if can.volumes_attach:
        yield call.links.action("storage_volumes", volume.id, "attach")
    if can.snapshots_create:
        yield Link("create_snapshot", call.links.to("storage_snapshots", volume_id=volume.id))
    if can.volumes_delete:
        yield call.links.destroy("storage_volumes", volume.id)
