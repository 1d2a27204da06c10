"""Edits of one thing, on gateways that share a store."""

from __future__ import annotations

import asyncio

import pytest

from deltaic.services.turns import STALE_SECONDS, Turns
from tests.fakes.store import FakeStore


class Clock:
    """Time that passes while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        await asyncio.sleep(0)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def gateways(clock: Clock) -> tuple[Turns, Turns]:
    store = FakeStore()
    return Turns(store, clock, clock.sleep), Turns(store, clock, clock.sleep)


async def test_one_edit_at_a_time_on_all_gateways(clock: Clock) -> None:
    text: list[int] = []

    async def append(turns: Turns, number: int) -> None:
        async with turns.alone("machine"):
            read = list(text)
            await asyncio.sleep(0)
            text[:] = [*read, number]

    one, two = gateways(clock)
    await asyncio.gather(*(append(each, number) for number in range(5) for each in (one, two)))
    assert sorted(text) == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
    assert clock.now < STALE_SECONDS


async def test_other_things_are_not_waited_for(clock: Clock) -> None:
    one, two = gateways(clock)
    async with one.alone("machine"), two.alone("volume"), one.alone("image"):
        assert clock.now == 0


async def test_an_edit_that_never_ends_holds_nobody_up_for_long(clock: Clock) -> None:
    one, two = gateways(clock)
    async with one.alone("machine"):
        async with two.alone("machine"):
            waited = clock.now
        async with two.alone("machine"):
            assert clock.now == waited
    assert STALE_SECONDS <= waited < STALE_SECONDS + 1
    async with one.alone("machine"):
        assert clock.now == waited


async def test_a_turn_is_given_back_when_the_edit_fails(clock: Clock) -> None:
    one, two = gateways(clock)
    with pytest.raises(ZeroDivisionError):
        async with one.alone("machine"):
            raise ZeroDivisionError
    async with two.alone("machine"):
        assert clock.now == 0
