"""Reading snapshots, those behind images included."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from deltaic.frontends.ec2.devices import gibibytes
from deltaic.frontends.ec2.registry import action
from deltaic.frontends.ec2.request import Ec2Request
from deltaic.frontends.ec2.resolve import all_snapshots, native_ids
from deltaic.frontends.ec2.tagging import merged, store_key, stored_tags
from deltaic.model.snapshot import Snapshot, SnapshotState
from deltaic.protocols.aws.filters import FilterTable
from deltaic.protocols.aws.kinds import missing_ids

SNAPSHOTS = FilterTable(
    {
        "description": "Description",
        "encrypted": "Encrypted",
        "owner-alias": "OwnerAlias",
        "owner-id": "OwnerId",
        "progress": "Progress",
        "snapshot-id": "SnapshotId",
        "start-time": "StartTime",
        "status": "State",
        "storage-tier": "StorageTier",
        "volume-id": "VolumeId",
        "volume-size": "VolumeSize",
    },
    tags="Tags",
)

#: AWS's word for "no volume any more", as images' own snapshots have it.
_NO_VOLUME = "vol-ffffffff"
_STATES = {
    SnapshotState.PENDING: "pending",
    SnapshotState.COMPLETED: "completed",
    SnapshotState.ERROR: "error",
}


@action("DescribeSnapshots", filters=SNAPSHOTS, note="Snapshots belong to the caller's account.")
async def describe_snapshots(request: Ec2Request) -> dict[str, Any]:
    """The snapshots of the scope, those behind images included."""
    matches = request.matcher(SNAPSHOTS)
    texts = request.get("SnapshotIds", ())
    natives = set(await native_ids(request, "snap", texts)) if texts else set()
    every, tags = await asyncio.gather(all_snapshots(request), stored_tags(request))
    missing = natives - {snapshot.id for snapshot in every}
    if missing:
        raise missing_ids("snapshot", sorted(request.written.get(native, native) for native in missing))
    snapshots = [snapshot for snapshot in every if not natives or snapshot.id in natives]
    if not (_names_caller(request, "OwnerIds") and _names_caller(request, "RestorableByUserIds")):
        snapshots = []
    rows = [snapshot_row(request, snapshot, tags) for snapshot in snapshots]
    return request.listing("Snapshots", rows, matches, "SnapshotId")


def _names_caller(request: Ec2Request, parameter: str) -> bool:
    wanted = request.get(parameter)
    return wanted is None or any(user in ("self", request.account) for user in wanted)


def snapshot_row(request: Ec2Request, snapshot: Snapshot, tags: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """A snapshot as EC2 shows it; `tags` are those that the gateway keeps."""
    found: dict[str, Any] = {
        "SnapshotId": request.id("snap", snapshot.id),
        "VolumeId": request.id("vol", snapshot.volume_id) if snapshot.volume_id else _NO_VOLUME,
        "State": _STATES[snapshot.state],
        "Progress": "100%" if snapshot.state is SnapshotState.COMPLETED else "0%",
        "OwnerId": request.account,
        "Description": snapshot.description,
        "VolumeSize": gibibytes(snapshot.size),
        "Encrypted": False,
        "StorageTier": "standard",
        "Tags": merged(snapshot.tags, tags, store_key("snap", snapshot.id)),
    }
    if snapshot.created_at is not None:
        found["StartTime"] = snapshot.created_at
    return found
