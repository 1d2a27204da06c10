"""Storage snapshots: copies of a volume's content that do not depend on it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from deltaic.frontends.deltacloud.call import Call
from deltaic.frontends.deltacloud.moments import moment
from deltaic.model.errors import not_found
from deltaic.model.snapshot import Snapshot, SnapshotSpec, SnapshotState
from deltaic.protocols.deltacloud.families.links import Link
from deltaic.protocols.deltacloud.families.storage import StorageSnapshot
from deltaic.protocols.deltacloud.parameters import required

_STATES: Final = {
    SnapshotState.PENDING: "PENDING",
    SnapshotState.COMPLETED: "COMPLETED",
    SnapshotState.ERROR: "ERROR",
}


async def index(call: Call) -> Sequence[StorageSnapshot]:
    """The snapshots; `id` chooses among them."""
    found = await call.services.snapshots.list(call.context)
    return [storage_snapshot(call, one) for one in found if call.get("id") in ("", one.id)]


async def show(call: Call, wanted: str) -> StorageSnapshot:
    """One snapshot."""
    for one in await call.services.snapshots.list(call.context):
        if one.id == wanted:
            return storage_snapshot(call, one)
    raise not_found("storage_snapshot", wanted)


async def create(call: Call) -> StorageSnapshot:
    """Copy the content of `volume_id`."""
    spec = SnapshotSpec(
        required(call.parameters, "volume_id").strip(), call.get("name") or "snapshot", call.get("description")
    )
    return storage_snapshot(call, await call.services.snapshots.create(call.context, spec))


async def destroy(call: Call, wanted: str) -> None:
    """Remove a snapshot; volumes made from it stay."""
    await show(call, wanted)
    await call.services.snapshots.delete(call.context, wanted)


def storage_snapshot(call: Call, snapshot: Snapshot) -> StorageSnapshot:
    """A snapshot."""
    return StorageSnapshot(
        snapshot.id,
        call.links.to("storage_snapshots", snapshot.id),
        snapshot.name,
        _STATES[snapshot.state],
        call.links.ref("storage_volumes", snapshot.volume_id) if snapshot.volume_id else None,
        moment(snapshot.created_at),
        snapshot.description,
        tuple(_actions(call, snapshot)),
    )


def _actions(call: Call, snapshot: Snapshot) -> Iterator[Link]:
    can = call.capability
    if can.volumes_create_with_source and snapshot.state is SnapshotState.COMPLETED:
        yield Link("create_volume", call.links.to("storage_volumes", snapshot_id=snapshot.id))
    if can.snapshots_delete:
        yield call.links.destroy("storage_snapshots", snapshot.id)
