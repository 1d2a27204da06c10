"""Jobs from request to end, over a store and operations in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from msgspec.structs import replace

from deltaic.model.context import Context, Principal, Scope
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.job import FlowLink, Job, JobState
from deltaic.model.secret import Secret
from deltaic.ports.operations import CALLED_OFF, FlowInput, FlowStep
from deltaic.services.flows import FlowStarter
from deltaic.services.identity import now
from deltaic.services.job_ends import GRACE
from deltaic.services.jobs import MOST_JOBS, JobChanges, JobService
from tests.fakes.inline import InlineOperations
from tests.fakes.store import FakeStore

ME = Context(Principal("key:1", "me@internal", Secret("p")), Scope("default"), "request-1")
YOU = replace(ME, principal=Principal("key:2", "you@internal", Secret("p")))


class World:
    """A flow `launch` that waits for `release`, and then ends as `result` says."""

    def __init__(self) -> None:
        self.store = FakeStore()
        self.operations = InlineOperations()
        self.release = asyncio.Event()
        self.result: bytes | Error = b"vm-1"
        self.operations.register({"launch": self._flow, "start": self._flow, "stop": self._flow})
        self.jobs = JobService(self.store, self.operations)
        self.flows = FlowStarter(self.operations, self.store, self.jobs)

    async def _flow(self, step: FlowStep, given: FlowInput) -> bytes:
        await self.release.wait()
        if isinstance(self.result, Error):
            raise self.result
        return self.result

    async def ended(self) -> None:
        self.release.set()
        await self.operations.settle()

    async def asked(self, *flows: str, context: Context = ME) -> Context:
        """A request that started flows and was answered."""
        working = await self.jobs.begin(context, "add", "machines")
        for flow_id in flows:
            await self.flows.start(working, flow_id.partition(":")[0], flow_id, {})
        await self.jobs.settle(working, ["machines/vm-1"] if flows else [])
        return working

    def age(self, job_id: str) -> None:
        """Let a job be one of long ago."""
        job = self.store.jobs.rows[job_id]
        past = now() - GRACE - timedelta(minutes=1)
        links = tuple(FlowLink(link.id, past, link.passed) for link in job.flows)
        self.store.jobs.rows[job_id] = replace(job, created_at=past, changed_at=past, flows=links)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    made = World()
    yield made
    await made.operations.close()


async def refusal(call: object) -> ErrorKind:
    with pytest.raises(Error) as refused:
        await call  # type: ignore[misc]
    return refused.value.kind


async def test_a_request_without_flows_succeeds_as_it_ends(world: World) -> None:
    working = await world.jobs.begin(ME, "edit", "machines/1")
    assert world.store.jobs.rows == {}
    await world.jobs.settle(working, ["machines/1"])
    job = await world.jobs.look(working)
    assert (job.state, job.progress, job.affected, job.target) == (
        JobState.SUCCESS,
        100,
        ("machines/1",),
        "machines/1",
    )
    assert await refusal(world.jobs.get(YOU, job.id)) is ErrorKind.NOT_FOUND
    assert await world.jobs.list(YOU) == []


async def test_a_refused_request_leaves_nothing(world: World) -> None:
    working = await world.jobs.begin(ME, "edit", "machines/1")
    await world.jobs.fail(working, Error(ErrorKind.INVALID, "no"))
    assert world.store.jobs.rows == {}
    working = await world.jobs.begin(ME, "add", "machines")
    await world.flows.start(working, "launch", "launch:1", {})
    world.result = Error(ErrorKind.QUOTA, "full")
    await world.ended()
    await world.jobs.fail(working, world.result)
    assert world.store.jobs.rows == {}


async def test_a_request_that_ran_out_of_time_keeps_the_job_of_what_goes_on(world: World) -> None:
    working = await world.jobs.begin(ME, "add", "machines")
    await world.flows.start(working, "launch", "launch:1", {})
    await world.jobs.fail(working, Error(ErrorKind.TIMEOUT, "late"))
    assert (await world.jobs.look(working)).state is JobState.RUNNING
    await world.ended()
    job = await world.jobs.look(working)
    assert (job.state, job.affected) == (JobState.SUCCESS, ("machines/vm-1",))


async def test_a_job_ends_as_its_flow_does(world: World) -> None:
    working = await world.asked("launch:1")
    running = await world.jobs.look(working)
    assert (running.state, running.progress, running.affected) == (JobState.RUNNING, 50, ("machines/vm-1",))
    world.result = Error(ErrorKind.CAPACITY, "No host has room")
    await world.ended()
    job = await world.jobs.look(working)
    assert (job.state, job.error, job.message, job.progress) == (
        JobState.FAILED,
        "capacity",
        "No host has room",
        100,
    )
    assert world.store.jobs.rows[job.id] == job
    world.operations.attempts.clear()
    assert await world.jobs.look(working) == job


async def test_flows_started_at_once_are_all_linked(world: World) -> None:
    working = await world.jobs.begin(ME, "add", "machines")
    await asyncio.gather(*(world.flows.start(working, "launch", f"launch:{n}", {}) for n in range(5)))
    assert sorted(link.id for link in world.store.jobs.rows[working.job].flows) == [f"launch:{n}" for n in range(5)]


async def test_a_second_request_joins_the_running_flow(world: World) -> None:
    first, second = await world.asked("start:1"), await world.asked("start:1")
    assert world.operations.started == [("start", "start:1")]
    await world.ended()
    assert [(await world.jobs.look(one)).state for one in (first, second)] == [JobState.SUCCESS] * 2


async def test_an_older_outcome_is_not_taken_for_ones_own(world: World) -> None:
    world.result = Error(ErrorKind.CAPACITY, "No host has room")
    first = await world.asked("start:1")
    await world.ended()
    world.release.clear()
    world.result = b"started"
    second = await world.asked("start:1")
    assert (await world.jobs.look(second)).state is JobState.RUNNING
    await world.ended()
    assert (await world.jobs.look(second)).state is JobState.SUCCESS
    assert (await world.jobs.look(first)).state is JobState.FAILED


async def test_a_sweep_ends_what_nobody_looks_at(world: World) -> None:
    working = await world.asked("launch:1")
    lost = await world.jobs.begin(ME, "add", "machines")
    await world.jobs.link(lost, "launch", "launch:never")
    assert await world.jobs.sweep(timedelta(days=1)) == 0
    world.age(lost.job)
    await world.ended()
    assert await world.jobs.sweep(timedelta(days=1)) == 2
    rows = world.store.jobs.rows
    assert [rows[one.job].state for one in (working, lost)] == [JobState.SUCCESS, JobState.FAILED]
    assert "gateway was stopped" in rows[lost.job].message
    world.age(working.job)
    await world.jobs.sweep(timedelta(minutes=1))
    assert list(rows) == [lost.job]


async def test_only_so_many_jobs_are_kept(world: World) -> None:
    for n in range(MOST_JOBS + 100):
        at = now()
        await world.store.jobs.create(Job(f"j{n:05}", ME.owner, "edit", "machines/1", at, at, state=JobState.SUCCESS))
    for _ in range(64):
        await world.asked()
    assert len(world.store.jobs.rows) == MOST_JOBS


class TestParts:
    async def test_a_part_is_the_same_when_repeated(self, world: World) -> None:
        whole = await world.jobs.begin(ME, "add", "systems")
        await world.flows.start(whole, "stop", "stop:whole", {})
        await world.jobs.settle(whole)
        one = await world.jobs.begin(whole, "add", "machines", part="one")
        assert await world.jobs.begin(whole, "add", "machines", part="one") == one
        other = await world.jobs.begin(whole, "add", "machines", part="other")
        assert len({whole.job, one.job, other.job}) == 3
        await world.jobs.settle(one, ["machines/1"])
        await world.jobs.settle(one, ["machines/1"])
        assert [part.id for part in await world.jobs.parts(ME, whole.job)] == [one.job, other.job]
        assert (await world.jobs.look(one)).state is JobState.SUCCESS
        assert (await world.jobs.look(whole)).state is JobState.RUNNING
        assert await refusal(world.jobs.delete(ME, one.job)) is ErrorKind.CONFLICT
        await world.jobs.fail(other, Error(ErrorKind.QUOTA, "full"))
        await world.ended()
        job = await world.jobs.look(whole)
        assert (job.state, job.message) == (JobState.FAILED, "1 of 2 parts did not succeed: full")
        await world.jobs.delete(ME, whole.job)
        assert world.store.jobs.rows == {}

    async def test_an_unsettled_part_waits_for_the_flow_above(self, world: World) -> None:
        whole = await world.asked("stop:whole")
        one = await world.jobs.begin(whole, "add", "machines", part="one")
        world.age(whole.job)
        world.age(one.job)
        assert (await world.jobs.look(one)).state is JobState.RUNNING
        assert (await world.jobs.look(whole)).state is JobState.RUNNING
        await world.ended()
        assert (await world.jobs.look(whole)).state is JobState.FAILED
        assert (await world.jobs.look(one)).state is JobState.FAILED


class TestStopping:
    async def test_a_launch_can_be_called_off(self, world: World) -> None:
        working = await world.asked("launch:1")
        await world.jobs.stop(ME, working.job)
        assert (await world.jobs.look(working)).state is JobState.STOPPING
        assert await refusal(world.jobs.stop(ME, working.job)) is ErrorKind.CONFLICT
        world.result = CALLED_OFF
        await world.ended()
        assert (await world.jobs.look(working)).state is JobState.STOPPED

    @pytest.mark.parametrize("flows", [(), ("start:1",), ("launch:1", "stop:1")])
    async def test_others_can_not(self, world: World, flows: tuple[str, ...]) -> None:
        working = await world.asked(*flows)
        assert await refusal(world.jobs.stop(ME, working.job)) is ErrorKind.CONFLICT
        assert await refusal(world.jobs.stop(YOU, working.job)) is ErrorKind.NOT_FOUND
        assert await refusal(world.jobs.stop(ME, "unknown")) is ErrorKind.NOT_FOUND

    async def test_what_runs_is_deleted_only_if_it_can_be_stopped(self, world: World) -> None:
        launch, start = await world.asked("launch:1"), await world.asked("start:1")
        assert await refusal(world.jobs.delete(ME, start.job)) is ErrorKind.CONFLICT
        await world.jobs.delete(ME, launch.job)
        assert list(world.store.jobs.rows) == [start.job]
        await world.ended()
        await world.jobs.delete(ME, start.job)
        assert await refusal(world.jobs.delete(ME, start.job)) is ErrorKind.NOT_FOUND


async def test_names_are_the_callers(world: World) -> None:
    working = await world.asked("launch:1")
    await world.jobs.edit(ME, working.job, JobChanges(name="mine", properties={"a": "b"}))
    await world.jobs.edit(ME, working.job, JobChanges(description="first"))
    await world.ended()
    job = await world.jobs.look(working)
    assert (job.name, job.description, job.properties, job.state) == ("mine", "first", {"a": "b"}, JobState.SUCCESS)
    assert await refusal(world.jobs.edit(ME, job.id, JobChanges(name="x" * 20_000))) is ErrorKind.INVALID
    assert await refusal(world.jobs.edit(YOU, job.id, JobChanges(name="x"))) is ErrorKind.NOT_FOUND
