"""Long work in slices, so that one large answer never keeps the others waiting."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from time import perf_counter
from typing import Final, TypeVar

T = TypeVar("T")

#: Seconds of work after which others have their turn.
SLICE: Final = 0.01


async def paced(items: Iterable[T]) -> AsyncIterator[T]:
    """The items one by one; whoever works on them gives up the event loop after each slice."""
    since = perf_counter()
    for item in items:
        yield item
        if perf_counter() - since > SLICE:
            await asyncio.sleep(0)
            since = perf_counter()
