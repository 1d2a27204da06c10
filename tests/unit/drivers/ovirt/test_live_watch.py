"""Figures and events through the driver, from the simulator over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from deltaic.drivers.ovirt import events as events_module
from deltaic.drivers.ovirt.client import Client
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.event import Change, EventKind, Outcome, Severity
from deltaic.model.instance import InstanceState
from deltaic.model.metric import Measure, Unit
from ovirt_engine_sim.entities.statistics import statistics_of
from ovirt_engine_sim.entity import Entity
from ovirt_engine_sim.events import record
from tests.unit.drivers.ovirt.conftest import DEFAULT, RUNNING_VM, STOPPED_VM, World


def engine_figures(world: World, entity: Entity) -> dict[str, float]:
    """The engine's own figures of an object, by the engine's names."""
    return {
        row.data["name"]: row.data["values"][0]["datum"]
        for row in statistics_of(world.engine, entity)
        if row.data["values"] and "datum" in row.data["values"][0]
    }


def entity(world: World, kind: str, identity: str) -> Entity:
    found = world.engine.get(kind, identity)
    assert found is not None
    return found


@pytest.fixture
def paths(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The collections that the driver reads, in order."""
    seen: list[str] = []
    read = Client.read

    async def watched(client: Client, context: Any, path: str, type_: Any, **options: Any) -> Any:
        seen.append(path)
        return await read(client, context, path, type_, **options)

    monkeypatch.setattr(Client, "read", watched)
    return seen


class TestMetrics:
    async def test_a_running_machine_has_the_engines_figures(self, world: World) -> None:
        found = {one.name: one.value for one in await world.driver.metrics.read(world.context(), RUNNING_VM)}
        engine = engine_figures(world, entity(world, "vm", RUNNING_VM))
        nics = [engine_figures(world, nic) for nic in world.engine.children("nic", RUNNING_VM)]
        disks = [
            entity(world, "disk", one.id) for one in world.engine.all("disk_attachment") if one.parent == RUNNING_VM
        ]
        assert engine["cpu.current.total"] > 0
        assert len(nics) == 1
        assert len(disks) >= 1
        assert found == {
            Measure.CPU_USAGE: engine["cpu.current.total"],
            Measure.MEMORY_USED: engine["memory.used"],
            Measure.NETWORK_IN: nics[0]["data.current.rx"],
            Measure.NETWORK_OUT: nics[0]["data.current.tx"],
            Measure.STORAGE_USED: sum(disk.data["actual_size"] for disk in disks),
            Measure.STORAGE_READ: sum(engine_figures(world, disk)["data.current.read"] for disk in disks),
            Measure.STORAGE_WRITE: sum(engine_figures(world, disk)["data.current.write"] for disk in disks),
        }

    async def test_figures_move_with_the_engines_time(self, world: World) -> None:
        values = set()
        for _ in range(3):
            found = {one.name: one for one in await world.driver.metrics.read(world.context(), RUNNING_VM)}
            values.add(found[Measure.CPU_USAGE].value)
            world.advance(15)
        assert len(values) == 3
        assert found[Measure.CPU_USAGE].unit is Unit.PERCENT

    async def test_a_stopped_machine_uses_nothing_but_its_disks(self, world: World) -> None:
        found = {one.name: one.value for one in await world.driver.metrics.read(world.context(), STOPPED_VM)}
        assert found.pop(Measure.STORAGE_USED) > 0
        assert set(found.values()) == {0.0}

    async def test_one_call_reads_everything_of_a_machine(self, world: World, paths: list[str]) -> None:
        await world.driver.metrics.read(world.context(), RUNNING_VM)
        paths.clear()
        await world.driver.metrics.read(world.context(), RUNNING_VM)
        assert paths == ["vms"]

    async def test_a_disk_has_its_own_figures(self, world: World) -> None:
        disk = next(one for one in world.engine.all("disk_attachment") if one.parent == RUNNING_VM)
        found = {one.name: one.value for one in await world.driver.metrics.read_volume(world.context(), disk.id)}
        engine = engine_figures(world, entity(world, "disk", disk.id))
        assert found == {
            Measure.STORAGE_USED: entity(world, "disk", disk.id).data["actual_size"],
            Measure.STORAGE_READ: engine["data.current.read"],
            Measure.STORAGE_WRITE: engine["data.current.write"],
        }

    @pytest.mark.parametrize("wanted", ["no-id", "00000000-0000-0000-0000-00000000abcd"])
    async def test_what_is_not_there_is_not_found(self, world: World, wanted: str) -> None:
        for read in (world.driver.metrics.read, world.driver.metrics.read_volume):
            with pytest.raises(Error) as caught:
                await read(world.context(), wanted)
            assert caught.value.kind is ErrorKind.NOT_FOUND

    async def test_another_data_center_is_another_scope(self, world: World) -> None:
        with pytest.raises(Error) as caught:
            await world.driver.metrics.read(world.context(DEFAULT), RUNNING_VM)
        assert caught.value.kind is ErrorKind.NOT_FOUND


