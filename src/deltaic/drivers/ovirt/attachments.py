"""Attaching disks to machines and detaching them. Source page: services/disk_attachments."""

from __future__ import annotations

from msgspec import structs

from deltaic.drivers.ovirt import ids, wire, wire_storage
from deltaic.drivers.ovirt.client import Client
from deltaic.drivers.ovirt.details import Details
from deltaic.drivers.ovirt.disk_mark import DISK, SNAPSHOT, VOLUME, DiskMark, body_of, mark_of, name_of
from deltaic.drivers.ovirt.disks import disk_id
from deltaic.drivers.ovirt.errors import Subject
from deltaic.drivers.ovirt.machines import Machines
from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind, not_found

INTERFACE = "virtio"

#: Statuses in which a machine takes no disk, and which pass.
PASSING = frozenset(
    {
        "image_locked", "wait_for_launch", "powering_up", "powering_down", "reboot_in_progress", "saving_state",
        "restoring_state", "migrating",
    }
)  # fmt: skip


class Attacher:
    """Both ways safe to repeat."""

    def __init__(self, client: Client, machines: Machines, details: Details) -> None:
        self._client = client
        self._machines = machines
        self._details = details

    async def attach(
        self, context: Context, disk: wire.Disk, instance_id: str, *, device: str, boot: bool, active: bool, own: bool
    ) -> None:
        """Mark the disk, then attach it, so that it is never attached as something that it is not."""
        instance_id = await self._in_scope(context, instance_id)
        if await self._attachment(context, disk.id, instance_id) is not None:
            return
        mark = mark_of(disk)
        if mark.kind == SNAPSHOT:
            raise not_found("volume", disk.id)
        if disk.status == "locked" or mark.unfinished:
            raise Error(ErrorKind.BUSY, "The volume is locked", resource="volume", resource_id=disk.id)
        await self._mark(context, disk, _owned(mark, instance_id) if own else _kept(mark), device=device)
        body = {
            "disk": {"id": disk.id},
            "interface": INTERFACE,
            "bootable": "true" if boot else "false",
            "active": "true" if active else "false",
        }
        path = f"vms/{instance_id}/diskattachments"
        try:
            subject = Subject("volume", disk.id)
            await self._client.create(context, path, body, wire.DiskAttachment, subject=subject)
        except Error as error:
            # Somebody was faster with the same wish.
            if error.kind is ErrorKind.IN_USE and await self._attachment(context, disk.id, instance_id) is not None:
                return
            raise await self._explained(context, error, instance_id) from None
        finally:
            self._details.forget(instance_id)

    async def detach(self, context: Context, disk: wire.Disk, instance_id: str) -> None:
        """Mark the disk as one of its own, then detach it."""
        instance_id = await self._in_scope(context, instance_id)
        if await self._attachment(context, disk.id, instance_id) is None:
            return
        if disk.status != "locked":
            await self._mark(context, disk, _kept(mark_of(disk)), device="")
        await self._remove(context, disk.id, instance_id)

    async def release(self, context: Context, instance_id: str) -> None:
        """Detach everything that outlives the machine; BUSY while the machine's snapshots, which hold it, are removed.

        The engine deletes a machine's disks with it, except those that several machines can share.
        """
        subject = Subject("instance", instance_id)
        path = f"vms/{instance_id}/diskattachments"
        query = {"follow": "disk"}
        found = await self._client.read(context, path, wire.DiskAttachments, query=query, subject=subject)
        for one in found.disk_attachment:
            disk = one.disk
            if disk is None or not disk.alias:
                # Whatever was not told is asked for: what is taken for a machine's own disk is lost.
                disk = await self._client.read(context, f"disks/{disk_id(one)}", wire.Disk)
            if mark_of(disk).kind == VOLUME and not disk.shareable:
                await self._release(context, disk.id, instance_id)

    async def _release(self, context: Context, disk: str, instance_id: str) -> None:
        try:
            await self._remove(context, disk, instance_id)
        except Error as error:
            if error.kind is ErrorKind.CONFLICT and await self._drop_snapshot(context, instance_id):
                message = "The machine's snapshots are being removed, for they hold a volume that stays"
                raise Error(ErrorKind.BUSY, message, resource="instance", resource_id=instance_id) from None
            raise

    async def _drop_snapshot(self, context: Context, instance_id: str) -> bool:
        """Begin to remove one snapshot of a machine that goes away; False when there is none."""
        path = f"vms/{instance_id}/snapshots"
        subject = Subject("instance", instance_id)
        found = await self._client.read(context, path, wire_storage.MachineSnapshots, subject=subject)
        there = [one for one in found.snapshot if one.snapshot_type != "active"]
        if there and all(one.snapshot_status != "locked" for one in there):
            newest = max(there, key=lambda one: one.date or 0)
            await self._client.remove(context, f"{path}/{newest.id}", subject=subject)
        return bool(there)

    async def _remove(self, context: Context, disk: str, instance_id: str) -> None:
        path = f"vms/{instance_id}/diskattachments/{disk}"
        try:
            await self._client.remove(context, path, subject=Subject("volume", disk))
        except Error as error:
            if error.kind is ErrorKind.NOT_FOUND:
                return
            raise await self._explained(context, error, instance_id) from None
        finally:
            self._details.forget(instance_id)

    async def _attachment(self, context: Context, disk: str, instance_id: str) -> wire.DiskAttachment | None:
        try:
            return await self._client.read(context, f"vms/{instance_id}/diskattachments/{disk}", wire.DiskAttachment)
        except Error as error:
            if error.kind is ErrorKind.NOT_FOUND:
                return None
            raise

    async def _mark(self, context: Context, disk: wire.Disk, mark: DiskMark, *, device: str) -> None:
        before = mark_of(disk)
        after = structs.replace(mark, device=device)
        if after != before:
            body = body_of(name_of(disk, before), after)
            subject = Subject("volume", disk.id)
            await self._client.update(context, f"disks/{disk.id}", body, wire.Disk, subject=subject)

    async def _explained(self, context: Context, error: Error, instance_id: str) -> Error:
        """A refusal by a state that passes is only a matter of time; the engine's words do not tell."""
        if error.kind is not ErrorKind.CONFLICT:
            return error
        found = await self._machines.one(context, instance_id, details=False)
        if found is None or found.status not in PASSING:
            return error
        return Error(ErrorKind.BUSY, error.message, resource="instance", resource_id=instance_id)

    async def _in_scope(self, context: Context, instance_id: str) -> str:
        instance_id = ids.checked("instance", instance_id)
        if not await self._machines.is_home(context, instance_id):
            raise not_found("instance", instance_id)
        return instance_id


def _kept(mark: DiskMark) -> DiskMark:
    return structs.replace(mark, kind=VOLUME, machine="")


def _owned(mark: DiskMark, instance_id: str) -> DiskMark:
    return structs.replace(mark, kind=DISK, machine=instance_id)
