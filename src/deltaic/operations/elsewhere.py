"""What the other nodes on a journal are at."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Protocol


class Row(Protocol):
    """A flow's row in the journal."""

    @property
    def id(self) -> str:
        """`<flow id>`, of a later attempt `<flow id>~<number>`."""


class SharedJournal(Protocol):
    """A journal that several nodes write."""

    async def unfinished(self, flows: Sequence[str]) -> Sequence[Row]:
        """The flows of these names that have not ended, on any node."""


class Elsewhere:
    """The ids of unfinished flows on every node; those who ask during a reading share the next one."""

    def __init__(self, journal: SharedJournal, clock: Callable[[], float] = time.monotonic) -> None:
        self._journal = journal
        self._clock = clock
        self._reading = asyncio.Lock()
        self._known: dict[tuple[str, ...], tuple[float, frozenset[str]]] = {}

    async def of(self, flows: tuple[str, ...]) -> frozenset[str]:
        """The ids of flows of these names, as they are now or later."""
        asked = self._clock()
        async with self._reading:
            began, ids = self._known.get(flows, (float("-inf"), frozenset()))
            if began <= asked:
                began = self._clock()
                ids = frozenset(public_id(row.id) for row in await self._journal.unfinished(flows))
                self._known[flows] = began, ids
            return ids


def public_id(entry_id: str) -> str:
    """The flow's id as callers know it, whichever attempt the journal's id names."""
    return entry_id.partition("~")[0]
