"""Time: stepped, scaled and immediate."""

from __future__ import annotations

import asyncio

import pytest

from ovirt_engine_sim import ManualClock, RealClock


def test_manual_clock_runs_timers_in_order_at_their_own_time() -> None:
    clock = ManualClock(0)
    seen: list[tuple[str, int]] = []

    def second() -> None:
        seen.append(("second", clock.now()))

    def first() -> None:
        seen.append(("first", clock.now()))
        clock.at(clock.now() + 500, second)

    clock.at(1000, first)
    clock.at(9000, lambda: seen.append(("late", clock.now())))
    clock.advance(0.999)
    assert seen == []
    clock.advance(2)
    assert seen == [("first", 1000), ("second", 1500)]
    assert clock.now() == 2999


async def test_real_clock_scales() -> None:
    clock = RealClock(0.5)
    assert (clock.scaled(2), RealClock(0).scaled(100)) == (1000, 0)
    fired = asyncio.Event()
    clock.at(clock.now(), fired.set)
    assert not fired.is_set()
    await asyncio.wait_for(fired.wait(), 5)
    clock.close()


async def test_timers_set_before_the_loop_runs_fire_after_start() -> None:
    clock = RealClock(1)
    fired = asyncio.Event()
    await asyncio.to_thread(clock.at, clock.now(), fired.set)
    clock.start()
    await asyncio.wait_for(fired.wait(), 5)


@pytest.mark.parametrize("factor", [-1, 1001])
def test_factor_is_checked(factor: float) -> None:
    with pytest.raises(ValueError, match="time factor"):
        RealClock(factor)
