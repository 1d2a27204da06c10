"""Copying a disk that a running machine has: through a snapshot of that one disk and a helper machine made of it.

A snapshot of the machine that holds this disk alone -> a helper machine from it, whose one disk is the copy -> detach
the copy -> delete the helper -> delete the snapshot. Each call looks for what earlier ones made, by the names that the
creation's marker gives, and does the next part; nothing has to be remembered between them.
Source pages: services/snapshots, services/vms; reference: snapshots.
"""

from __future__ import annotations

from typing import Any

from deltaic.drivers.ovirt import search, wire, wire_storage
from deltaic.drivers.ovirt.client import Client
from deltaic.drivers.ovirt.disk_mark import DiskMark, unfinished_alias
from deltaic.drivers.ovirt.disks import DiskReader, disk_id
from deltaic.drivers.ovirt.errors import Subject
from deltaic.drivers.ovirt.instance_snapshots import description_of
from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.instance_snapshot import InstanceSnapshotSpec

_HELPER = "gw1-snapshot-"


class LiveCopier:
    """Every call is safe to repeat."""

    def __init__(self, client: Client, reader: DiskReader) -> None:
        self._client = client
        self._reader = reader

    async def copy(self, context: Context, source: wire.Disk, name: str, mark: DiskMark) -> wire.Disk:
        """Begin the copy; BUSY until the helper, and so the copy, is being made."""
        alias = unfinished_alias(name, mark)
        machine = await self._machine(context, source.id)
        snapshot = await self._snapshot(context, machine.id, mark)
        if snapshot is None:
            await self._take(context, machine.id, source.id, mark)
            raise _busy("The machine's snapshot is being made", source.id)
        if snapshot.snapshot_status != "ok":
            raise _busy("The machine's snapshot is being made", source.id)
        if await self._helper(context, mark) is None:
            await self._make_helper(context, machine, snapshot.id, source.id, alias, mark)
        found = await self._reader.named(context, alias)
        if found is None:
            raise _busy("The copy is not shown yet", source.id)
        return found

    async def clear(self, context: Context, copy_id: str, mark: DiskMark) -> bool:
        """Do the next part of taking the helper and the snapshot away; whether nothing of them is left."""
        helper = await self._helper(context, mark)
        if helper is not None:
            if helper.status == "down":
                await self._drop_helper(context, helper.id, copy_id)
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
        self, context: Context, machine: wire.Vm, snapshot_id: str, source_id: str, alias: str, mark: DiskMark
    ) -> None:
        body: dict[str, Any] = {
            "name": _name(mark),
            "description": "copies a disk, and goes then",
            "cluster": {"id": machine.cluster.id},
            "snapshots": {"snapshot": [{"id": snapshot_id}]},
            "disk_attachments": {"disk_attachment": [{"disk": {"id": source_id, "name": alias}}]},
        }
        await self._client.create(context, "vms", body, wire.Vm, subject=Subject("volume", source_id))

    async def _drop_helper(self, context: Context, vm_id: str, copy_id: str) -> None:
        """Detach the copy before anything else: a machine takes its disks with it."""
        path = f"vms/{vm_id}/diskattachments"
        found = await self._client.read(context, path, wire.DiskAttachments)
        subject = Subject("snapshot", copy_id)
        if any(disk_id(one) == copy_id for one in found.disk_attachment):
            await self._client.remove(context, f"{path}/{copy_id}", subject=subject)
        await self._client.remove(context, f"vms/{vm_id}", subject=subject)


def _name(mark: DiskMark) -> str:
    return f"{_HELPER}{mark.made}"


def _description(mark: DiskMark) -> str:
    return description_of(InstanceSnapshotSpec("", _name(mark), marker=_name(mark), temporary=True))


def is_helper(name: str) -> bool:
    """Whether a machine of this name is only a step on the way of a copy: nobody's machine."""
    return name.startswith(_HELPER)


def _busy(message: str, volume_id: str) -> Error:
    return Error(ErrorKind.BUSY, message, resource="volume", resource_id=volume_id)
