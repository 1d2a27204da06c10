"""Device names: oVirt has none, so disks are named by their place."""

from __future__ import annotations

from collections.abc import Sequence

from deltaic.model.image import ImageDisk
from deltaic.model.instance import DiskAttachment

ROOT = "/dev/vda"


def device_name(index: int) -> str:
    """`/dev/vda`, `/dev/vdb` ... `/dev/vdz`, `/dev/vdaa`."""
    letters = ""
    index += 1
    while index:
        index, digit = divmod(index - 1, 26)
        letters = chr(ord("a") + digit) + letters
    return f"/dev/vd{letters}"


def attached_devices(disks: Sequence[DiskAttachment]) -> dict[str, str]:
    """Device name by disk id: the boot disk is the root device, the others follow in order of their ids.

    The order doesn't depend on what the guest reports, so that a name never changes by a boot.
    """
    ordered = sorted(disks, key=lambda disk: (not disk.boot, disk.disk_id))
    return {disk.disk_id: device_name(index) for index, disk in enumerate(ordered)}


def image_devices(disks: Sequence[ImageDisk]) -> dict[str, str]:
    """Device name by disk id of an image, by the same rule."""
    ordered = sorted(disks, key=lambda disk: (not disk.boot, disk.id))
    return {disk.id: device_name(index) for index, disk in enumerate(ordered)}


def gibibytes(size: int) -> int:
    """A size in bytes as whole GiB, rounded up."""
    return -(-size // (1 << 30))
