"""The port of snapshots."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from deltaic.model.context import Context
from deltaic.model.snapshot import Snapshot, SnapshotChanges, SnapshotSpec


class Snapshots(Protocol):
    """Contents of disks at one time."""

    async def list(self, context: Context, *, ids: Sequence[str] = ()) -> list[Snapshot]:
        """List the snapshots of the scope; those of `ids` when given."""

    async def get(self, context: Context, snapshot_id: str) -> Snapshot:
        """Read one snapshot of the scope, cheaply; NOT_FOUND when there is none."""

    async def find_marked(self, context: Context, marker: str) -> Sequence[Snapshot]:
        """Find the snapshots that creations with this marker made; no marker, no snapshot."""

    async def create(self, context: Context, spec: SnapshotSpec) -> Snapshot:
        """Copy a volume's content and return as soon as the cloud accepted: state PENDING.

        A repeated creation with the same marker returns what the first one made. BUSY while the volume is locked,
        or while the cloud has first to do something that takes a while; CONFLICT where it can't be copied now.
        Of `spec.tags` it has what the cloud took with the creation, so that it is never there without them: the
        answer shows them. The others are set afterwards.
        """

    async def finish(self, context: Context, snapshot_id: str, spec: SnapshotSpec) -> Snapshot:
        """Do what is left to do; the snapshot, PENDING until there is nothing left.

        NOT_FOUND when the cloud gave the creation up.
        """

    async def withdraw(self, context: Context, spec: SnapshotSpec) -> None:
        """Take away what a creation that failed left behind beside the snapshot; BUSY until nothing of it is left."""

    async def update(self, context: Context, snapshot_id: str, changes: SnapshotChanges) -> None:
        """Change members; BUSY while locked, or while the cloud would lose the change."""

    async def delete(self, context: Context, snapshot_id: str) -> None:
        """Remove a snapshot; BUSY while locked."""
