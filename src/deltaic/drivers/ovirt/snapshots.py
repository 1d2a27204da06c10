"""Snapshots: floating disks that carry the mark of one."""

from __future__ import annotations

from collections.abc import Sequence

from deltaic.drivers.ovirt import convert, search, wire
from deltaic.drivers.ovirt.client import Client
from deltaic.drivers.ovirt.disks import SnapshotMark, snapshot_mark
from deltaic.drivers.ovirt.lookups import Lookups
from deltaic.model.context import Context
from deltaic.model.snapshot import Snapshot, SnapshotState

STATES: dict[str, SnapshotState] = {
    "ok": SnapshotState.COMPLETED,
    "locked": SnapshotState.PENDING,
    "illegal": SnapshotState.ERROR,
}


class OvirtSnapshots:
    """The engine's own snapshots belong to machines and die with them, so a snapshot is an independent copy."""

    def __init__(self, client: Client, lookups: Lookups) -> None:
        self._client = client
        self._lookups = lookups

    async def list(self, context: Context, *, ids: Sequence[str] = ()) -> list[Snapshot]:
        """List the scope's snapshots by name."""
        place = await self._lookups.place(context)
        query = {"search": search.disks_in_data_center(place.name)}
        found = await self._client.read(context, "disks", wire.Disks, query=query)
        wanted = {one.lower() for one in ids}
        snapshots = [
            _snapshot(disk, mark)
            for disk in found.disk
            if (not wanted or disk.id in wanted) and (mark := snapshot_mark(disk)) is not None
        ]
        return sorted(snapshots, key=lambda one: (one.name, one.id))


def _snapshot(disk: wire.Disk, mark: SnapshotMark) -> Snapshot:
    return Snapshot(
        id=disk.id,
        name=disk.alias or disk.name,
        state=STATES.get(disk.status, SnapshotState.ERROR),
        size=disk.provisioned_size,
        volume_id=mark.volume,
        description=mark.text,
        created_at=convert.time_of(mark.created * 1000) if mark.created else None,
    )
