"""Flows of networks and interfaces, and the interfaces of a launch, through deaths at their step boundaries."""

from __future__ import annotations

import msgspec
import pytest
from msgspec.structs import replace

from deltaic.model.annotation import Annotation, Want
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.instance import InstanceState
from deltaic.model.network import Network, NetworkSpec
from deltaic.model.nic import Nic, NicChanges
from deltaic.operations.outcome import read
from tests.fakes.operations import MemoryJournal
from tests.unit.operations.world import World, fault, spec

SPEC = NetworkSpec("backend", "dc-1", annotation=Annotation(launch="network:1"))
NICS = tuple(Nic(f"nic-{number}", f"nic{number}", instance_id="vm-1") for number in (1, 2, 3))


@pytest.fixture
def world() -> World:
    return World()


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_network_is_made_once(world: World, when: str) -> None:
    outcome = await world.run("network-create", SPEC, MemoryJournal((0, when)))
    (made,) = world.driver.networks.rows
    assert outcome.get().decode() == made.id
    assert world.driver.networks.changes == [("create", made.id)]
    assert msgspec.json.decode(read(world.journal.events["accepted"]).get(), type=Network) == made


async def test_a_busy_cloud_is_asked_again(world: World) -> None:
    world.driver.networks.faults["create"] = [fault(ErrorKind.UNAVAILABLE), fault(ErrorKind.BUSY)]
    await world.run("network-create", SPEC)
    assert [verb for verb, _ in world.driver.networks.changes] == ["create"]


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_network_that_was_made_in_part_is_taken_back(world: World, when: str) -> None:
    world.driver.networks.faults["create"] = [fault(ErrorKind.FORBIDDEN)]
    outcome = await world.run("network-create", SPEC, MemoryJournal((1, when)))
    with pytest.raises(Error) as caught:
        outcome.get()
    assert caught.value.kind is ErrorKind.FORBIDDEN
    assert [name for name, _ in world.journal.entries] == ["create", "withdraw"]
    assert world.driver.networks.rows == []


async def test_a_network_of_somebody_else_is_not_taken_back(world: World) -> None:
    other = Network("net-9", "backend", "dc-1", annotation=Annotation(launch="network:other"))
    world.driver.networks.rows.append(other)
    with pytest.raises(Error) as caught:
        (await world.run("network-create", SPEC)).get()
    assert caught.value.kind is ErrorKind.ALREADY_EXISTS
    assert world.driver.networks.rows == [other]


@pytest.mark.parametrize("when", ["before", "after"])
async def test_an_interface_waits_for_its_machine(world: World, when: str) -> None:
    world.machines.add(InstanceState.CREATING, nics=NICS)
    journal = MemoryJournal((0, when))
    asked: list[int] = []

    def unlock() -> None:
        asked.append(1)
        if len(asked) == 3:
            world.machines.become("vm-1", InstanceState.STOPPED)

    world.driver.interfaces.before = unlock
    given = {"id": "vm-1", "nic": "nic-2", "changes": NicChanges(plugged=False)}
    assert (await world.run("interface-update", given, journal)).get() == b"changed"
    assert [nic.plugged for nic in world.machines.machines["vm-1"].nics] == [True, False, True]
    assert (await world.run("interface-delete", given, MemoryJournal((0, when)))).get() == b"removed"
    assert [nic.id for nic in world.machines.machines["vm-1"].nics] == ["nic-1", "nic-3"]


async def test_an_interface_that_is_gone_is_removed_but_not_changed(world: World) -> None:
    world.machines.add(InstanceState.STOPPED)
    given = {"id": "vm-1", "nic": "nic-2", "changes": NicChanges(plugged=False)}
    assert (await world.run("interface-delete", given, MemoryJournal())).get() == b"removed"
    with pytest.raises(Error) as caught:
        (await world.run("interface-update", given, MemoryJournal())).get()
    assert (caught.value.kind, caught.value.resource) == (ErrorKind.NOT_FOUND, "network_interface")


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_launch_brings_interfaces_to_their_states_before_the_start(world: World, when: str) -> None:
    wanted = replace(spec(), nic_changes=(NicChanges(), NicChanges(linked=False), NicChanges(plugged=False)))
    world.machines.creation_looks = 2
    states: list[InstanceState] = []
    world.driver.interfaces.before = lambda: states.append(world.machines.machines["vm-1"].state)
    world.machines.faults.after["create"] = [lambda: _with_nics(world)]
    await world.run("launch", wanted, MemoryJournal((2, when)))
    assert [name for name, _ in world.journal.entries] == ["create", "settle", "interfaces", "start", "run", "finish"]
    machine = world.machines.machines["vm-1"]
    assert [(nic.linked, nic.plugged) for nic in machine.nics] == [(True, True), (False, True), (True, False)]
    assert set(states) == {InstanceState.STOPPED}
    assert (machine.state, world.want("vm-1")) == (InstanceState.RUNNING, None)


def _with_nics(world: World, number: int = len(NICS)) -> None:
    world.machines.machines["vm-1"] = replace(world.machines.machines["vm-1"], nics=NICS[:number])


async def test_a_launch_brings_interfaces_to_their_states_that_its_machine_is_still_owed(world: World) -> None:
    wanted = replace(
        spec(Want.STOPPED), nic_changes=(NicChanges(linked=False), NicChanges(), NicChanges(plugged=False))
    )

    def given_at_the_first_change() -> None:
        if not world.machines.machines["vm-1"].nics[1:]:
            _with_nics(world)

    world.machines.faults.after["create"] = [lambda: _with_nics(world, 1)]
    world.driver.interfaces.before = given_at_the_first_change
    await world.run("launch", wanted)
    machine = world.machines.machines["vm-1"]
    assert [(nic.linked, nic.plugged) for nic in machine.nics] == [(False, True), (True, True), (True, False)]


async def test_a_launch_that_asks_nothing_of_its_interfaces_has_no_step_for_them(world: World) -> None:
    await world.run("launch", replace(spec(Want.STOPPED), nic_changes=(NicChanges(),)))
    assert "interfaces" not in [name for name, _ in world.journal.entries]
