"""Snapshots: contents of disks at one time."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from msgspec.structs import replace

from deltaic.model.context import Context
from deltaic.model.snapshot import Snapshot, SnapshotChanges, SnapshotSpec
from deltaic.services.flows import FlowStarter
from deltaic.services.identity import Clouds
from deltaic.services.lookup import require_all
from deltaic.services.tags import check_tags

CREATE: Final = "snapshot-create"
DELETE: Final = "snapshot-delete"


class SnapshotService:
    """The verbs on snapshots. What goes on after the answer is a durable flow, and already shown as done."""

    def __init__(self, clouds: Clouds, flows: FlowStarter) -> None:
        self._clouds = clouds
        self._flows = flows

    async def list(self, context: Context, ids: Sequence[str] = ()) -> Sequence[Snapshot]:
        """The snapshots of the scope without those being removed; NOT_FOUND names those of `ids` not there."""
        # Before the snapshots: one whose removal ends in between is no longer among them.
        going = await self._flows.under_way(DELETE)
        found = await self._clouds.of(context).snapshots.list(context, ids=ids)
        snapshots = [one for one in found if f"{DELETE}:{one.id}" not in going]
        require_all("snapshot", ids, snapshots)
        return snapshots

    async def create(self, context: Context, spec: SnapshotSpec, tags: Mapping[str, str] | None = None) -> Snapshot:
        """Copy a volume's content and return as soon as the cloud accepted it; `spec.marker` may be left empty."""
        check_tags(tags or {})
        wanted = dict(tags or {})
        spec = replace(spec, marker=spec.marker or secrets.token_hex(16), created_at=int(time.time()), tags=wanted)
        flow_id = f"{CREATE}:{spec.marker}"
        await self._flows.start(context, CREATE, flow_id, {"spec": spec, "tags": wanted})
        return msgspec.json.decode(await self._flows.accepted(context, flow_id), type=Snapshot)

    async def modify(self, context: Context, snapshot_id: str, changes: SnapshotChanges) -> None:
        """Change members at once; BUSY while the snapshot is locked."""
        await self._clouds.of(context).snapshots.update(context, snapshot_id, changes)

    async def delete(self, context: Context, snapshot_id: str) -> None:
        """Remove a snapshot; volumes made from it stay. A lock is waited for after the answer."""
        for snapshot in await self.list(context, [snapshot_id]):
            await self._flows.until_known_by(context, CREATE, snapshot.made)
        flow_id = f"{DELETE}:{snapshot_id}"
        await self._flows.start(context, DELETE, flow_id, {"noun": "snapshot", "id": snapshot_id})
        await self._flows.accepted(context, flow_id)
