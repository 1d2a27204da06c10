"""Disks as volumes."""

from __future__ import annotations

import builtins
from collections.abc import Sequence

from msgspec import structs

from deltaic.drivers.ovirt import convert, ids, wire
from deltaic.drivers.ovirt.attachments import Attacher
from deltaic.drivers.ovirt.client import Client
from deltaic.drivers.ovirt.disk_making import DiskMaker, sectors
from deltaic.drivers.ovirt.disk_mark import DISK, SNAPSHOT, VOLUME, DiskMark, body_of, made_by, mark_of, name_of
from deltaic.drivers.ovirt.disks import CONTENT_TYPES, DiskReader, Inventory
from deltaic.drivers.ovirt.errors import Subject
from deltaic.drivers.ovirt.storage import Storage
from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind, invalid, not_found
from deltaic.model.storage_domain import StorageDomain
from deltaic.model.volume import Volume, VolumeAttachment, VolumeChanges, VolumeSpec, VolumeState

STATES: dict[str, VolumeState] = {
    "ok": VolumeState.AVAILABLE,
    "locked": VolumeState.CREATING,
    "illegal": VolumeState.ERROR,
    # Direct LUNs have no status.
    "": VolumeState.AVAILABLE,
}


class OvirtVolumes:
    """Data disks that belong to no template. Source page: services/disks, services/disk."""

    def __init__(
        self, client: Client, reader: DiskReader, maker: DiskMaker, attacher: Attacher, storage: Storage
    ) -> None:
        self._client = client
        self._reader = reader
        self._maker = maker
        self._attacher = attacher
        self._storage = storage

    # -- reads -------------------------------------------------------------------------------------------------------

    async def list(self, context: Context, *, ids: Sequence[str] = ()) -> builtins.list[Volume]:
        """List the scope's disks by name, with their attachments."""
        inventory = await self._reader.read(context)
        wanted = {one.lower() for one in ids}
        found = [
            _listed(disk, mark, inventory)
            for disk in inventory.disks
            if (not wanted or disk.id in wanted)
            and disk.content_type in CONTENT_TYPES
            and disk.id not in inventory.template_disks
            and (mark := mark_of(disk)).kind != SNAPSHOT
        ]
        return sorted(found, key=lambda one: (one.name, one.id))

    async def get(self, context: Context, volume_id: str) -> Volume:
        """Read one disk without its attachments."""
        disk, center = await self._one(context, volume_id)
        return volume_of(disk, mark_of(disk), center)

    async def find_marked(self, context: Context, marker: str) -> Sequence[Volume]:
        """Find the disks that this marker made, finished or not."""
        found = await self._reader.made(context, made_by(marker)) if marker else []
        return [volume_of(one, mark, "") for one, mark in found if mark.kind != SNAPSHOT]

    async def storage_domains(self, context: Context) -> Sequence[StorageDomain]:
        """The active data domains of the scope."""
        return await self._storage.active(context)

    # -- verbs -------------------------------------------------------------------------------------------------------

    async def create(self, context: Context, spec: VolumeSpec) -> Volume:
        """Make an empty disk or a copy; it is locked until it is made."""
        if spec.instance_id:
            spec = structs.replace(spec, instance_id=ids.checked("instance", spec.instance_id))
        if not spec.source_id:
            return volume_of(*await self._maker.create(context, spec))
        source, center = await self._reader.one(context, "volume", spec.source_id)
        if spec.size and spec.size < source.provisioned_size:
            raise invalid("size", f"The copy needs at least {source.provisioned_size} bytes", resource="volume")
        kind = DISK if spec.instance_id else VOLUME
        mark = self._maker.mark(kind, spec.marker, spec.created_at, source=source.id, machine=spec.instance_id)
        copy = await self._maker.copy(context, source, spec.name, mark, spec.storage_domain_id, center)
        return volume_of(copy, mark_of(copy), center)

    async def finish(self, context: Context, volume_id: str, spec: VolumeSpec) -> Volume:
        """Give a copy its name, description and size, one call at a time, for the engine locks it again to grow it."""
        disk, center = await self._one(context, volume_id)
        mark = mark_of(disk)
        if disk.status == "ok" and mark.unfinished:
            finished = structs.replace(
                mark, machine=spec.instance_id.lower(), zone=spec.zone_id, boot=spec.bootable, text=spec.description,
                unfinished=False,
            )  # fmt: skip
            body = body_of(spec.name, finished, disk.id)
            if spec.size and sectors(spec.size) > disk.provisioned_size:
                body["provisioned_size"] = str(sectors(spec.size))
            await self._change(context, disk.id, body)
            disk, center = await self._one(context, volume_id)
        return volume_of(disk, mark_of(disk), center)

    async def update(self, context: Context, volume_id: str, changes: VolumeChanges) -> None:
        """Change members: the name and what the mark holds are written together."""
        disk, _ = await self._one(context, volume_id)
        mark = mark_of(disk)
        if mark.unfinished or disk.status == "locked":
            raise Error(ErrorKind.BUSY, "The volume is locked", resource="volume", resource_id=disk.id)
        body = self._changed(disk, mark, changes)
        if changes.size is not None and sectors(changes.size) != disk.provisioned_size:
            if changes.size < disk.provisioned_size:
                raise invalid("size", "A volume can't become smaller", resource="volume")
            body["provisioned_size"] = str(sectors(changes.size))
        if body:
            await self._change(context, disk.id, body)

    async def delete(self, context: Context, volume_id: str) -> None:
        """Remove a disk."""
        disk, _ = await self._one(context, volume_id)
        await self._client.remove(context, f"disks/{disk.id}", subject=Subject("volume", disk.id))

    async def attach(
        self, context: Context, volume_id: str, instance_id: str, *, device: str = "", boot: bool = False,
        active: bool = True, own: bool = False,
    ) -> None:  # fmt: skip
        """Attach a disk."""
        disk, _ = await self._one(context, volume_id)
        if not own and not disk.shareable and mark_of(disk).kind != VOLUME:
            # Marked first and refused then, another machine's own disk would stand for itself.
            wanted = ids.checked("instance", instance_id)
            if any(vm_id != wanted for vm_id, _ in await self._reader.users(context, disk.id)):
                message = f"The disk '{disk.id}' is attached to another machine"
                raise Error(ErrorKind.IN_USE, message, resource="volume", resource_id=disk.id)
        await self._attacher.attach(context, disk, instance_id, device=device, boot=boot, active=active, own=own)

    async def detach(self, context: Context, volume_id: str, instance_id: str) -> None:
        """Detach a disk."""
        disk, _ = await self._one(context, volume_id)
        await self._attacher.detach(context, disk, instance_id)

    # -- inner -------------------------------------------------------------------------------------------------------

    async def _one(self, context: Context, volume_id: str) -> tuple[wire.Disk, str]:
        disk, center = await self._reader.one(context, "volume", volume_id)
        if mark_of(disk).kind == SNAPSHOT:
            raise not_found("volume", volume_id)
        return disk, center

    async def _change(self, context: Context, disk_id: str, body: dict[str, str]) -> None:
        await self._client.update(context, f"disks/{disk_id}", body, wire.Disk, subject=Subject("volume", disk_id))

    def _changed(self, disk: wire.Disk, mark: DiskMark, changes: VolumeChanges) -> dict[str, str]:
        """Alias and description where they change. A disk that has no mark gets none for a name or a text."""
        before = name_of(disk, mark)
        name = before if changes.name is None else changes.name
        text = mark.text if changes.description is None else changes.description
        device = mark.device if changes.device is None else changes.device
        if (name, text, device) == (before, mark.text, mark.device):
            return {}
        return body_of(name, structs.replace(mark, text=text, device=device), disk.id)


