"""Storage snapshots: copies of a volume's content that do not depend on it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from deltaic.frontends.deltacloud.call import Call
from deltaic.frontends.deltacloud.moments import moment
from deltaic.frontends.deltacloud.texts import Later, Viewer
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


async def index(call: Call) -> Sequence[Later]:
    """The snapshots; `id` chooses among them."""
    id_, found = call.get("id"), await call.services.snapshots.list(call.context)
    return [Later(one.id, storage_snapshot, (one,)) for one in found if id_ in ("", one.id)]


async def show(call: Call, wanted: str) -> StorageSnapshot:
    """One snapshot."""
    for one in await call.services.snapshots.list(call.context):
        if one.id == wanted:
            return storage_snapshot(call.viewer, one)
    raise not_found("storage_snapshot", wanted)


async def create(call: Call) -> StorageSnapshot:
    """Copy the content of `volume_id`."""
    spec = SnapshotSpec(
        required(call.parameters, "volume_id").strip(), call.get("name") or "snapshot", call.get("description")
    )
    return storage_snapshot(call.viewer, await call.services.snapshots.create(call.context, spec))


async def destroy(call: Call, wanted: str) -> None:
    """Remove a snapshot; volumes made from it stay."""
    await show(call, wanted)
    await call.services.snapshots.delete(call.context, wanted)


def storage_snapshot(viewer: Viewer, snapshot: Snapshot) -> StorageSnapshot:
    """A snapshot."""
    return StorageSnapshot(
        snapshot.id,
        viewer.links.to("storage_snapshots", snapshot.id),
        snapshot.name,
        _STATES[snapshot.state],
        viewer.links.ref("storage_volumes", snapshot.volume_id) if snapshot.volume_id else None,
        moment(snapshot.created_at),
        snapshot.description,
        tuple(_actions(viewer, snapshot)),
    )


def _actions(viewer: Viewer, snapshot: Snapshot) -> Iterator[Link]:
    links, can = viewer.links, viewer.capability
    if can.volumes_create_with_source and snapshot.state is SnapshotState.COMPLETED:
        yield Link("create_volume", links.to("storage_volumes", snapshot_id=snapshot.id))
    if can.snapshots_delete:
        yield links.destroy("storage_snapshots", snapshot.id)
