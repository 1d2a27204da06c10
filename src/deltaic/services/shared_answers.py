"""Answers to the very same question: shared while it is under way, believed for some seconds, refusals too."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from deltaic.model.errors import Error, ErrorKind

V = TypeVar("V")


class SharedAnswers(Generic[V]):
    """At most `size` answers by digest. UNAUTHENTICATED counts as an answer; other failures are forgotten at once."""

    def __init__(self, seconds: float, size: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._size = size
        self._clock = clock
        self._asked: OrderedDict[bytes, tuple[float, asyncio.Task[V]]] = OrderedDict()

    async def get(self, digest: bytes, ask: Callable[[], Awaitable[V]], *, seconds: float) -> V:
        """The answer, of a question that is under way or a fresh one; TIMEOUT after `seconds`.

        The question goes on when a caller leaves.
        """
        found = self._asked.get(digest)
        if found is not None and self._is_fresh(*found):
            task = found[1]
        else:
            task = asyncio.ensure_future(_coroutine(ask))
            self._asked[digest] = (self._clock(), task)
            self._asked.move_to_end(digest)
            task.add_done_callback(_look)
            while len(self._asked) > self._size:
                self._asked.popitem(last=False)
        try:
            async with asyncio.timeout(seconds):
                return await asyncio.shield(task)
        except TimeoutError:
            raise Error(ErrorKind.TIMEOUT, "The cloud did not answer in time") from None

    def clear(self) -> None:
        """Forget every answer; questions under way go on."""
        self._asked.clear()

    def _is_fresh(self, asked: float, task: asyncio.Task[V]) -> bool:
        if not task.done():
            return True
        if task.cancelled() or self._clock() - asked >= self._seconds:
            return False
        failure = task.exception()
        return failure is None or (isinstance(failure, Error) and failure.kind is ErrorKind.UNAUTHENTICATED)


def _look(task: asyncio.Task[V]) -> None:
    """Everybody may have left: a failure is looked at all the same."""
    if not task.cancelled():
        task.exception()


async def _coroutine(ask: Callable[[], Awaitable[V]]) -> V:
    return await ask()
