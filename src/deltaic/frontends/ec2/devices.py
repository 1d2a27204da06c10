"""Device names: that which a volume was attached under, and for a machine's own disks their place."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from deltaic.model.image import ImageDisk
from deltaic.model.instance import DiskAttachment, Instance
from deltaic.model.volume import Volume, VolumeAttachment

ROOT = "/dev/vda"
_NAME: Final = re.compile(r"(/dev/)?(sd|xvd|vd|hd)[a-z]{1,2}\d{0,2}")


def is_device_name(text: str) -> bool:
    """Whether a disk may be called so: `/dev/sdf`, `xvdba`, `/dev/vdb`."""
    return _NAME.fullmatch(text) is not None


def device_name(index: int) -> str:
    """`/dev/vda`, `/dev/vdb` ... `/dev/vdz`, `/dev/vdaa`."""
    letters = ""
    index += 1
    while index:
        index, digit = divmod(index - 1, 26)
        letters = chr(ord("a") + digit) + letters
    return f"/dev/vd{letters}"


def attached_devices(
    disks: Sequence[DiskAttachment], instance_id: str = "", volumes: Mapping[str, Volume] | None = None
) -> dict[str, str]:
    """Device name by disk id, the boot disk first: it is the root device, the others follow in order of their ids.

    A volume that stands for itself has the name that it was attached under. All others take the free names in their
    order, which doesn't depend on what the guest reports, so that a name never changes by a boot.
    """
    ordered = sorted(disks, key=lambda disk: (not disk.boot, disk.disk_id))
    given = {disk.disk_id: _given(disk, instance_id, (volumes or {}).get(disk.disk_id)) for disk in ordered}
    taken = set(given.values())
    free = (name for index in range(len(ordered) * 2) if (name := device_name(index)) not in taken)
    return {disk_id: name or next(free) for disk_id, name in given.items()}


def root_of(disks: Sequence[DiskAttachment], devices: Mapping[str, str]) -> str:
    """The device name of a machine's root disk; empty for a machine without disks."""
    boot = next((devices[disk.disk_id] for disk in disks if disk.boot), "")
    return boot or (ROOT if devices else "")


def attached_since(plug: VolumeAttachment | None, volume: Volume | None, machine: Instance | None) -> datetime | None:
    """When a disk was attached: where no cloud tells, not before its machine and, beside the root, the volume was."""
    if plug is not None and plug.attached_at is not None:
        return plug.attached_at
    own = volume.created_at if volume is not None and plug is not None and not plug.boot else None
    known = [time for time in (own, machine.created_at if machine else None) if time is not None]
    return max(known, default=None)


def _given(disk: DiskAttachment, instance_id: str, volume: Volume | None) -> str:
    if disk.boot or volume is None or not (volume.kept or volume.instance_id):
        return ""
    plugs = (*volume.attachments, *volume.leaving)
    return next((plug.device for plug in plugs if plug.instance_id == instance_id), "")


def image_devices(disks: Sequence[ImageDisk]) -> dict[str, str]:
    """Device name by disk id of an image, by the same rule."""
    ordered = sorted(disks, key=lambda disk: (not disk.boot, disk.id))
    return {disk.id: device_name(index) for index, disk in enumerate(ordered)}


def gibibytes(size: int) -> int:
    """A size in bytes as whole GiB, rounded up."""
    return -(-size // (1 << 30))
