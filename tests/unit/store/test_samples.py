"""Dates and figures of meters as the store keeps them."""

from __future__ import annotations

import asyncio

from deltaic.ports.samples import Due
from deltaic.store.store import SqlStore

from .records import MINUTE, NOON


async def test_who_is_due(store: SqlStore) -> None:
    for number, meter in enumerate(("c", "a", "b")):
        await store.samples.schedule(meter, "me", NOON + number * MINUTE, NOON)
    due = await store.samples.due(NOON + MINUTE, 10)
    assert due == [Due("c", "me", NOON, NOON), Due("a", "me", NOON + MINUTE, NOON)]
    assert [one.meter_id for one in await store.samples.due(NOON + 9 * MINUTE, 1)] == ["c"]
    await store.samples.schedule("c", "me", NOON + 9 * MINUTE, NOON + MINUTE)
    assert [one.meter_id for one in await store.samples.due(NOON + MINUTE, 10)] == ["a"]


async def test_a_date_is_claimed_once(store: SqlStore, second_store: SqlStore) -> None:
    await store.samples.schedule("a", "me", NOON, NOON)
    (due,) = await store.samples.due(NOON, 10)
    later = NOON + MINUTE
    claims = await asyncio.gather(*(each.samples.claim(due, later) for each in (store, second_store) * 4))
    assert sorted(claims) == [False] * 7 + [True]
    assert await store.samples.due(NOON, 10) == []
    assert [one.due_at for one in await store.samples.due(later, 10)] == [later]


async def test_the_newest_figures_are_kept_in_order(store: SqlStore) -> None:
    for meter in ("a", "b"):
        await store.samples.schedule(meter, "me", NOON, NOON)
    for number in range(5):
        await store.samples.add("a", NOON + number * MINUTE, number / 8, keep=3)
    await store.samples.add("b", NOON, 1e12 + 0.25, keep=3)
    kept = await store.samples.list("a")
    assert [(one.number, one.taken_at, one.value) for one in kept] == [
        (number + 1, NOON + number * MINUTE, number / 8) for number in (2, 3, 4)
    ]
    assert [one.value for one in await store.samples.list("b")] == [1e12 + 0.25]


async def test_nothing_outlives_a_meter(store: SqlStore) -> None:
    await store.samples.schedule("a", "me", NOON, NOON)
    await store.samples.add("a", NOON, 1.0, keep=3)
    for _ in range(2):
        await store.samples.forget("a")
    await store.samples.add("a", NOON, 2.0, keep=3)
    assert (list(await store.samples.list("a")), list(await store.samples.due(NOON, 10))) == ([], [])
