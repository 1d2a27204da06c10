"""How often and how long flows try again."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator

from msgspec import Struct


class Pace(Struct, frozen=True):
    """Pauses in seconds, all multiplied by `scale` (tests use a small one).

    After a retryable error a step pauses 1, 2, 4 ... up to `longest_pause` seconds, give or take a fifth, and longer
    by what the cloud asks for (`Error.retry_after`), until `patience` is over. Looks at a changing machine start at
    `first_look` and slow down to `longest_look`.
    """

    scale: float = 1.0
    first_pause: float = 1.0
    longest_pause: float = 30.0
    patience: float = 24 * 3600.0
    first_look: float = 0.2
    longest_look: float = 3.0

    def pauses(self) -> Iterator[float]:
        """Pauses after errors, endless."""
        return self._growing(self.first_pause, self.longest_pause, 2.0)

    def looks(self) -> Iterator[float]:
        """Pauses between looks, endless."""
        return self._growing(self.first_look, self.longest_look, 1.4)

    def seconds(self, seconds: float) -> float:
        """A length of time on this pace's scale."""
        return seconds * self.scale

    def now(self) -> float:
        """The time, seconds from any beginning."""
        return asyncio.get_running_loop().time()

    async def pause(self, seconds: float) -> None:
        """Wait a pause of `pauses` or `looks`."""
        await asyncio.sleep(seconds)

    def _growing(self, first: float, longest: float, factor: float) -> Iterator[float]:
        pause = first
        while True:
            yield pause * self.scale * random.uniform(0.8, 1.2)  # noqa: S311 - spreads load, guards nothing
            pause = min(longest, pause * factor)
