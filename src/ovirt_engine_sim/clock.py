"""The engine's time: real and scaled by a factor, or stepped by tests."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from collections.abc import Callable
from typing import Protocol

Callback = Callable[[], None]


class Clock(Protocol):
    """What the engine needs of time; times are epoch milliseconds, delays seconds at factor 1."""

    def now(self) -> int: ...

    def scaled(self, seconds: float) -> int:
        """Return a delay in milliseconds of this clock."""

    def at(self, due: int, callback: Callback) -> None:
        """Call back at `due`, always later than now: at least one turn of the loop."""

    def close(self) -> None: ...


class _Heap:
    def __init__(self) -> None:
        self.entries: list[tuple[int, int, Callback]] = []
        self._order = itertools.count()

    def push(self, due: int, callback: Callback) -> None:
        heapq.heappush(self.entries, (due, next(self._order), callback))

    def due(self, now: int) -> Callback | None:
        if self.entries and self.entries[0][0] <= now:
            return heapq.heappop(self.entries)[2]
        return None


class RealClock:
    """Wall time; every duration of the engine is multiplied by `factor` (0.2 is five times faster)."""

    def __init__(self, factor: float = 1.0) -> None:
        if not 0 <= factor <= 1000:
            raise ValueError(f"time factor must be between 0 and 1000, not {factor}")
        self.factor = factor
        self._heap = _Heap()
        self._handle: asyncio.Handle | None = None

    def now(self) -> int:
        return time.time_ns() // 1_000_000

    def scaled(self, seconds: float) -> int:
        return int(seconds * 1000 * self.factor)

    def at(self, due: int, callback: Callback) -> None:
        self._heap.push(due, callback)
        self._arm()

    def close(self) -> None:
        self._heap.entries.clear()
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def start(self) -> None:
        """Arm timers that were set before a loop ran."""
        self._arm()

    def _arm(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        if self._heap.entries:
            delay = max(0.0, (self._heap.entries[0][0] - self.now()) / 1000)
            self._handle = loop.call_later(delay, self._fire)

    def _fire(self) -> None:
        self._handle = None
        # Only what is due now: what these callbacks add waits for the next turn, even at factor 0.
        now = self.now()
        ready = []
        while (callback := self._heap.due(now)) is not None:
            ready.append(callback)
        for callback in ready:
            callback()
        self._arm()


class ManualClock:
    """Time that stands still until `advance` is called."""

    START = 1_700_000_000_000

    def __init__(self, start: int = START) -> None:
        self._now = start
        self._heap = _Heap()

    def now(self) -> int:
        return self._now

    def scaled(self, seconds: float) -> int:
        return int(seconds * 1000)

    def at(self, due: int, callback: Callback) -> None:
        self._heap.push(max(due, self._now), callback)

    def start(self) -> None:
        """Nothing to arm: only `advance` moves this clock."""

    def close(self) -> None:
        self._heap.entries.clear()

    def advance(self, seconds: float) -> None:
        """Move on by `seconds`, running every timer on the way at its own time."""
        end = self._now + int(seconds * 1000)
        while self._heap.entries and self._heap.entries[0][0] <= end:
            due, _, callback = heapq.heappop(self._heap.entries)
            self._now = max(self._now, due)
            callback()
        self._now = end
