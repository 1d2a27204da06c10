"""Disks that stand for themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from deltaic.frontends.cimi.call import Call
from deltaic.frontends.cimi.common import Document, common, kilobytes
from deltaic.frontends.cimi.links import Links
from deltaic.frontends.cimi.tree import Owners
from deltaic.model.volume import Volume, VolumeState

STATES: Final = {
    VolumeState.CREATING: "CREATING",
    VolumeState.AVAILABLE: "AVAILABLE",
    VolumeState.DELETING: "DELETING",
    VolumeState.ERROR: "ERROR",
}
#: The only type of volume that the standard names: a block device.
MAPPED: Final = "http://schemas.dmtf.org/cimi/1/mapped"


async def volumes(call: Call, owners: Owners) -> Sequence[Document]:
    """Disks that stand for themselves."""
    found = await call.world.volumes()
    return [volume(call.links, one) for one in found if is_volume(one)]


def is_volume(volume: Volume) -> bool:
    """Whether a disk stands for itself: a floating one, or one that several machines may share."""
    return volume.shareable or not volume.attachments


def volume(links: Links, found: Volume) -> Document:
    """A disk that stands for itself."""
    document = common(links.to("volumes", found.id), found.name, found.description, found.created_at, found.tags)
    return document | {
        "state": STATES[found.state],
        "type": MAPPED,
        "capacity": kilobytes(found.size),
        "bootable": found.bootable,
    }
