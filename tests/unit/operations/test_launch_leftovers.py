"""Machines that a launch's lost answers made beside its own."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from deltaic.model.capability import Capability
from deltaic.model.errors import ErrorKind
from deltaic.model.instance import InstanceState
from deltaic.operations.outcome import read
from tests.unit.operations.world import World, fault, spec

S = InstanceState


@pytest.fixture
def world() -> World:
    return World()


def late_twin(world: World, **members: object) -> Callable[[], None]:
    """What a creation of the same launch makes whose answer was lost."""

    def made() -> None:
        world.machines.add(S.RUNNING, "twin", name="web", annotation=spec().annotation, **members)

    return made


@pytest.mark.parametrize("protected", [False, True])
async def test_a_second_machine_of_a_lost_answer_is_removed(world: World, protected: bool) -> None:
    """The cloud went on with a creation that was asked for again before it showed."""
    world.driver.capability = Capability(instances_delete_running=True)
    world.machines.add(S.RUNNING, "foreign", name="other")
    world.machines.delete_states = set(S)
    world.machines.faults.before["start"] = [late_twin(world, delete_protected=protected)]
    assert (await world.run("launch", spec())).get() == b"vm-1"
    assert sorted(world.machines.machines) == ["foreign", "twin", "vm-1"]
    assert [change for change in world.machines.changes if change[0] == "delete"] == [("delete", "twin")]
    assert world.machines.machines["twin"].delete_protected is False


async def test_the_second_machine_of_a_launch_that_failed_is_removed_too(world: World) -> None:
    world.machines.delete_states = set(S)
    world.machines.faults.before["start"] = [fault(ErrorKind.FORBIDDEN)]
    world.machines.faults.before["get"] = [late_twin(world)]
    assert (await world.run("launch", spec())).failure is not None
    assert [change for change in world.machines.changes if change[0] == "delete"] == [("delete", "twin")]


async def test_a_machine_that_shows_after_its_creation_was_given_up_is_removed(world: World) -> None:
    world.machines.delete_states = set(S)
    world.machines.faults.before["create"] = [fault(ErrorKind.TIMEOUT)] * 40
    world.driver.capability = Capability(instances_delete_running=True)
    looks = iter(range(1000))

    def late() -> None:
        # The looks of the creation itself are over by the tenth.
        if next(looks) == 10:
            late_twin(world)()

    world.machines.faults.before["find_launch"] = [late] * 1000
    outcome = await world.run("launch", spec())
    assert outcome.failure is not None
    # TIMEOUT would tell whoever repeats the token that the launch still goes on.
    assert outcome.failure.kind is ErrorKind.UNAVAILABLE
    assert read(world.journal.events["accepted"]).failure == outcome.failure
    assert world.machines.changes == [("delete", "twin")]
