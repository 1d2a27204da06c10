"""What a cloud in memory measures and remembers: figures and events that tests put there."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from datetime import datetime

from deltaic.model.context import Context
from deltaic.model.errors import Error, not_found
from deltaic.model.event import Event
from deltaic.model.metric import Metric


class FakeMetrics:
    """`figures` by the id of a machine or disk; `fault` strikes every read while it is set; `reads` lists them."""

    def __init__(self) -> None:
        self.figures: dict[str, list[Metric]] = {}
        self.fault: Error | None = None
        self.reads: list[str] = []

    async def read(self, context: Context, instance_id: str) -> Sequence[Metric]:
        return self._read("instance", instance_id)

    async def read_volume(self, context: Context, volume_id: str) -> Sequence[Metric]:
        return self._read("volume", volume_id)

    def _read(self, resource: str, wanted: str) -> Sequence[Metric]:
        self.reads.append(wanted)
        if self.fault is not None:
            raise self.fault
        if wanted not in self.figures:
            raise not_found(resource, wanted)
        return list(self.figures[wanted])


class FakeEvents:
    """`rows` newest first; `calls` counts the reads."""

    def __init__(self) -> None:
        self.rows: list[Event] = []
        self.calls = 0

    async def list(
        self,
        context: Context,
        *,
        instance_ids: Sequence[str] = (),
        since: datetime | None = None,
        limit: int = 1000,
        after: str = "",
    ) -> builtins.list[Event]:
        self.calls += 1
        found = [
            one
            for one in self.rows
            if (not instance_ids or one.instance_id in instance_ids)
            and (since is None or one.time >= since)
            and (not after or int(one.id) > int(after))
        ]
        return found[:limit]
