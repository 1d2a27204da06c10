"""A flow step without durability, and one that dies and is replayed from its journal."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import ContextVar

from deltaic.model.errors import Error
from deltaic.operations.outcome import Outcome, failed
from deltaic.operations.pace import Pace
from deltaic.operations.run import Run
from deltaic.operations.step import JournalStep
from deltaic.ports.operations import Flow, FlowInput

_elapsed: ContextVar[float] = ContextVar("elapsed", default=0.0)


class SteppedPace(Pace, frozen=True):
    """Pauses take no time: they step a clock that each task has for itself, so a slow machine changes nothing."""

    def now(self) -> float:
        return _elapsed.get()

    async def pause(self, seconds: float) -> None:
        _elapsed.set(_elapsed.get() + seconds)
        await asyncio.sleep(0)


FAST = SteppedPace()


class Died(BaseException):
    """The process was killed."""


class MemoryJournal:
    """Keeps steps in order. `die_at` is (step number from 0, "before" | "after"): once, the process dies there.

    "before" is before the action runs, "after" is after it ran but before the journal knows.
    """

    def __init__(self, die_at: tuple[int, str] | None = None) -> None:
        self.entries: list[tuple[str, str]] = []
        self.events: dict[str, str] = {}
        self.die_at = die_at
        self.position = 0

    async def step(self, name: str, action: Callable[[], Awaitable[str]]) -> str:
        position, self.position = self.position, self.position + 1
        if position < len(self.entries):
            known, text = self.entries[position]
            assert known == name
            return text
        self._die(position, "before")
        text = await action()
        self._die(position, "after")
        self.entries.append((name, text))
        return text

    async def sleep(self, seconds: float) -> None:
        """No time passes."""

    async def set_event(self, key: str, text: str) -> None:
        self.events[key] = text

    def _die(self, position: int, when: str) -> None:
        if self.die_at == (position, when):
            self.die_at = None
            raise Died


async def run_flow(flow: Flow, given: FlowInput, journal: MemoryJournal | None = None, pace: Pace = FAST) -> Outcome:
    """Run a flow to its end, through every death its journal has in store."""
    journal = journal or MemoryJournal()
    while True:
        journal.position = 0
        try:
            return Outcome(await flow(JournalStep("flow", journal, Run(), pace), given))
        except Error as error:
            return failed(error)
        except Died:
            continue
