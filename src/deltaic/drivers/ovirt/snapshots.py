"""Snapshots: floating disks that carry the mark of one."""

from __future__ import annotations

import asyncio
import builtins
from collections.abc import Sequence

from msgspec import structs

from deltaic.drivers.ovirt import convert, search, wire
from deltaic.drivers.ovirt.client import Client
from deltaic.drivers.ovirt.disk_making import DiskMaker
from deltaic.drivers.ovirt.disk_mark import SNAPSHOT, DiskMark, body_of, made_by, mark_of, name_of, renamed
from deltaic.drivers.ovirt.disks import DiskReader
from deltaic.drivers.ovirt.errors import Subject
from deltaic.drivers.ovirt.live_copy import LiveCopier
from deltaic.drivers.ovirt.lookups import Lookups
from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind, not_found
from deltaic.model.snapshot import Snapshot, SnapshotChanges, SnapshotSpec, SnapshotState

STATES: dict[str, SnapshotState] = {
    "ok": SnapshotState.COMPLETED,
    "locked": SnapshotState.PENDING,
    "illegal": SnapshotState.ERROR,
}


class OvirtSnapshots:
    """The engine's own snapshots belong to machines and die with them, so a snapshot is an independent copy."""

    def __init__(self, client: Client, lookups: Lookups, reader: DiskReader, maker: DiskMaker) -> None:
        self._client = client
        self._lookups = lookups
        self._reader = reader
        self._maker = maker
        self._live = LiveCopier(client, reader)

    async def list(self, context: Context, *, ids: Sequence[str] = ()) -> builtins.list[Snapshot]:
        """List the scope's snapshots by name."""
        place = await self._lookups.place(context)
        query = {"search": search.disks_in_data_center(place.name)}
        found, names = await asyncio.gather(
            self._client.read(context, "disks", wire.Disks, query=query), self._live.copies(context)
        )
        wanted = {one.lower() for one in ids}
        disks = [renamed(disk, names.get(disk.id, "")) for disk in found.disk]
        snapshots = [
            _snapshot(disk, mark)
            for disk in disks
            if (not wanted or disk.id in wanted) and (mark := mark_of(disk)).kind == SNAPSHOT
        ]
        return sorted(snapshots, key=lambda one: (one.name, one.id))

    async def get(self, context: Context, snapshot_id: str) -> Snapshot:
        """Read one snapshot."""
        disk, mark = await self._one(context, snapshot_id)
        return _snapshot(disk, mark)

    async def find_marked(self, context: Context, marker: str) -> Sequence[Snapshot]:
        """Find the copies that this marker made, finished or not."""
        found = await self._reader.made(context, made_by(marker)) if marker else []
        return [_snapshot(disk, mark) for disk, mark in found if mark.kind == SNAPSHOT]

    async def create(self, context: Context, spec: SnapshotSpec) -> Snapshot:
        """Copy the volume's disk; while a running machine has it plugged, by way of a helper."""
        source, center = await self._reader.one(context, "volume", spec.volume_id)
        if mark_of(source).kind == SNAPSHOT:
            raise not_found("volume", spec.volume_id)
        mark = self._maker.mark(SNAPSHOT, spec.marker, spec.created_at, source=source.id)
        try:
            copy = await self._maker.copy(context, source, spec.name, mark, "", center)
        except Error as error:
            if error.kind is not ErrorKind.IN_USE:
                raise
            copy = await self._live.copy(context, source, spec.name, mark)
        return _snapshot(copy, mark_of(copy))

    async def finish(self, context: Context, snapshot_id: str, spec: SnapshotSpec) -> Snapshot:
        """Give the copy its name, its description and its mark."""
        disk, mark = await self._one(context, snapshot_id)
        if disk.status == "ok" and mark.unfinished:
            if not await self._live.clear(context, disk.id, mark):
                return _snapshot(disk, mark)
            boot = spec.bootable
            if boot is None:
                source = await self._source(context, mark)
                boot = source is not None and mark_of(source).boot
            await self._write(context, disk, spec.name, structs.replace(mark, text=spec.description, boot=boot))
            disk, mark = await self._one(context, snapshot_id)
        return _snapshot(disk, mark)

    async def update(self, context: Context, snapshot_id: str, changes: SnapshotChanges) -> None:
        """Change members."""
        disk, mark = await self._one(context, snapshot_id)
        if mark.unfinished or disk.status == "locked":
            raise Error(ErrorKind.BUSY, "The snapshot is locked", resource="snapshot", resource_id=disk.id)
        before = name_of(disk, mark)
        name = before if changes.name is None else changes.name
        text = mark.text if changes.description is None else changes.description
        boot = mark.boot if changes.bootable is None else changes.bootable
        if (name, text, boot) != (before, mark.text, mark.boot):
            await self._write(context, disk, name, structs.replace(mark, text=text, boot=boot))

    async def delete(self, context: Context, snapshot_id: str) -> None:
        """Remove a snapshot."""
        disk, _ = await self._one(context, snapshot_id)
        await self._client.remove(context, f"disks/{disk.id}", subject=Subject("snapshot", disk.id))

    async def withdraw(self, context: Context, spec: SnapshotSpec) -> None:
        """Take away what a creation that failed left behind."""
        mark = self._maker.mark(SNAPSHOT, spec.marker, spec.created_at, source=spec.volume_id.lower())
        if not await self._live.clear(context, "", mark):
            raise Error(ErrorKind.BUSY, "The rest of a snapshot is being removed", resource="volume")

    async def _one(self, context: Context, snapshot_id: str) -> tuple[wire.Disk, DiskMark]:
        disk, _ = await self._reader.one(context, "snapshot", snapshot_id)
        mark = mark_of(disk)
        if mark.kind != SNAPSHOT:
            # The copy of a disk in use, which has its name only when it is made.
            disk = renamed(disk, (await self._live.copies(context)).get(disk.id, ""))
            mark = mark_of(disk)
        if mark.kind != SNAPSHOT:
            raise not_found("snapshot", snapshot_id)
        return disk, mark

    async def _source(self, context: Context, mark: DiskMark) -> wire.Disk | None:
        try:
            return (await self._reader.one(context, "volume", mark.source))[0]
        except Error as error:
            if error.kind is ErrorKind.NOT_FOUND:
                return None
            raise

    async def _write(self, context: Context, disk: wire.Disk, name: str, mark: DiskMark) -> None:
        body = body_of(name, mark, disk.id)
        await self._client.update(context, f"disks/{disk.id}", body, wire.Disk, subject=Subject("snapshot", disk.id))


def _snapshot(disk: wire.Disk, mark: DiskMark) -> Snapshot:
    making = mark.unfinished and disk.status == "ok"
    return Snapshot(
        id=disk.id,
        name=name_of(disk, mark),
        state=SnapshotState.PENDING if making else STATES.get(disk.status, SnapshotState.ERROR),
        size=disk.provisioned_size,
        volume_id=mark.source,
        description=mark.text,
        created_at=convert.time_of(mark.created * 1000) if mark.created else None,
        bootable=mark.boot,
        made=mark.made,
    )
