"""Meters as their owners see them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from deltaic.model.context import Context, Principal, Scope
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.meter import Meter, MeterSpec, Subject
from deltaic.model.metric import Measure
from deltaic.model.secret import Secret
from deltaic.services.identity import now
from deltaic.services.meters import MeterService
from deltaic.services.records import RecordService
from tests.fakes.store import FakeStore

ANN = Context(Principal("user:ann", "ann@internal", Secret("pw")), Scope("default", "dc-1", "USER"), "r-1")
BOB = Context(Principal("user:bob", "bob@internal", Secret("pw")), Scope("default", "dc-1"), "r-2")
SPEC = MeterSpec(subject=Subject.INSTANCE, subject_id="vm-1", measure=Measure.CPU_USAGE, interval=60, name="cpu")


class World:
    def __init__(self) -> None:
        self.store = FakeStore()
        self.meters = MeterService(self.store, RecordService(self.store), shortest=15, most=2)


@pytest.fixture
def world() -> World:
    return World()


def refused(caught: Any) -> tuple[ErrorKind, str]:
    return caught.value.kind, caught.value.field


async def test_a_meter_is_its_makers_and_runs_with_their_login(world: World) -> None:
    made = await world.meters.create(ANN, SPEC)
    assert (made.spec, made.running, made.stopped_at) == (SPEC, True, None)
    told = (made.principal_id, made.provider, made.data_center, made.view)
    assert told == ("user:ann", "default", "dc-1", "USER")
    assert await world.meters.get(ANN, made.id) == made
    assert await world.meters.list(BOB) == []
    assert "user:ann" in world.store.logins.rows
    due = world.store.samples.dates[made.id]
    assert (due.owner, due.due_at <= now()) == (ANN.owner, True)
    for verb in (world.meters.get, world.meters.stop, world.meters.start, world.meters.samples, world.meters.delete):
        with pytest.raises(Error) as caught:
            await verb(BOB, made.id)
        assert caught.value.kind is ErrorKind.NOT_FOUND


async def test_it_stops_and_starts(world: World) -> None:
    made = await world.meters.create(ANN, SPEC)
    stopped = await world.meters.stop(ANN, made.id)
    assert (stopped.running, stopped.stopped_at is not None) == (False, True)
    assert (await world.meters.stop(ANN, made.id)).stopped_at == stopped.stopped_at
    assert world.store.samples.dates[made.id].due_at > now() + timedelta(minutes=50)
    again = Context(Principal("key:AKIA1", "ann@internal", Secret("pw")), Scope("default"), "r-3")
    started = await world.meters.start(again, made.id)
    assert (started.running, started.stopped_at, started.principal_id) == (True, None, "key:AKIA1")
    assert world.store.samples.dates[made.id].due_at <= now()


async def test_it_goes_with_its_samples(world: World) -> None:
    made = await world.meters.create(ANN, SPEC)
    await world.store.samples.add(made.id, now(), 1.5, 10)
    assert [one.value for one in await world.meters.samples(ANN, made.id)] == [1.5]
    await world.meters.delete(ANN, made.id)
    assert (world.store.samples.dates, world.store.samples.rows, await world.meters.list(ANN)) == ({}, {}, [])


async def test_one_whose_time_is_over_is_not_there(world: World) -> None:
    made = await world.meters.create(ANN, SPEC)

    def expire(meter: Meter) -> Meter:
        return replace(meter, expires_at=now() - timedelta(seconds=1))

    await world.meters.edit(ANN, made.id, expire)
    assert await world.meters.list(ANN) == []
    with pytest.raises(Error) as caught:
        await world.meters.get(ANN, made.id)
    assert caught.value.kind is ErrorKind.NOT_FOUND


async def test_one_from_before_the_limits_changed_can_be_stopped(world: World) -> None:
    made = await world.meters.create(ANN, SPEC)
    stricter = MeterService(world.store, RecordService(world.store), shortest=61)
    assert (await stricter.stop(ANN, made.id)).running is False
    with pytest.raises(Error) as caught:
        await stricter.edit(ANN, made.id, lambda old: replace(old, spec=replace(old.spec, interval=60 - 1)))
    assert refused(caught) == (ErrorKind.INVALID, "interval")


async def test_limits(world: World) -> None:
    for interval in (14, 2**63 - 1):
        with pytest.raises(Error) as caught:
            await world.meters.create(ANN, replace(SPEC, interval=interval))
        assert refused(caught) == (ErrorKind.INVALID, "interval")
    with pytest.raises(Error) as caught:
        await world.meters.create(ANN, replace(SPEC, subject=Subject.VOLUME))
    assert refused(caught) == (ErrorKind.INVALID, "measure")
    first = await world.meters.create(ANN, SPEC)
    with pytest.raises(Error) as caught:
        await world.meters.edit(ANN, first.id, lambda old: replace(old, spec=replace(SPEC, interval=1)))
    assert refused(caught) == (ErrorKind.INVALID, "interval")
    await world.meters.create(ANN, SPEC)
    with pytest.raises(Error) as caught:
        await world.meters.create(ANN, SPEC)
    assert caught.value.kind is ErrorKind.QUOTA
    assert len(world.store.samples.dates) == 2
