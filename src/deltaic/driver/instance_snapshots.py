"""The port of instance snapshots."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from deltaic.model.context import Context
from deltaic.model.instance_snapshot import InstanceSnapshot, InstanceSnapshotSpec


class InstanceSnapshots(Protocol):
    """Whole machines at one time."""

    async def list(self, context: Context, instance_ids: Sequence[str] | None) -> list[InstanceSnapshot]:
        """List the snapshots of these machines of the scope, or of all when None, oldest first.

        The number of calls does not grow with the number of snapshots, and hardly with that of machines.
        """

    async def get(self, context: Context, instance_id: str, snapshot_id: str) -> InstanceSnapshot:
        """Read one snapshot; NOT_FOUND when the machine has none such."""

    async def create(self, context: Context, spec: InstanceSnapshotSpec) -> InstanceSnapshot:
        """Take a snapshot and return as soon as the cloud accepted: state PENDING.

        BUSY while the machine is locked or another snapshot is worked on, CONFLICT in a state that has no snapshots.
        """

    async def restore(self, context: Context, instance_id: str, snapshot_id: str, *, memory: bool = False) -> None:
        """Bring a stopped machine back; with `memory` its next start goes on where the snapshot was taken.

        BUSY while locked, CONFLICT while the machine is not stopped.
        """

    async def delete(self, context: Context, instance_id: str, snapshot_id: str) -> None:
        """Remove a snapshot, which the cloud merges into what follows; errors as of `create`."""
