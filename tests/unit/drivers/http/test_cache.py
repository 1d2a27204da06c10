"""Values kept for a while, one call in flight per key."""

from __future__ import annotations

import asyncio

import pytest

from deltaic.drivers.http.cache import SingleFlight, TimedCache
from deltaic.model.errors import Error, ErrorKind


class Source:
    """Counts; answers when let go."""

    def __init__(self) -> None:
        self.asked = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.failure: Error | None = None

    async def __call__(self) -> int:
        self.asked += 1
        number = self.asked
        await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        return number


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def source() -> Source:
    return Source()


async def test_one_call_for_all_who_ask_at_once(source: Source) -> None:
    flight: SingleFlight[str, int] = SingleFlight()
    source.gate.clear()
    tasks = [asyncio.ensure_future(flight.run("a", source, seconds=5)) for _ in range(5)]
    await asyncio.sleep(0)
    tasks[0].cancel()
    source.gate.set()
    assert await asyncio.gather(*tasks[1:]) == [1] * 4
    assert await flight.run("a", source, seconds=5) == 2


async def test_each_waits_as_long_as_he_likes(source: Source) -> None:
    flight: SingleFlight[str, int] = SingleFlight()
    source.gate.clear()
    patient = asyncio.ensure_future(flight.run("a", source, seconds=5))
    with pytest.raises(Error) as caught:
        await flight.run("a", source, seconds=0.01)
    assert caught.value.kind is ErrorKind.TIMEOUT
    source.gate.set()
    assert await patient == 1


async def test_values_age(source: Source) -> None:
    clock = Clock()
    cache: TimedCache[str, int] = TimedCache(seconds=10, size=9, clock=clock)
    assert [await cache.get("a", source, seconds=5) for _ in range(3)] == [1, 1, 1]
    assert await cache.get("a", source, seconds=5, newer_than=cache.now()) == 2
    clock.now += 9.9
    assert await cache.get("a", source, seconds=5) == 2
    clock.now += 0.1
    assert await cache.get("a", source, seconds=5) == 3


async def test_what_was_learnt_elsewhere_ages_as_well(source: Source) -> None:
    clock = Clock()
    cache: TimedCache[str, int] = TimedCache(seconds=10, size=2, clock=clock)
    assert await cache.get("a", source, seconds=5) == 1
    clock.now += 9.0
    cache.put("a", 70)
    clock.now += 9.0
    assert await cache.get("a", source, seconds=5) == 70
    clock.now += 1.0
    assert await cache.get("a", source, seconds=5) == 2
    for value, key in enumerate("bcd"):
        cache.put(key, value)
    assert [await cache.get(key, source, seconds=5) for key in "dca"] == [2, 1, 3]


async def test_the_cache_is_bounded(source: Source) -> None:
    cache: TimedCache[str, int] = TimedCache(seconds=10, size=2)
    for key in ("a", "b", "a", "c"):
        await cache.get(key, source, seconds=5)
    assert source.asked == 3
    assert await cache.get("a", source, seconds=5) == 1
    assert await cache.get("b", source, seconds=5) == 4


async def test_failures_are_not_kept(source: Source) -> None:
    cache: TimedCache[str, int] = TimedCache(seconds=10, size=2)
    source.failure = Error(ErrorKind.UNAVAILABLE, "no")
    with pytest.raises(Error, match="no"):
        await cache.get("a", source, seconds=5)
    source.failure = None
    assert await cache.get("a", source, seconds=5) == 2
