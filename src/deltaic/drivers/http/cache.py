"""Answers kept for a short while, with at most one call in flight per key."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

from deltaic.model.errors import Error, ErrorKind

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class SingleFlight(Generic[K, V]):
    """Callers with the same key share one running call; its failure goes to each of them.

    The call goes on when a caller gives up or is cancelled.
    """

    def __init__(self) -> None:
        self._running: dict[K, asyncio.Task[V]] = {}

    async def run(self, key: K, call: Callable[[], Awaitable[V]], *, seconds: float) -> V:
        """Join the running call of `key`, or start it; wait at most `seconds`, then TIMEOUT."""
        task = self._running.get(key)
        if task is None:
            task = asyncio.ensure_future(_coroutine(call))
            self._running[key] = task
            task.add_done_callback(lambda done: self._finished(key, done))
        try:
            async with asyncio.timeout(seconds):
                return await asyncio.shield(task)
        except TimeoutError:
            raise Error(ErrorKind.TIMEOUT, "The cloud did not answer in time") from None

    def _finished(self, key: K, task: asyncio.Task[V]) -> None:
        if self._running.get(key) is task:
            del self._running[key]
        if not task.cancelled():
            task.exception()  # every caller may have given up: nobody else would look at it


class TimedCache(Generic[K, V]):
    """At most `size` values, each fresh for `seconds`; the least recently used goes first."""

    def __init__(self, *, seconds: float, size: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._size = size
        self._clock = clock
        self._values: OrderedDict[K, tuple[float, V]] = OrderedDict()
        self._flight: SingleFlight[K, V] = SingleFlight()

    async def get(
        self, key: K, call: Callable[[], Awaitable[V]], *, seconds: float, newer_than: float = float("-inf")
    ) -> V:
        """The fresh value, or what `call` answers now. `newer_than` refuses values read before that time."""
        found = self._values.get(key)
        if found is not None and found[0] > newer_than and self._clock() - found[0] < self._seconds:
            self._values.move_to_end(key)
            return found[1]

        async def load() -> V:
            started = self._clock()
            value = await call()
            self._keep(key, started, value)
            return value

        return await self._flight.run(key, load, seconds=seconds)

    def put(self, key: K, value: V) -> None:
        """Keep what was learnt elsewhere as if it had been asked for now."""
        self._keep(key, self._clock(), value)

    def clear(self) -> None:
        """Forget everything."""
        self._values.clear()

    def now(self) -> float:
        """The cache's own time, for `newer_than`."""
        return self._clock()

    def _keep(self, key: K, at: float, value: V) -> None:
        self._values[key] = (at, value)
        self._values.move_to_end(key)
        while len(self._values) > self._size:
            self._values.popitem(last=False)


async def _coroutine(call: Callable[[], Awaitable[V]]) -> V:
    return await call()
