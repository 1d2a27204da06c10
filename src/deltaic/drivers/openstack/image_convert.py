"""Images of the image service -> neutral images."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from deltaic.drivers.openstack import image_notes
from deltaic.drivers.openstack.instance_types import MIB
from deltaic.drivers.openstack.storage import GIB
from deltaic.drivers.openstack.times import moment
from deltaic.drivers.openstack.wire_image import Image, mappings
from deltaic.model import image as neutral
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.image import ImageDisk, ImageState

#: Statuses of images that are there. Of the others (`deleted`, `pending_delete`) nothing is left to use.
STATES: Final[dict[str, ImageState]] = {
    "active": ImageState.AVAILABLE,
    "queued": ImageState.PENDING,
    "saving": ImageState.PENDING,
    "uploading": ImageState.PENDING,
    "importing": ImageState.PENDING,
    "killed": ImageState.ERROR,
    # An administrator has withdrawn it.
    "deactivated": ImageState.ERROR,
}

#: Whoever changes an image writes back all that was read of it, its status, too. A change in one of these undoes what
#: the upload writes at the same time, so that it fails or never ends, or is undone by it. Source:
#: glance.api.v2.images (seen in 33.0).
FORGETFUL: Final = frozenset(status for status, state in STATES.items() if state is ImageState.PENDING)

#: Kernels and boot disks: parts of other images.
_PARTS: Final = frozenset({"aki", "ari"})


def is_listed(image: Image) -> bool:
    """Whether an image is there, and one that machines can be made of."""
    return image.status in STATES and image.disk_format not in _PARTS


def require_memory(found: Image) -> None:
    """BUSY while the image service could lose a change of an image, or the image by it."""
    if found.status in FORGETFUL:
        message = f"The image is {found.status}"
        raise Error(ErrorKind.BUSY, message, resource="image", resource_id=found.id)


def image(found: Image, region: str) -> neutral.Image:
    """The neutral form of an image."""
    properties = found.properties
    return neutral.Image(
        id=found.id,
        name=found.name or "",
        state=STATES.get(found.status, ImageState.ERROR),
        description=properties.get(image_notes.DESCRIPTION, ""),
        memory=found.min_ram * MIB,
        architecture=properties.get("hw_architecture") or properties.get("architecture") or "x86_64",
        os_type=_system(properties),
        data_center_ids=(region,) if region else (),
        owner=found.owner or "",
        created_at=moment(found.created_at),
        disks=_disks(found),
        annotation=image_notes.note_of(found),
    )


def _system(properties: Mapping[str, str]) -> str:
    family, name = properties.get("os_type", ""), properties.get("os_distro", "")
    return family if family.lower() == "windows" else name or family


def _disks(found: Image) -> tuple[ImageDisk, ...]:
    """The disks that a machine of the image gets: those of the image's snapshots, else the image itself.

    Of a compressed image old clouds don't tell how large its content is: then it is at least what its owner says.
    """
    noted = mappings(found.properties)
    if noted:
        return tuple(
            ImageDisk(one.snapshot_id or "", (one.volume_size or 0) * GIB, boot=one.boot_index == 0) for one in noted
        )
    size = max(found.min_disk * GIB, found.virtual_size or found.size or 0)
    return (ImageDisk(found.id, size, boot=True),)
