"""Disks as volumes."""

from __future__ import annotations

from collections.abc import Sequence

from deltaic.drivers.ovirt import wire
from deltaic.drivers.ovirt.disks import CONTENT_TYPES, DiskReader, Inventory, snapshot_mark
from deltaic.model.context import Context
from deltaic.model.volume import Volume, VolumeAttachment, VolumeState

STATES: dict[str, VolumeState] = {
    "ok": VolumeState.AVAILABLE,
    "locked": VolumeState.CREATING,
    "illegal": VolumeState.ERROR,
    # Direct LUNs have no status.
    "": VolumeState.AVAILABLE,
}


class OvirtVolumes:
    """Data disks that belong to no template. Source page: services/disks."""

    def __init__(self, reader: DiskReader) -> None:
        self._reader = reader

    async def list(self, context: Context, *, ids: Sequence[str] = ()) -> list[Volume]:
        """List the scope's disks by name, with their attachments."""
        inventory = await self._reader.read(context)
        wanted = {one.lower() for one in ids}
        found = [
            _volume(disk, inventory)
            for disk in inventory.disks
            if (not wanted or disk.id in wanted) and _is_volume(disk, inventory)
        ]
        return sorted(found, key=lambda one: (one.name, one.id))


def _is_volume(disk: wire.Disk, inventory: Inventory) -> bool:
    return (
        disk.content_type in CONTENT_TYPES and disk.id not in inventory.template_disks and snapshot_mark(disk) is None
    )


def _volume(disk: wire.Disk, inventory: Inventory) -> Volume:
    attached = inventory.attachments.get(disk.id, [])
    return Volume(
        id=disk.id,
        name=disk.alias or disk.name,
        state=STATES.get(disk.status, VolumeState.ERROR),
        size=disk.provisioned_size,
        used=disk.actual_size,
        description=disk.description,
        format=disk.format,
        bootable=any(one.bootable for _, one in attached),
        shareable=disk.shareable,
        storage_domain_id=next((one.id for one in disk.storage_domains.storage_domain), ""),
        data_center_id=inventory.data_center_id,
        attachments=tuple(
            VolumeAttachment(instance_id=vm_id, device=one.logical_name, boot=one.bootable, active=one.active)
            for vm_id, one in attached
        ),
    )
