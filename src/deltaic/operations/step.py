"""What a flow's body is given to act through: journalled steps, repeated while their errors allow it."""

from __future__ import annotations

import math
import time
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

import structlog

from deltaic.model.errors import Error, ErrorKind
from deltaic.operations.outcome import Outcome, failed, read
from deltaic.operations.pace import Pace
from deltaic.operations.run import Run

log = structlog.get_logger(__name__)

T = TypeVar("T")


class StepJournal(Protocol):
    """What steps need of a journal; every call belongs to the flow of the current task."""

    async def step(self, name: str, action: Callable[[], Awaitable[str]]) -> str:
        """Run an action and keep its text, or give back the text kept before."""

    async def sleep(self, seconds: float) -> None:
        """Wait; a restart waits for the rest only."""

    async def set_event(self, key: str, text: str) -> None:
        """Keep a milestone."""


class JournalLostError(BaseException):
    """The journal can't be read or written, or is another's by now: no failure of the flow, whose body must not
    handle it.
    """


class JournalStep:
    """The port's FlowStep over a journal; `until` tells until when the flow is surely this process's."""

    def __init__(
        self, flow_id: str, journal: StepJournal, run: Run, pace: Pace, until: Callable[[], float] = lambda: math.inf
    ) -> None:
        self.flow_id = flow_id
        self.until = until
        self._journal = journal
        self._run = run
        self._pace = pace

    async def run(self, name: str, action: Callable[[], Awaitable[bytes]], *, patience: float | None = None) -> bytes:
        """Run an action once, repeating it after retryable errors; see the port."""

        async def body() -> str:
            return (await self._repeat(name, action, self._pace.patience if patience is None else patience)).text()

        return read(await _kept(self._journal.step(name, body))).get()

    async def sleep(self, seconds: float) -> None:
        """Wait, durably."""
        await _kept(self._journal.sleep(seconds))

    async def publish(self, milestone: str, value: bytes) -> None:
        """Tell a milestone: waiters of this process at once, others through the journal."""
        await self._tell(milestone, Outcome(value))

    async def refuse(self, milestone: str, error: Error) -> None:
        """Tell that a milestone never comes."""
        await self._tell(milestone, failed(error))

    async def _tell(self, milestone: str, outcome: Outcome) -> None:
        self._run.reach(milestone, outcome)
        await _kept(self._journal.set_event(milestone, outcome.text()))

    async def _repeat(self, name: str, action: Callable[[], Awaitable[bytes]], patience: float) -> Outcome:
        until = self._pace.now() + self._pace.seconds(patience)
        for pause in self._pace.pauses():
            self._require_own()
            try:
                return Outcome(await action())
            except Error as error:
                # What failed because its time was over did not fail.
                self._require_own()
                wait = pause + self._pace.seconds(error.retry_after)
                if not error.retryable or self._pace.now() + wait > until:
                    return failed(error)
                log.info("step repeated", flow_id=self.flow_id, step=name, kind=error.kind.value, pause=round(wait, 2))
            except Exception:
                log.exception("step broke", flow_id=self.flow_id, step=name)
                return failed(Error(ErrorKind.INTERNAL, "An internal error has occurred", operation=name))
            await self._pace.pause(wait)
        raise AssertionError("pauses never end")

    def _require_own(self) -> None:
        if time.monotonic() >= self.until():
            raise JournalLostError("others may have taken the flow over")


async def _kept(writing: Awaitable[T]) -> T:
    try:
        return await writing
    except Exception as fault:
        raise JournalLostError(type(fault).__name__) from fault
