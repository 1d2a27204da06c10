from __future__ import annotations

import asyncio

from deltaic.store import cache as cache_module
from deltaic.store.cache import VersionedCache
from deltaic.store.store import SqlStore


class Clock:
    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        return self.time


class Loader:
    """Counts its calls and gives what it is told to."""

    def __init__(self, value: str | None) -> None:
        self.value = value
        self.calls = 0

    async def __call__(self) -> str | None:
        self.calls += 1
        return self.value


async def bump(cache: VersionedCache[str], store: SqlStore) -> None:
    async with store.database.begin() as connection:
        await cache.bump(connection)


async def test_values_are_kept_until_the_number_is_seen_to_change(store: SqlStore) -> None:
    clock, load = Clock(), Loader("old")
    mine = VersionedCache[str](store.database, "things", 1.0, clock)
    other = VersionedCache[str](store.database, "things", 1.0, clock)
    assert [await mine.get("a", load) for _ in range(3)] == ["old"] * 3
    load.value = "new"
    await bump(other, store)
    clock.time = 0.9
    assert (await mine.get("a", load), load.calls) == ("old", 1)
    clock.time = 1.0
    assert (await mine.get("a", load), load.calls) == ("new", 2)
    clock.time = 5.0
    assert (await mine.get("a", load), load.calls) == ("new", 2)


async def test_what_was_not_found_is_not_kept(store: SqlStore) -> None:
    load = Loader(None)
    cache = VersionedCache[str](store.database, "things", 1.0, Clock())
    assert [await cache.get("a", load), await cache.get("a", load), load.calls] == [None, None, 2]


async def test_a_load_overtaken_by_a_change_is_not_kept(store: SqlStore) -> None:
    cache = VersionedCache[str](store.database, "things", 1.0, Clock())
    started, go_on = asyncio.Event(), asyncio.Event()

    async def slow() -> str:
        started.set()
        await go_on.wait()
        return "stale"

    reading = asyncio.create_task(cache.get("a", slow))
    await started.wait()
    cache.drop()
    go_on.set()
    assert await reading == "stale"
    assert await cache.get("a", Loader("fresh")) == "fresh"


async def test_size_is_bounded(store: SqlStore) -> None:
    cache = VersionedCache[str](store.database, "things", 1.0, Clock())
    first = Loader("first")
    await cache.get("first", first)
    for number in range(cache_module.MAX_ENTRIES):
        await cache.get(str(number), Loader("x"))
    await cache.get("first", first)
    assert (first.calls, len(cache._entries)) == (2, cache_module.MAX_ENTRIES)
