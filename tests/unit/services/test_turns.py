"""Edits of one thing, on gateways that share a store."""

from __future__ import annotations

import asyncio
import math

import pytest

from deltaic.ports.store import IdempotencyRecord
from deltaic.services.turns import STALE_SECONDS, Turns
from tests.fakes.store import FakeStore


class Clock:
    """Time that passes while somebody sleeps, until a deadline."""

    def __init__(self) -> None:
        self.now = 0.0
        self.deadline = math.inf

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        await asyncio.sleep(0)
        if self.now >= self.deadline:
            raise TimeoutError


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


async def test_a_dead_claim_is_seen_through_in_several_short_waits(clock: Clock) -> None:
    """A flow's calls may wait for a shorter time than a claim takes to count as dead."""
    one, two = gateways(clock)
    async with one.alone("machine"):
        waits = 0
        while clock.now < 3 * STALE_SECONDS:
            waits += 1
            try:
                clock.deadline = clock.now + STALE_SECONDS / 5
                async with two.alone("machine"):
                    break
            except TimeoutError:
                continue
    assert (waits, STALE_SECONDS <= clock.now < STALE_SECONDS + 1) == (6, True)


async def test_a_claim_is_young_again_for_whoever_sees_another_one(clock: Clock) -> None:
    one, two = gateways(clock)
    for _ in range(3):
        async with one.alone("machine"):
            clock.deadline = clock.now + STALE_SECONDS / 2
            with pytest.raises(TimeoutError):
                async with two.alone("machine"):
                    raise AssertionError("two at the same time")


async def test_who_is_cut_off_while_asking_leaves_no_claim_behind(clock: Clock) -> None:
    store = FakeStore()
    one, two = Turns(store, clock, clock.sleep), Turns(store, clock, clock.sleep)
    claim = store.idempotency.claim

    async def kept_and_cut_off(record: IdempotencyRecord) -> IdempotencyRecord:
        await claim(record)
        raise asyncio.CancelledError

    store.idempotency.claim = kept_and_cut_off  # type: ignore[method-assign]
    with pytest.raises(asyncio.CancelledError):
        async with one.alone("machine"):
            raise AssertionError("it was cut off")
    store.idempotency.claim = claim  # type: ignore[method-assign]
    await asyncio.sleep(0)
    async with two.alone("machine"):
        assert clock.now == 0


async def test_who_is_cut_off_while_giving_back_still_does(clock: Clock) -> None:
    store, begun = FakeStore(), asyncio.Event()
    one, two = Turns(store, clock, clock.sleep), Turns(store, clock, clock.sleep)
    release = store.idempotency.release

    async def slow(record: IdempotencyRecord) -> None:
        begun.set()
        await asyncio.sleep(0.01)
        await release(record)

    async def edit() -> None:
        async with one.alone("machine"):
            pass

    store.idempotency.release = slow  # type: ignore[method-assign]
    editing = asyncio.create_task(edit())
    await begun.wait()
    editing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await editing
    await asyncio.gather(*one._leaving)
    async with two.alone("machine"):
        assert clock.now == 0


async def test_only_so_many_claims_of_others_are_remembered(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deltaic.services.turns._MOST_SEEN", 2)
    one, two = gateways(clock)
    for thing in ("a", "b", "c"):
        async with one.alone(thing):
            clock.deadline = clock.now + 1
            with pytest.raises(TimeoutError):
                async with two.alone(thing):
                    raise AssertionError("two at the same time")
    assert list(two._seen) == ["b", "c"]
