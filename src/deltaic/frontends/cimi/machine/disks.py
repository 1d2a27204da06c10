"""Disks that belong to a machine, and volumes attached to it."""

from __future__ import annotations

from collections.abc import Sequence

from deltaic.frontends.cimi.call import Call
from deltaic.frontends.cimi.common import Document, common, kilobytes
from deltaic.frontends.cimi.links import Links
from deltaic.frontends.cimi.tree import Owners
from deltaic.frontends.cimi.volume.volumes import is_volume
from deltaic.model.instance import Instance
from deltaic.model.volume import Volume


async def disks(call: Call, owners: Owners) -> Sequence[Document]:
    """The disks that belong to a machine alone."""
    instance, own = await _attached(call, owners)
    return [call.rendered("Disk", one.id, disk, instance, one) for one in own if not is_volume(one)]


async def volumes(call: Call, owners: Owners) -> Sequence[Document]:
    """The attached volumes of a machine."""
    instance, own = await _attached(call, owners)
    return [machine_volume(call.links, instance, one) for one in own if is_volume(one)]


async def _attached(call: Call, owners: Owners) -> tuple[Instance, list[Volume]]:
    instance = (await call.world.machine(owners[0])).instance
    return instance, _boot_first(await call.world.volumes_of(instance.id))


def _boot_first(volumes: Sequence[Volume]) -> list[Volume]:
    """The disks of a machine, the one it boots from first."""
    return sorted(volumes, key=lambda volume: (not volume.bootable, volume.name, volume.id))


def disk(links: Links, instance: Instance, volume: Volume) -> Document:
    """A disk that belongs to one machine."""
    uri = links.to("machines", instance.id, "disks", volume.id)
    return common(uri, volume.name, volume.description, volume.created_at) | {"capacity": kilobytes(volume.size)}


def machine_volume(links: Links, instance: Instance, volume: Volume) -> Document:
    """The attachment of a volume."""
    uri = links.to("machines", instance.id, "volumes", volume.id)
    device = next((one.device for one in volume.attachments if one.instance_id == instance.id), "")
    place = {"initialLocation": device} if device else {}
    return common(uri, volume.name) | place | {"volume": links.ref("volumes", volume.id)}
