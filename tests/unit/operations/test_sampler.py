"""The sampler: rounds are stepped by hand, time is a number."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from deltaic.model.context import Context, Scope
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.meter import KIND, Meter, MeterSpec, Subject, decoded
from deltaic.model.metric import Measure, Metric
from deltaic.operations import sampler as sampler_module
from deltaic.operations.sampler import IDLE, ORPHAN_AGE, Sampler
from deltaic.ports.samples import Due
from deltaic.services.meters import MeterService
from deltaic.services.records import RecordService
from tests.fakes.driver import FakeDriver
from tests.fakes.store import FakeStore
from tests.unit.operations.world import CALLER

ANN = Context(CALLER, Scope("default", "dc-1"), "r-1")
MINUTE = timedelta(minutes=1)


class World:
    def __init__(self) -> None:
        self.driver = FakeDriver()
        self.store = FakeStore()
        self.now = datetime.now(UTC) + timedelta(seconds=1)
        self.meters = MeterService(self.store, RecordService(self.store))
        self.sampler = Sampler(lambda name: self.driver, self.store, kept=3, now=lambda: self.now)
        self.measure(1.0, 2.0)

    def measure(self, cpu: float, memory: float) -> None:
        """What the machine uses from now on."""
        pairs = ((Measure.CPU_USAGE, cpu), (Measure.MEMORY_USED, memory))
        self.driver.metrics.figures["vm-1"] = [Metric(name, value, self.now) for name, value in pairs]

    async def meter(self, measure: Measure = Measure.CPU_USAGE, interval: int = 60) -> Meter:
        spec = MeterSpec(subject=Subject.INSTANCE, subject_id="vm-1", measure=measure, interval=interval)
        return await self.meters.create(ANN, spec)

    async def values(self, meter: Meter) -> list[float]:
        return [one.value for one in await self.store.samples.list(meter.id)]

    async def kept(self, meter: Meter) -> Meter | None:
        record = await self.store.records.get(ANN.owner, KIND, meter.id)
        return decoded(record.content) if record else None


@pytest.fixture
def world() -> World:
    return World()


async def test_a_meter_is_sampled_at_its_interval(world: World) -> None:
    meter = await world.meter()
    for number in range(5):
        world.measure(float(number), 0.0)
        assert await world.sampler.round() == 1
        assert await world.sampler.round() == 0
        world.now += MINUTE
    assert await world.values(meter) == [2.0, 3.0, 4.0]


async def test_meters_of_one_machine_share_a_read(world: World) -> None:
    cpu, memory = await world.meter(), await world.meter(Measure.MEMORY_USED)
    await world.sampler.round()
    assert (await world.values(cpu), await world.values(memory)) == ([1.0], [2.0])
    assert world.driver.metrics.reads == ["vm-1"]


async def test_what_was_missed_is_not_made_up_for(world: World) -> None:
    meter = await world.meter()
    await world.sampler.round()
    world.now += 100 * MINUTE
    assert [await world.sampler.round() for _ in range(3)] == [1, 0, 0]
    assert len(await world.values(meter)) == 2


async def test_a_figure_that_the_cloud_does_not_have_leaves_no_sample(world: World) -> None:
    meter = await world.meter(Measure.NETWORK_IN)
    await world.sampler.round()
    assert await world.values(meter) == []
    assert world.store.samples.dates[meter.id].due_at > world.now


async def test_a_stopped_meter_is_not_sampled(world: World) -> None:
    meter = await world.meter()
    await world.meters.stop(ANN, meter.id)
    world.now += IDLE + MINUTE
    assert await world.sampler.round() == 1
    assert await world.values(meter) == []
    assert world.store.samples.dates[meter.id].due_at >= world.now + IDLE - 2 * MINUTE


@pytest.mark.parametrize("running", [True, False])
async def test_a_meter_goes_with_its_machine(world: World, running: bool) -> None:
    meter = await world.meter()
    if not running:
        await world.meters.stop(ANN, meter.id)
    del world.driver.metrics.figures["vm-1"]
    world.now += IDLE + MINUTE
    await world.sampler.round()
    assert (await world.kept(meter), world.store.samples.dates) == (None, {})
    assert world.driver.metrics.reads == ["vm-1", "vm-1"]


async def test_a_meter_whose_time_is_over_goes(world: World) -> None:
    meter = await world.meter()
    await world.meters.edit(ANN, meter.id, lambda old: replace(old, expires_at=world.now))
    await world.sampler.round()
    assert (await world.kept(meter), world.store.samples.dates, world.driver.metrics.reads) == (None, {}, [])


@pytest.mark.parametrize("kind", [ErrorKind.UNAUTHENTICATED, ErrorKind.FORBIDDEN])
async def test_a_refused_login_stops_a_meter_at_once(world: World, kind: ErrorKind) -> None:
    meter = await world.meter()
    world.driver.metrics.fault = Error(kind, "refused")
    await world.sampler.round()
    kept = await world.kept(meter)
    assert kept is not None
    assert (kept.running, kept.stopped_at) == (False, world.now)
    world.now += MINUTE
    await world.sampler.round()
    assert len(world.driver.metrics.reads) == 2
    world.now += MINUTE
    await world.sampler.round()
    assert len(world.driver.metrics.reads) == 2


async def test_a_login_that_nobody_knows_any_more_stops_a_meter(world: World) -> None:
    meter = await world.meter()
    world.store.logins.rows.clear()
    await world.sampler.round()
    kept = await world.kept(meter)
    assert kept is not None
    assert (kept.running, world.driver.metrics.reads) == (False, [])


async def test_an_engine_that_is_away_costs_a_sample_only(world: World) -> None:
    meter = await world.meter()
    world.driver.metrics.fault = Error(ErrorKind.UNAVAILABLE, "away")
    await world.sampler.round()
    world.driver.metrics.fault = None
    world.now += MINUTE
    await world.sampler.round()
    assert await world.values(meter) == [1.0]


async def test_of_a_cloud_that_is_away_no_more_is_asked_in_a_round(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sampler_module, "PARALLEL", 1)
    world.sampler = Sampler(lambda name: world.driver, world.store, now=lambda: world.now)
    for number in range(5):
        spec = MeterSpec(subject=Subject.INSTANCE, subject_id=f"vm-{number}", measure=Measure.CPU_USAGE, interval=60)
        await world.meters.create(ANN, spec)
    world.driver.metrics.fault = Error(ErrorKind.TIMEOUT, "away")
    assert await world.sampler.round() == 5
    assert len(world.driver.metrics.reads) == 1
    world.now += MINUTE
    await world.sampler.round()
    assert len(world.driver.metrics.reads) == 2


async def test_a_meter_that_can_not_be_read_does_not_stand_before_the_others(world: World) -> None:
    broken, good = await world.meter(), await world.meter(Measure.MEMORY_USED)
    key = (ANN.owner, KIND, broken.id)
    world.store.records.rows[key] = replace(world.store.records.rows[key], content=b"{}")
    await world.sampler.round()
    assert world.store.samples.dates[broken.id].due_at > world.now
    assert await world.values(good) == [2.0]


async def test_a_login_is_kept_as_long_as_a_meter_needs_it(world: World) -> None:
    await world.meter()
    principal, _ = world.store.logins.rows[CALLER.id]
    old = datetime.now(UTC) - timedelta(days=1)
    world.store.logins.rows[CALLER.id] = (principal, old)
    await world.sampler.round()
    assert world.store.logins.rows[CALLER.id][1] > old


async def test_a_date_without_a_meter_is_dropped_when_it_is_old(world: World) -> None:
    await world.store.samples.schedule("m-1", ANN.owner, world.now, world.now)
    await world.sampler.round()
    assert "m-1" in world.store.samples.dates
    world.now += ORPHAN_AGE + MINUTE
    await world.sampler.round()
    assert world.store.samples.dates == {}


async def test_another_gateway_takes_what_it_claimed_first(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    meter = await world.meter()
    other = Sampler(lambda name: world.driver, world.store, now=lambda: world.now)
    due = await world.store.samples.due(world.now, 9)

    async def both(now: datetime, limit: int) -> object:
        return due

    monkeypatch.setattr(world.store.samples, "due", both)
    await asyncio.gather(world.sampler.round(), other.round())
    assert await world.values(meter) == [1.0]


async def test_it_goes_on_after_a_fault_of_the_store(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    meter = await world.meter()
    sampled = asyncio.Event()
    true_due, true_add = world.store.samples.due, world.store.samples.add
    faults = [Error(ErrorKind.UNAVAILABLE, "the database is away"), RuntimeError("a defect")]

    async def due(now: datetime, limit: int) -> Sequence[Due]:
        if faults:
            raise faults.pop()
        return await true_due(now, limit)

    async def add(meter_id: str, taken_at: datetime, value: float, keep: int) -> None:
        await true_add(meter_id, taken_at, value, keep)
        sampled.set()

    monkeypatch.setattr(world.store.samples, "due", due)
    monkeypatch.setattr(world.store.samples, "add", add)
    running = asyncio.create_task(
        Sampler(lambda name: world.driver, world.store, poll=0.0, now=lambda: world.now).run()
    )
    async with asyncio.timeout(5):
        await sampled.wait()
    running.cancel()
    assert (faults, await world.values(meter)) == ([], [1.0])


def test_a_batch_is_bounded() -> None:
    assert sampler_module.PARALLEL < sampler_module.BATCH
