"""The store's port for meters: when each is to be looked at next, and what it has measured."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from msgspec import Struct


class Sample(Struct, frozen=True):
    """One figure of a meter, in the unit of its measure. `number` ascends from 1 within a meter."""

    number: int
    taken_at: datetime
    value: float


class Due(Struct, frozen=True):
    """A meter and when it is to be looked at."""

    meter_id: str
    owner: str
    due_at: datetime
    scheduled_at: datetime


class Samples(Protocol):
    """Meters' dates and figures. Several gateways may share them: a date is claimed by one."""

    async def schedule(self, meter_id: str, owner: str, due_at: datetime, now: datetime) -> None:
        """Have a meter looked at; repeating moves the date."""

    async def due(self, now: datetime, limit: int) -> Sequence[Due]:
        """Meters of any owner whose date has come, the longest due first."""

    async def claim(self, due: Due, next_at: datetime) -> bool:
        """Move a date that is still the same; False when another gateway was faster."""

    async def add(self, meter_id: str, taken_at: datetime, value: float, keep: int) -> None:
        """Keep a figure of a scheduled meter, and drop the oldest beyond `keep`; nothing for any other meter."""

    async def list(self, meter_id: str) -> Sequence[Sample]:
        """A meter's figures, oldest first."""

    async def forget(self, meter_id: str) -> None:
        """Drop a meter's date and figures; repeating does nothing."""
