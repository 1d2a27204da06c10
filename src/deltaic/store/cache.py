"""A bounded cache that a number in the database keeps honest across nodes."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from deltaic.store.database import Database
from deltaic.store.tables import versions

T = TypeVar("T")
MAX_ENTRIES = 4096
#: Seconds for which the number is believed before it is read again.
MAX_AGE = 1.0


class VersionedCache(Generic[T]):
    """Values by key, dropped as soon as the number of their table is seen to have changed.

    A change made by this process is seen at once, one made by another within `max_age` seconds.
    What was not found is not kept.
    """

    def __init__(
        self,
        database: Database,
        name: str,
        max_age: float = MAX_AGE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._name = name
        self._max_age = max_age
        self._clock = clock
        self._entries: OrderedDict[str, T] = OrderedDict()
        self._number = -1
        self._generation = 0
        self._believed_until = float("-inf")
        self._checking = asyncio.Lock()

    async def get(self, key: str, load: Callable[[], Awaitable[T | None]]) -> T | None:
        """The value of a key, from memory or from `load`."""
        if self._clock() >= self._believed_until:
            await self._check()
        if key in self._entries:
            self._entries.move_to_end(key)
            return self._entries[key]
        generation = self._generation
        value = await load()
        if value is not None and generation == self._generation:
            self._entries[key] = value
            if len(self._entries) > MAX_ENTRIES:
                self._entries.popitem(last=False)
        return value

    def drop(self) -> None:
        """Forget everything: this process changed the table."""
        self._entries.clear()
        self._generation += 1
        self._believed_until = float("-inf")

    async def bump(self, connection: AsyncConnection) -> None:
        """Raise the table's number, in the transaction that changes the table."""
        statement = self._database.insert(versions).values(name=self._name, number=1)
        await connection.execute(
            statement.on_conflict_do_update(index_elements=[versions.c.name], set_={"number": versions.c.number + 1})
        )

    async def _check(self) -> None:
        async with self._checking:
            if self._clock() < self._believed_until:
                return
            started = self._clock()
            generation = self._generation
            async with self._database.begin() as connection:
                query = select(versions.c.number).where(versions.c.name == self._name)
                number = (await connection.execute(query)).scalar() or 0
            if generation != self._generation:
                return
            if number != self._number:
                self.drop()
                self._number = number
            self._believed_until = started + self._max_age
