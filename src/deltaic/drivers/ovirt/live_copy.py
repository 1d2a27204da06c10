"""Copying a disk that a running machine has: through a snapshot of that one disk and a helper machine made of it.

A snapshot of the machine that holds this disk alone -> a helper machine from it, whose one disk is the copy -> name
the copy -> detach it -> delete the helper -> delete the snapshot. The engine names the copy as it likes, and lets
nobody change that while it is made: until then the helper's comment says what the copy will be called. Each call looks
for what earlier ones made, by the names that the creation's marker gives, and does the next part; nothing has to be
remembered between them.
Source pages: services/snapshots, services/vms; reference: snapshots.
"""

from __future__ import annotations

import asyncio
from typing import Any

from deltaic.drivers.ovirt import search, wire, wire_storage
from deltaic.drivers.ovirt.client import Client
from deltaic.drivers.ovirt.disk_mark import HELPER, DiskMark, helped, renamed, unfinished_alias
from deltaic.drivers.ovirt.disks import DiskReader, disk_id
from deltaic.drivers.ovirt.errors import Subject
from deltaic.drivers.ovirt.instance_snapshots import description_of
from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.instance_snapshot import InstanceSnapshotSpec


class LiveCopier:
    """Every call is safe to repeat."""

    def __init__(self, client: Client, reader: DiskReader) -> None:
        self._client = client
        self._reader = reader

    async def copy(self, context: Context, source: wire.Disk, name: str, mark: DiskMark) -> wire.Disk:
        """Begin the copy; BUSY until the helper, and so the copy, is being made."""
        machine = await self._machine(context, source.id)
        snapshot = await self._snapshot(context, machine.id, mark)
        if snapshot is None:
            await self._take(context, machine.id, source.id, mark)
            raise _busy("The machine's snapshot is being made", source.id)
        if snapshot.snapshot_status != "ok":
            raise _busy("The machine's snapshot is being made", source.id)
        if await self._helper(context, mark) is None:
            await self._make_helper(context, machine, snapshot.id, unfinished_alias(name, mark), mark)
        copies = await self.copies(context, _name(mark))
        if not copies:
            raise _busy("The copy is not shown yet", source.id)
        disks = await asyncio.gather(*(self._client.read(context, f"disks/{one}", wire.Disk) for one in copies))
        # A snapshot names one disk, and a machine made of it should have no other.
        copy = disks[0] if len(disks) == 1 else next((one for one in disks if _is_copy(one, source)), None)
        if copy is None:
            message = "The cloud does not tell which of several disks is the copy"
            raise Error(ErrorKind.CONFLICT, message, resource="volume", resource_id=source.id)
        return renamed(copy, copies[copy.id])

    async def copies(self, context: Context, name: str = f"{HELPER}*") -> dict[str, str]:
        """The copies that helpers of this name still have, by id: each with the alias that it will have."""
        query = {"search": f"name={search.quoted(name, 'name')}", "follow": "disk_attachments"}
        return helped((await self._client.read(context, "vms", wire.Vms, query=query)).vm)

    async def clear(self, context: Context, copy_id: str, mark: DiskMark) -> bool:
        """Do the next part of taking the helper and the snapshot away; whether nothing of them is left."""
        helper = await self._helper(context, mark)
        if helper is not None:
            if helper.status == "down":
                await self._drop_helper(context, helper, copy_id)
            return False
        return await self._drop_snapshot(context, mark)

    # -- the machine and its snapshot --------------------------------------------------------------------------------

    async def _machine(self, context: Context, source_id: str) -> wire.Vm:
        """The machine that has the disk; the first by id where several share it."""
        machines = sorted(vm_id for vm_id, _ in await self._reader.users(context, source_id))
        if not machines:
            raise _busy("The volume's machine is not known yet", source_id)
        return await self._client.read(context, f"vms/{machines[0]}", wire.Vm)

    async def _snapshot(self, context: Context, vm_id: str, mark: DiskMark) -> wire_storage.MachineSnapshot | None:
        found = await self._client.read(context, f"vms/{vm_id}/snapshots", wire_storage.MachineSnapshots)
        return next((one for one in found.snapshot if one.description == _description(mark)), None)

    async def _take(self, context: Context, vm_id: str, source_id: str, mark: DiskMark) -> None:
        body = {
            "description": _description(mark),
            # Memory would be saved by default, and the machine paused for it.
            "persist_memorystate": "false",
            "disk_attachments": {"disk_attachment": [{"disk": {"id": source_id}}]},
        }
        subject = Subject("volume", source_id)
        await self._client.create(context, f"vms/{vm_id}/snapshots", body, wire.Ref, subject=subject)

    async def _drop_snapshot(self, context: Context, mark: DiskMark) -> bool:
        for vm_id, _ in await self._reader.users(context, mark.source):
            snapshot = await self._snapshot(context, vm_id, mark)
            if snapshot is None:
                continue
            if snapshot.snapshot_status == "ok":
                path = f"vms/{vm_id}/snapshots/{snapshot.id}"
                await self._client.remove(context, path, subject=Subject("volume", mark.source))
            return False
        return True

    # -- the helper --------------------------------------------------------------------------------------------------

    async def _helper(self, context: Context, mark: DiskMark) -> wire.Vm | None:
        query = {"search": f"name={search.quoted(_name(mark), 'name')}"}
        found = await self._client.read(context, "vms", wire.Vms, query=query)
        return next((vm for vm in found.vm if vm.name == _name(mark)), None)

    async def _make_helper(
        self, context: Context, machine: wire.Vm, snapshot_id: str, alias: str, mark: DiskMark
    ) -> None:
        body: dict[str, Any] = {
            "name": _name(mark),
            "description": "copies a disk, and goes then",
            "comment": alias,
            # The snapshot has it as its machine has it.
            "delete_protected": "false",
            "cluster": {"id": machine.cluster.id},
            "snapshots": {"snapshot": [{"id": snapshot_id}]},
        }
        await self._client.create(context, "vms", body, wire.Vm, subject=Subject("volume", mark.source))

    async def _drop_helper(self, context: Context, helper: wire.Vm, copy_id: str) -> None:
        """Name the copy, detach it, and only then delete the helper: a machine takes its disks with it.

        A helper has one disk. What somebody gave it beside that is detached, too: what is whose can't be told.
        """
        path = f"vms/{helper.id}/diskattachments"
        found = await self._client.read(context, path, wire.DiskAttachments)
        subject = Subject("snapshot", copy_id)
        disks = [disk_id(one) for one in found.disk_attachment]
        if copy_id in disks:
            body = {"name": helper.comment, "alias": helper.comment}
            await self._client.update(context, f"disks/{copy_id}", body, wire.Disk, subject=subject)
        for disk in disks if copy_id or len(disks) > 1 else ():
            await self._client.remove(context, f"{path}/{disk}", subject=subject)
        await self._client.remove(context, f"vms/{helper.id}", subject=subject)


def _is_copy(disk: wire.Disk, source: wire.Disk) -> bool:
    return disk.description == source.description and disk.provisioned_size == source.provisioned_size


def _name(mark: DiskMark) -> str:
    return f"{HELPER}{mark.made}"


def _description(mark: DiskMark) -> str:
    return description_of(InstanceSnapshotSpec("", _name(mark), marker=_name(mark), temporary=True))


def _busy(message: str, volume_id: str) -> Error:
    return Error(ErrorKind.BUSY, message, resource="volume", resource_id=volume_id)
