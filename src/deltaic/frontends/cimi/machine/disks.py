"""Disks that belong to a machine, and volumes attached to it."""

from __future__ import annotations

from collections.abc import Sequence

from deltaic.frontends.cimi.call import Call
from deltaic.frontends.cimi.common import Document, common, kilobytes, operation
from deltaic.frontends.cimi.links import Links
from deltaic.frontends.cimi.resolver import place_of
from deltaic.frontends.cimi.tree import Owners
from deltaic.frontends.cimi.volume.sizes import bytes_of, renamed
from deltaic.frontends.cimi.volume.volumes import change
from deltaic.model.errors import Error, ErrorKind, not_found
from deltaic.model.instance import Instance, InstanceState
from deltaic.model.volume import Volume, VolumeChanges, VolumeSpec, VolumeState
from deltaic.protocols.cimi.bodies import read_body


async def disks(call: Call, owners: Owners) -> Sequence[Document]:
    """The disks that belong to a machine alone."""
    instance, own = await _attached(call, owners)
    return [call.rendered("Disk", one.id, disk, instance, one) for one in own if not one.independent]


async def add_disk(call: Call, owners: Owners) -> Document:
    """Make a disk of a machine; it is attached once it is made, and goes with the machine."""
    wanted = read_body(call.body, call.content_type, "Disk")
    instance = (await call.world.machine(owners[0])).instance
    spec = VolumeSpec(
        name=str(wanted.get("name") or f"{instance.name}-disk"),
        size=bytes_of(wanted.get("capacity")),
        description=str(wanted.get("description") or ""),
        data_center_id=instance.data_center_id,
        instance_id=instance.id,
        device=str(wanted.get("initialLocation") or ""),
    )
    try:
        made = await call.services.volumes.create(call.context, spec)
    except Error as error:
        raise renamed(error) from None
    return disk(call.links, instance, made)


async def edit_disk(call: Call, owners: Owners, wanted: str, changes: Document) -> None:
    """Change name and description, and let the capacity grow."""
    await change(call, await _own(call, owners, wanted), changes)


async def delete_disk(call: Call, owners: Owners, wanted: str) -> None:
    """Remove a disk with what is on it."""
    await _own(call, owners, wanted)
    await call.services.volumes.delete(call.context, wanted)


async def volumes(call: Call, owners: Owners) -> Sequence[Document]:
    """The attached volumes of a machine."""
    instance, own = await _attached(call, owners)
    return [machine_volume(call.links, instance, one) for one in own if one.independent]


async def attach(call: Call, owners: Owners) -> Document:
    """Attach a volume; one that is attached already stays so."""
    wanted = read_body(call.body, call.content_type, "MachineVolume")
    instance = (await call.world.machine(owners[0])).instance
    href = (wanted.get("volume") or {}).get("href")
    if not href:
        raise Error(ErrorKind.MISSING, "The MachineVolume needs the href of its volume", field="volume")
    volume = await call.world.volume(place_of(call, str(href), "Volume", "volume").id)
    device = str(wanted.get("initialLocation") or "")
    attached = await call.services.volumes.attach(call.context, volume.id, instance.id, device=device)
    return machine_volume(call.links, instance, attached)


async def edit_attachment(call: Call, owners: Owners, wanted: str, changes: Document) -> None:
    """Note another place of the volume in the machine."""
    volume = await _volume(call, owners, wanted)
    place = changes.get("initialLocation") or ""
    if "initialLocation" in changes and place != _device(volume, owners[0]):
        await call.services.volumes.modify(call.context, volume.id, VolumeChanges(device=place))


async def detach(call: Call, owners: Owners, wanted: str) -> None:
    """Detach a volume; it stays."""
    volume = await _volume(call, owners, wanted)
    await call.services.volumes.detach(call.context, volume.id, owners[0])


async def _attached(call: Call, owners: Owners) -> tuple[Instance, list[Volume]]:
    instance = (await call.world.machine(owners[0])).instance
    return instance, _boot_first(await call.world.volumes_of(instance.id))


async def _own(call: Call, owners: Owners, wanted: str) -> Volume:
    return await _one(call, owners, wanted, independent=False)


async def _volume(call: Call, owners: Owners, wanted: str) -> Volume:
    return await _one(call, owners, wanted, independent=True)


async def _one(call: Call, owners: Owners, wanted: str, *, independent: bool) -> Volume:
    for volume in (await _attached(call, owners))[1]:
        if volume.id == wanted and volume.independent is independent:
            return volume
    raise not_found("volume", wanted)


def _boot_first(volumes: Sequence[Volume]) -> list[Volume]:
    """The disks of a machine, the one it boots from first."""
    return sorted(volumes, key=lambda volume: (not volume.bootable, volume.name, volume.id))


def disk(links: Links, instance: Instance, volume: Volume) -> Document:
    """A disk that belongs to one machine. One that runs does not let go of it."""
    uri = links.to("machines", instance.id, "disks", volume.id)
    document = common(uri, volume.name, volume.description, volume.created_at) | {"capacity": kilobytes(volume.size)}
    if device := _device(volume, instance.id):
        document["initialLocation"] = device
    offered = [operation("edit", uri)] if volume.state is VolumeState.AVAILABLE else []
    if instance.state is InstanceState.STOPPED:
        offered.append(operation("delete", uri))
    return document | ({"operations": offered} if offered else {})


def machine_volume(links: Links, instance: Instance, volume: Volume) -> Document:
    """The attachment of a volume."""
    uri = links.to("machines", instance.id, "volumes", volume.id)
    device = _device(volume, instance.id)
    document = common(uri, volume.name) | ({"initialLocation": device} if device else {})
    return document | {
        "volume": links.ref("volumes", volume.id),
        "operations": [operation("edit", uri), operation("delete", uri)],
    }


def _device(volume: Volume, instance_id: str) -> str:
    return next((one.device for one in volume.attachments if one.instance_id == instance_id), "")
