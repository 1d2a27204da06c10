"""A gate that lets few through at a time and few wait before it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from deltaic.model.errors import Error, ErrorKind


class Gate:
    """`most` at a time; RATE_LIMITED for whoever comes when `waiting` wait already."""

    def __init__(self, most: int, waiting: int) -> None:
        self._places = asyncio.Semaphore(most)
        self._most_waiting = waiting
        self._waiting = 0

    @asynccontextmanager
    async def passing(self) -> AsyncIterator[None]:
        """Hold a place inside the block."""
        if self._waiting >= self._most_waiting:
            raise Error(ErrorKind.RATE_LIMITED, "Too many requests wait to have their signatures checked")
        self._waiting += 1
        try:
            await self._places.acquire()
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._places.release()
