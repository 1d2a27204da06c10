"""Snapshots: contents of disks at one time."""

from __future__ import annotations

from collections.abc import Sequence

from deltaic.model.context import Context
from deltaic.model.snapshot import Snapshot
from deltaic.services.identity import Clouds
from deltaic.services.lookup import require_all


class SnapshotService:
    """The verbs on snapshots."""

    def __init__(self, clouds: Clouds) -> None:
        self._clouds = clouds

    async def list(self, context: Context, ids: Sequence[str] = ()) -> Sequence[Snapshot]:
        """The snapshots of the scope; NOT_FOUND names those of `ids` that are not there."""
        snapshots = await self._clouds.of(context).snapshots.list(context, ids=ids)
        require_all("snapshot", ids, snapshots)
        return snapshots
