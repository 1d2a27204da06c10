"""Takes the samples of meters: in the background, a few at once, each with a deadline.

Meters and their dates are in the store, so nothing is lost by a restart, and several gateways share the work: a date
is claimed before anything is read. What was missed is not made up for.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog
from msgspec.structs import replace

from deltaic.driver import Driver
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.meter import KIND, Meter, Subject, decoded, encoded
from deltaic.model.metric import Metric
from deltaic.operations.flows.contexts import context_of
from deltaic.ports.operations import FlowInput
from deltaic.ports.samples import Due
from deltaic.ports.store import Store

log = structlog.get_logger(__name__)

#: Meters taken up at once, reads of the cloud at the same time, seconds that one may take.
BATCH: Final = 64
PARALLEL: Final = 4
DEADLINE: Final = 20.0
#: Samples that are kept of a meter.
KEPT: Final = 1000
#: A meter that does not run is looked at this often.
IDLE: Final = timedelta(hours=1)
#: A date without a meter is looked at again, for a meter may be about to be written, and then dropped.
PAUSE: Final = timedelta(minutes=1)
ORPHAN_AGE: Final = timedelta(minutes=5)
#: A login is kept for as long as a meter needs it: seconds between the notes that it is needed.
LOGIN_NOTE: Final = 3600.0
_MOST_LOGINS: Final = 1024

#: The caller may no longer do this: to go on would lock the account in the end.
_REFUSED: Final = frozenset({ErrorKind.UNAUTHENTICATED, ErrorKind.FORBIDDEN})

#: The cloud does not answer: those that are still to be read of it wait for their next date.
_AWAY: Final = frozenset({ErrorKind.UNAVAILABLE, ErrorKind.TIMEOUT})


@dataclass(slots=True)
class _Round:
    """The reads of one round, which meters share, and the clouds that did not answer in it."""

    reads: dict[tuple[object, ...], asyncio.Task[Sequence[Metric]]] = field(default_factory=dict)
    away: set[str] = field(default_factory=set)


def _now() -> datetime:
    return datetime.now(UTC)


class Sampler:
    """`drivers` maps a provider's name to its driver; `poll` is how many seconds to wait when nothing is due."""

    def __init__(
        self,
        drivers: Callable[[str], Driver],
        store: Store,
        *,
        poll: float = 5.0,
        kept: int = KEPT,
        now: Callable[[], datetime] = _now,
    ) -> None:
        self._drivers = drivers
        self._store = store
        self._poll = poll
        self._kept = kept
        self._now = now
        self._slots = asyncio.Semaphore(PARALLEL)
        self._noted: OrderedDict[str, float] = OrderedDict()

    async def run(self) -> None:
        """Work until cancelled; what fails is tried again."""
        while True:
            try:
                worked = await self.round()
            except Exception as fault:
                worked = 0
                log.warning("sampling failed", error=_told(fault))
            await asyncio.sleep(0.0 if worked >= BATCH else self._poll)

    async def round(self) -> int:
        """Look at the meters that are due; how many these were."""
        due = await self._store.samples.due(self._now(), BATCH)
        this = _Round()
        try:
            await asyncio.gather(*(self._safely(one, this) for one in due))
        finally:
            for read in this.reads.values():
                read.cancel()
        return len(due)

    async def _safely(self, due: Due, this: _Round) -> None:
        try:
            await self._look(due, this)
        except Exception as fault:
            log.warning("meter not sampled", meter=due.meter_id, error=_told(fault))
            # One that can't be taken up must not stand before the others for ever.
            await self._store.samples.claim(due, self._now() + PAUSE)

    async def _look(self, due: Due, this: _Round) -> None:
        record = await self._store.records.get(due.owner, KIND, due.meter_id)
        now = self._now()
        if record is None:
            await self._orphan(due, now)
            return
        meter = decoded(record.content)
        if meter.expired(now):
            await self._remove(due)
            return
        step = timedelta(seconds=meter.spec.interval) if meter.running else IDLE
        following = due.due_at + step
        if await self._store.samples.claim(due, following if following > now else now + step):
            await self._sample(due, meter, this)

    async def _sample(self, due: Due, meter: Meter, this: _Round) -> None:
        try:
            metrics = await self._figures(meter, this)
        except Error as error:
            if error.kind is ErrorKind.NOT_FOUND:
                await self._remove(due)
            elif error.kind in _REFUSED and meter.running:
                await self._stop(due)
            log.info("meter has no figure", meter=due.meter_id, error=error.kind.value)
            return
        if meter.running:
            await self._note_login(meter.principal_id)
            for one in metrics:
                if one.name is meter.spec.measure:
                    await self._store.samples.add(meter.id, one.time, one.value, self._kept)

    async def _figures(self, meter: Meter, this: _Round) -> Sequence[Metric]:
        """The figures of what a meter is about: meters of one caller and thing share a read."""
        spec = meter.spec
        key = (meter.principal_id, meter.provider, meter.data_center, meter.view, spec.subject, spec.subject_id)
        if key not in this.reads:
            this.reads[key] = asyncio.ensure_future(self._read(meter, this))
        return await asyncio.shield(this.reads[key])

    async def _read(self, meter: Meter, this: _Round) -> Sequence[Metric]:
        given = FlowInput(
            principal_id=meter.principal_id,
            provider=meter.provider,
            data_center=meter.data_center,
            view=meter.view,
            request_id=f"meter-{meter.id[:8]}",
            arguments=b"",
        )
        metrics = self._drivers(meter.provider).metrics
        verb = metrics.read if meter.spec.subject is Subject.INSTANCE else metrics.read_volume
        async with self._slots:
            if meter.provider in this.away:
                raise Error(ErrorKind.UNAVAILABLE, "The cloud does not answer")
            for again in (True, False):
                context = replace(await context_of(self._store, given), deadline=time.monotonic() + DEADLINE)
                try:
                    return await verb(context, meter.spec.subject_id)
                except Error as error:
                    if error.kind in _AWAY:
                        this.away.add(meter.provider)
                    # A meter goes with what it measures: that is looked for twice.
                    if error.kind is not ErrorKind.NOT_FOUND or not again:
                        raise
        raise AssertionError("either read or raised")

    async def _orphan(self, due: Due, now: datetime) -> None:
        if now - due.scheduled_at > ORPHAN_AGE:
            await self._store.samples.forget(due.meter_id)
        else:
            await self._store.samples.claim(due, now + PAUSE)

    async def _remove(self, due: Due) -> None:
        await self._store.records.delete(due.owner, KIND, due.meter_id)
        await self._store.samples.forget(due.meter_id)

    async def _stop(self, due: Due) -> None:
        now = self._now()

        def stopped(content: bytes) -> bytes:
            return encoded(replace(decoded(content), running=False, stopped_at=now))

        await self._store.records.edit(due.owner, KIND, due.meter_id, stopped, now)
        log.warning("meter stopped: its owner's login is refused", meter=due.meter_id)

    async def _note_login(self, principal_id: str) -> None:
        """Let the login be kept on; those that nothing needs are dropped after a day."""
        now = time.monotonic()
        if principal_id.startswith("key:") or now - self._noted.get(principal_id, float("-inf")) < LOGIN_NOTE:
            return
        await self._store.logins.touch(principal_id)
        self._noted[principal_id] = now
        while len(self._noted) > _MOST_LOGINS:
            self._noted.popitem(last=False)


def _told(fault: Exception) -> str:
    return fault.message if isinstance(fault, Error) else type(fault).__name__
