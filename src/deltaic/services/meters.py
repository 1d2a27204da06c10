"""Meters that callers make: kept with the store's records, sampled in the background by whichever gateway is free."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final

from msgspec.structs import replace

from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind, invalid, not_found
from deltaic.model.meter import KIND, MEASURES, Meter, MeterSpec, decoded, encoded
from deltaic.ports.samples import Sample
from deltaic.ports.store import Record, Store
from deltaic.services.identity import now
from deltaic.services.records import RecordService

#: The shortest interval in seconds: engines do not measure more often.
SHORTEST_INTERVAL: Final = 15
#: The longest: a year.
LONGEST_INTERVAL: Final = 366 * 24 * 3600
#: Meters of one user.
MOST_METERS: Final = 100
#: A meter that does not run is looked at now and then: it goes with what it measured.
IDLE: Final = timedelta(hours=1)

MeterEdit = Callable[[Meter], Meter]


class MeterService:
    """The verbs on a caller's meters: nobody else sees them."""

    def __init__(
        self, store: Store, records: RecordService, *, shortest: int = SHORTEST_INTERVAL, most: int = MOST_METERS
    ) -> None:
        self._store = store
        self._records = records
        self.shortest = shortest
        self._most = most

    async def list(self, context: Context) -> Sequence[Meter]:
        """The caller's meters, oldest first."""
        found = [_meter(record) for record in await self._records.list(context, KIND)]
        return [meter for meter in found if not meter.expired(now())]

    async def get(self, context: Context, meter_id: str) -> Meter:
        """One of them; NOT_FOUND."""
        meter = _meter(await self._records.get(context, KIND, meter_id))
        if meter.expired(now()):
            raise not_found("meter", meter_id)
        return meter

    async def create(self, context: Context, spec: MeterSpec) -> Meter:
        """Make a meter, which runs from now on; INVALID names a wrong member of the spec, QUOTA for too many."""
        self._check(spec)
        if len(await self._records.list(context, KIND)) >= self._most:
            raise Error(ErrorKind.QUOTA, f"No more than {self._most} meters can be kept", resource="meter")
        at = now()
        meter = _worked_for(context, Meter(id=str(uuid.uuid4()), spec=spec, created_at=at, updated_at=at))
        await self._remember(context)
        # The date comes first: one without a meter is dropped, a meter without a date would never be looked at.
        await self._store.samples.schedule(meter.id, context.owner, at, at)
        return _meter(await self._records.create(context, KIND, encoded(meter), meter.id))

    async def start(self, context: Context, meter_id: str) -> Meter:
        """Let a meter run again, with the caller's login as it is now; nothing happens to one that runs."""
        if (await self.get(context, meter_id)).running:
            return await self.get(context, meter_id)
        await self._remember(context)
        meter = await self.edit(
            context, meter_id, lambda old: _worked_for(context, replace(old, running=True, stopped_at=None))
        )
        await self._store.samples.schedule(meter_id, context.owner, now(), now())
        return meter

    async def stop(self, context: Context, meter_id: str) -> Meter:
        """Take no more samples; those there are stay. Nothing happens to a meter that does not run."""
        at = now()
        meter = await self.edit(
            context, meter_id, lambda old: replace(old, running=False, stopped_at=at) if old.running else old
        )
        await self._store.samples.schedule(meter_id, context.owner, at + IDLE, at)
        return meter

    async def edit(self, context: Context, meter_id: str, edit: MeterEdit) -> Meter:
        """Change a meter through `edit`, a pure function; INVALID, NOT_FOUND."""
        await self.get(context, meter_id)

        def change(content: bytes) -> bytes:
            old = decoded(content)
            changed = edit(old)
            # One from before the limits changed can still be stopped.
            if changed.spec.interval != old.spec.interval:
                self._check(changed.spec)
            return encoded(changed)

        return _meter(await self._records.edit(context, KIND, meter_id, change))

    async def delete(self, context: Context, meter_id: str) -> None:
        """Drop a meter and its samples; NOT_FOUND."""
        await self._records.delete(context, KIND, meter_id)
        await self._store.samples.forget(meter_id)

    async def samples(self, context: Context, meter_id: str) -> Sequence[Sample]:
        """What a meter has measured, oldest first; NOT_FOUND."""
        await self.get(context, meter_id)
        return await self._store.samples.list(meter_id)

    def _check(self, spec: MeterSpec) -> None:
        if spec.measure not in MEASURES[spec.subject]:
            raise invalid("measure", f"There is no figure of {spec.measure} for a {spec.subject}", resource="meter")
        if not self.shortest <= spec.interval <= LONGEST_INTERVAL:
            message = f"The interval must be between {self.shortest} and {LONGEST_INTERVAL} seconds"
            raise invalid("interval", message, resource="meter")

    async def _remember(self, context: Context) -> None:
        if not context.principal.id.startswith("key:"):
            await self._store.logins.remember(context.principal)


def _worked_for(context: Context, meter: Meter) -> Meter:
    scope = context.scope
    return replace(
        meter,
        principal_id=context.principal.id,
        provider=scope.provider,
        data_center=scope.data_center,
        view=scope.view,
    )


def _meter(record: Record) -> Meter:
    return replace(decoded(record.content), created_at=record.created_at, updated_at=record.updated_at)
