"""Dates and figures of meters in memory: a part of the store."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from deltaic.ports.samples import Due, Sample


class FakeSamples:
    def __init__(self) -> None:
        self.dates: dict[str, Due] = {}
        self.rows: dict[str, builtins.list[Sample]] = {}

    async def schedule(self, meter_id: str, owner: str, due_at: datetime, now: datetime) -> None:
        self.dates[meter_id] = Due(meter_id, owner, due_at, now)

    async def due(self, now: datetime, limit: int) -> Sequence[Due]:
        found = [one for one in self.dates.values() if one.due_at <= now]
        return sorted(found, key=lambda one: (one.due_at, one.meter_id))[:limit]

    async def claim(self, due: Due, next_at: datetime) -> bool:
        known = self.dates.get(due.meter_id)
        if known is None or known.due_at != due.due_at:
            return False
        self.dates[due.meter_id] = replace(known, due_at=next_at)
        return True

    async def add(self, meter_id: str, taken_at: datetime, value: float, keep: int) -> None:
        if meter_id in self.dates:
            rows = self.rows.setdefault(meter_id, [])
            rows.append(Sample(rows[-1].number + 1 if rows else 1, taken_at, value))
            del rows[:-keep]

    async def list(self, meter_id: str) -> Sequence[Sample]:
        return list(self.rows.get(meter_id, ()))

    async def forget(self, meter_id: str) -> None:
        self.dates.pop(meter_id, None)
        self.rows.pop(meter_id, None)