def volume_of(disk: wire.Disk, mark: DiskMark, data_center_id: str) -> Volume:
    """A disk as a volume, without its attachments."""
    creating = mark.unfinished and disk.status == "ok"
    return Volume(
        id=disk.id,
        name=name_of(disk, mark),
        state=VolumeState.CREATING if creating else STATES.get(disk.status, VolumeState.ERROR),
        size=disk.provisioned_size,
        used=disk.actual_size,
        description=mark.text,
        format=disk.format,
        bootable=mark.boot,
        shareable=disk.shareable,
        storage_domain_id=next((one.id for one in disk.storage_domains.storage_domain), ""),
        data_center_id=data_center_id,
        created_at=convert.time_of(mark.created * 1000) if mark.created else None,
        kept=mark.kind == VOLUME,
        instance_id=mark.machine if mark.kind == DISK else "",
        source_id=mark.source,
        zone_id=mark.zone,
        made=mark.made,
    )


def _listed(disk: wire.Disk, mark: DiskMark, inventory: Inventory) -> Volume:
    attached = inventory.attachments.get(disk.id, [])
    found = volume_of(disk, mark, inventory.center_of(disk))
    return structs.replace(
        found,
        bootable=found.bootable or any(one.bootable for _, one in attached),
        # The disk of a machine that is gone without it is on its own.
        instance_id=found.instance_id if found.instance_id in inventory.machines else "",
        attachments=tuple(
            VolumeAttachment(
                instance_id=vm_id, device=mark.device or one.logical_name, boot=one.bootable, active=one.active
            )
            for vm_id, one in attached
        ),
    )
