"""When meters are looked at, and what they measured."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, literal, select, update

from deltaic.ports.samples import Due, Sample
from deltaic.store.database import Database
from deltaic.store.tables import meter_dates as dates
from deltaic.store.tables import meter_samples as samples


class SampleTable:
    """Implements `deltaic.ports.samples.Samples`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def schedule(self, meter_id: str, owner: str, due_at: datetime, now: datetime) -> None:
        """Have a meter looked at; repeating moves the date."""
        moved = {"due_at": due_at, "scheduled_at": now}
        statement = self._database.insert(dates).values(meter_id=meter_id, owner=owner, **moved)
        async with self._database.begin() as connection:
            await connection.execute(statement.on_conflict_do_update(index_elements=[dates.c.meter_id], set_=moved))

    async def due(self, now: datetime, limit: int) -> Sequence[Due]:
        """Meters of any owner whose date has come, the longest due first."""
        query = select(dates).where(dates.c.due_at <= now).order_by(dates.c.due_at, dates.c.meter_id).limit(limit)
        async with self._database.begin() as connection:
            rows = (await connection.execute(query)).all()
        return [Due(row.meter_id, row.owner, row.due_at, row.scheduled_at) for row in rows]

    async def claim(self, due: Due, next_at: datetime) -> bool:
        """Move a date that is still the same; False when another gateway was faster."""
        same = update(dates).where(dates.c.meter_id == due.meter_id, dates.c.due_at == due.due_at)
        async with self._database.begin() as connection:
            return (await connection.execute(same.values(due_at=next_at))).rowcount > 0

    async def add(self, meter_id: str, taken_at: datetime, value: float, keep: int) -> None:
        """Keep a figure of a scheduled meter, and drop the oldest beyond `keep`; nothing for any other meter."""
        number = select(func.coalesce(func.max(samples.c.number), 0)).where(samples.c.meter_id == meter_id)
        # From the date's row, which goes with the meter: no figure outlives it.
        row = select(
            dates.c.meter_id,
            number.scalar_subquery() + 1,
            literal(taken_at, samples.c.taken_at.type),
            literal(value, samples.c.value.type),
        ).where(dates.c.meter_id == meter_id)
        columns = ["meter_id", "number", "taken_at", "value"]
        statement = self._database.insert(samples).from_select(columns, row).on_conflict_do_nothing()
        old = delete(samples).where(samples.c.meter_id == meter_id, samples.c.number <= number.scalar_subquery() - keep)
        async with self._database.begin() as connection:
            await connection.execute(statement)
            await connection.execute(old)

    async def list(self, meter_id: str) -> Sequence[Sample]:
        """A meter's figures, oldest first."""
        query = select(samples).where(samples.c.meter_id == meter_id).order_by(samples.c.number)
        async with self._database.begin() as connection:
            rows = (await connection.execute(query)).all()
        return [Sample(row.number, row.taken_at, row.value) for row in rows]

    async def forget(self, meter_id: str) -> None:
        """Drop a meter's date and figures; repeating does nothing."""
        async with self._database.begin() as connection:
            for table in (dates, samples):
                await connection.execute(delete(table).where(table.c.meter_id == meter_id))
