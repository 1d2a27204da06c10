"""What the cloud said a moment ago, so that not every request asks it again."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

FRESH_SECONDS = 10.0
MOST_KEPT = 1024


class Recent(Generic[K, V]):
    """Answers by key, believed for `seconds` from when they were asked for. Failures are not kept."""

    def __init__(
        self, seconds: float = FRESH_SECONDS, size: int = MOST_KEPT, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._seconds = seconds
        self._size = size
        self._clock = clock
        self._answers: OrderedDict[K, tuple[float, V]] = OrderedDict()

    async def get(self, key: K, ask: Callable[[], Awaitable[V]], *, anew: bool = False) -> V:
        """The answer of `key`, from memory unless it must be `anew`."""
        asked = self._clock()
        found = self._answers.get(key)
        if found is not None and not anew and asked - found[0] < self._seconds:
            return found[1]
        answer = await ask()
        self._answers[key] = (asked, answer)
        self._answers.move_to_end(key)
        while len(self._answers) > self._size:
            self._answers.popitem(last=False)
        return answer
