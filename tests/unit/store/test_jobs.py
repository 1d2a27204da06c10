"""Jobs as the store keeps them."""

from __future__ import annotations

import asyncio
from datetime import datetime

import pytest
from msgspec.structs import replace

from deltaic.model.errors import Error, ErrorKind
from deltaic.model.job import FlowLink, Job, JobState
from deltaic.store.store import SqlStore

from .records import MINUTE, NOON


def job(job_id: str = "one", owner: str = "me", at: datetime = NOON, **more: object) -> Job:
    return replace(Job(job_id, owner, "start", "machines/1", at, at), **more)


async def test_a_job_is_its_owners(store: SqlStore) -> None:
    kept = job(affected=("machines/2",), properties={"é": "☃"}, parent="zero", progress=20)
    await store.jobs.create(kept)
    assert await store.jobs.get("me", "one") == kept
    assert await store.jobs.get("you", "one") is None
    with pytest.raises(Error) as taken:
        await store.jobs.create(job(owner="you"))
    assert taken.value.kind is ErrorKind.ALREADY_EXISTS
    assert [await store.jobs.delete(owner, "one") for owner in ("you", "me", "me")] == [False, True, False]


async def test_they_are_listed_by_age(store: SqlStore) -> None:
    for each in (job("c"), job("a", at=NOON + MINUTE), job("b"), job("d", "you", parent="a")):
        await store.jobs.create(each)
    assert [each.id for each in await store.jobs.list("me")] == ["b", "c", "a"]
    assert [each.id for each in await store.jobs.parts(["a", "z"])] == ["d"]


async def test_edits_and_links_at_the_same_time_lose_nothing(store: SqlStore, second_store: SqlStore) -> None:
    await store.jobs.create(job())
    nodes = (store, second_store)
    links = (nodes[n % 2].jobs.link("one", FlowLink(f"flow:{n % 8}", NOON)) for n in range(16))
    edits = (
        nodes[n % 2].jobs.edit("me", "one", lambda old, n=n: replace(old, affected=(*old.affected, f"{n}")))
        for n in range(8)
    )
    await asyncio.gather(*links, *edits)
    kept = await store.jobs.get("me", "one")
    assert kept is not None
    assert sorted(link.id for link in kept.flows) == [f"flow:{n}" for n in range(8)]
    assert sorted(kept.affected) == [str(n) for n in range(8)]


async def test_links(store: SqlStore) -> None:
    await store.jobs.create(job())
    await store.jobs.link("one", FlowLink("start:1", NOON))
    await store.jobs.link("one", FlowLink("start:1", NOON + MINUTE))
    await store.jobs.link("nowhere", FlowLink("start:1", NOON))
    assert await store.jobs.get("me", "one") == job(flows=(FlowLink("start:1", NOON),))


async def test_an_edit_needs_the_owner(store: SqlStore) -> None:
    await store.jobs.create(job())
    with pytest.raises(Error) as unknown:
        await store.jobs.edit("you", "one", lambda old: replace(old, name="mine"))
    assert unknown.value.kind is ErrorKind.NOT_FOUND
    assert await store.jobs.edit("me", "one", lambda old: replace(old, name="mine")) == job(name="mine")


async def test_unfinished_ones_come_page_by_page(store: SqlStore) -> None:
    for n in range(5):
        await store.jobs.create(job(f"j{n}", f"owner {n}", state=JobState.SUCCESS if n == 1 else JobState.RUNNING))
    await store.jobs.edit("owner 3", "j3", lambda old: replace(old, state=JobState.STOPPED))
    first = await store.jobs.unfinished(2)
    assert [each.id for each in first] == ["j0", "j2"]
    assert [each.id for each in await store.jobs.unfinished(2, "j2")] == ["j4"]


async def test_old_ones_are_forgotten_once_they_are_over(store: SqlStore) -> None:
    over = JobState.FAILED
    for each in (job("old", state=over), job("new", at=NOON + MINUTE, state=over), job("running")):
        await store.jobs.create(each)
    assert await store.jobs.forget_older(NOON + MINUTE) == 1
    assert [each.id for each in await store.jobs.list("me")] == ["running", "new"]


async def test_only_so_many_are_kept(store: SqlStore) -> None:
    over = JobState.SUCCESS
    for n in range(5):
        await store.jobs.create(job(f"j{n}", at=NOON + n * MINUTE, state=JobState.RUNNING if n == 0 else over))
    await store.jobs.create(job("other", "you", state=over))
    assert await store.jobs.keep_newest("me", 2) == 2
    assert [each.id for each in await store.jobs.list("me")] == ["j0", "j3", "j4"]
    assert await store.jobs.keep_newest("you", 2) == 0