class TestEvents:
    async def test_the_life_of_a_machine(self, world: World) -> None:
        await world.driver.instances.start(world.context(), STOPPED_VM)
        world.advance()
        await world.driver.instances.stop(world.context(), STOPPED_VM, force=True)
        world.advance()
        await world.driver.instances.delete(world.context(), STOPPED_VM)
        world.advance()
        found = await world.driver.events.list(world.context(), instance_ids=[STOPPED_VM])
        told = [(one.code, one.kind, one.outcome) for one in found]
        assert told[0] == ("113", EventKind.MODEL, Outcome.SUCCESS)
        assert ("33", EventKind.STATE, Outcome.SUCCESS) in told
        assert ("150", EventKind.ACCESS, Outcome.PENDING) in told
        by_code = {one.code: one for one in found}
        assert by_code["33"].state is InstanceState.STOPPED
        assert by_code["113"].change is Change.DELETE
        assert by_code["150"].operation == "start"
        assert by_code["150"].user == "admin@internal-authz"
        assert {(one.instance_id, one.instance_name) for one in found} == {(STOPPED_VM, found[0].instance_name)}
        assert [int(one.id) for one in found] == sorted((int(one.id) for one in found), reverse=True)

    async def test_an_error_is_an_alarm(self, world: World) -> None:
        record(world.engine, 119, vm=entity(world, "vm", RUNNING_VM), reason="it broke")
        newest = (await world.driver.events.list(world.context(), instance_ids=[RUNNING_VM]))[0]
        assert (newest.severity, newest.kind, newest.outcome) == (Severity.ERROR, EventKind.ALARM, Outcome.FAILURE)
        assert newest.text.endswith("is down with error. Exit message: it broke.")

    async def test_pages_give_as_many_as_are_wanted_and_none_twice(
        self, world: World, paths: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(events_module, "PAGE", 10)
        written = [record(world.engine, 35, vm=entity(world, "vm", RUNNING_VM)).id for _ in range(35)]
        await world.driver.events.list(world.context(), limit=1)
        paths.clear()
        found = await world.driver.events.list(world.context(), instance_ids=[RUNNING_VM], limit=30)
        assert [one.id for one in found] == written[:-31:-1]
        assert paths == ["events"] * 3
        after = await world.driver.events.list(world.context(), instance_ids=[RUNNING_VM], after=written[29], limit=99)
        assert [one.id for one in after] == written[:29:-1]

    async def test_nothing_older_than_wanted(self, world: World) -> None:
        vm = entity(world, "vm", RUNNING_VM)
        record(world.engine, 35, vm=vm)
        world.advance(3600)
        young = record(world.engine, 35, vm=vm).id
        since = datetime.fromtimestamp(world.engine.now() / 1000, UTC) - timedelta(minutes=5)
        found = await world.driver.events.list(world.context(), instance_ids=[RUNNING_VM], since=since)
        assert [one.id for one in found] == [young]

    async def test_the_scope_is_the_data_center(self, world: World) -> None:
        mine = record(world.engine, 35, vm=entity(world, "vm", RUNNING_VM)).id
        here = await world.driver.events.list(world.context())
        there = await world.driver.events.list(world.context(DEFAULT))
        assert mine in {one.id for one in here}
        assert mine not in {one.id for one in there}
        elsewhere = await world.driver.events.list(world.context(DEFAULT), instance_ids=[RUNNING_VM])
        assert elsewhere == []

    async def test_ids_that_no_machine_can_have_are_not_asked_for(self, world: World, paths: list[str]) -> None:
        assert await world.driver.events.list(world.context(), instance_ids=["x or id=1"]) == []
        assert "events" not in paths

    async def test_an_id_of_a_wrong_form_is_refused(self, world: World) -> None:
        with pytest.raises(Error) as caught:
            await world.driver.events.list(world.context(), after="1 or 1")
        assert (caught.value.kind, caught.value.field) == (ErrorKind.INVALID, "after")
