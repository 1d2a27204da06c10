from __future__ import annotations

import msgspec
import pytest

from deltaic.model.annotation import Annotation, Want
from deltaic.model.capability import Capability
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.instance import Instance, InstanceState
from deltaic.operations.flows.terminate import DELETION_SHOWS
from deltaic.operations.outcome import read
from tests.fakes.operations import FAST, Died, MemoryJournal
from tests.unit.operations.world import World, fault

S = InstanceState
ARGUMENTS = {"id": "vm-1"}


@pytest.fixture
def world() -> World:
    return World()


def verbs(world: World) -> list[str]:
    return [verb for verb, _ in world.machines.changes]


async def test_a_running_machine_is_marked_stopped_buried_and_deleted(world: World) -> None:
    world.machines.add(S.RUNNING, annotation=Annotation(owner="me", tags={"Name": "web"}))
    assert (await world.run("terminate", ARGUMENTS)).get() == b"vm-1"
    assert verbs(world) == ["annotate", "force", "delete"]
    assert world.machines.machines == {}
    tombstone = world.store.tombstones.rows["vm-1"]
    assert tombstone.instance.state is S.DELETED
    assert tombstone.instance.annotation.tags == {"Name": "web"}
    assert (tombstone.reason_code, tombstone.reason) == ("Client.UserInitiatedShutdown", "User initiated shutdown")
    assert tombstone.owner == "me"
    before = msgspec.json.decode(read(world.journal.events["accepted"]).get(), type=Instance)
    assert (before.state, before.annotation.want) == (S.RUNNING, Want.TERMINATED)


@pytest.mark.parametrize("state", [S.STOPPED, S.ERROR])
async def test_a_machine_that_is_down_is_deleted_at_once(world: World, state: S) -> None:
    world.machines.add(state)
    assert (await world.run("terminate", ARGUMENTS)).get() == b"vm-1"
    assert verbs(world) == ["annotate", "delete"]


@pytest.mark.parametrize("state", [S.PAUSED, S.SUSPENDED, S.NOT_RESPONDING, S.STARTING, S.MIGRATING, S.REBOOTING])
async def test_whatever_holds_a_host_or_memory_is_cut_off_first(world: World, state: S) -> None:
    world.machines.add(state)
    assert (await world.run("terminate", ARGUMENTS)).get() == b"vm-1"
    assert verbs(world) == ["annotate", "force", "delete"]


async def test_a_cloud_that_cuts_no_power_is_asked_to_stop_it(world: World) -> None:
    world.driver.capability = Capability()
    world.machines.add(S.RUNNING)
    assert (await world.run("terminate", ARGUMENTS)).get() == b"vm-1"
    assert verbs(world) == ["annotate", "stop", "delete"]


@pytest.mark.parametrize("state", [S.CREATING, S.LOCKED])
async def test_a_locked_machine_is_waited_for(world: World, state: S) -> None:
    world.machines.add(state)
    world.machines.become("vm-1", state, 5, S.STOPPED)
    assert (await world.run("terminate", ARGUMENTS)).get() == b"vm-1"
    assert verbs(world) == ["annotate", "delete"]


async def test_a_machine_that_can_not_be_marked_yet_is_accepted_and_marked_later(world: World) -> None:
    world.machines.add(S.CREATING, annotation=Annotation(want=Want.RUNNING))
    world.machines.become("vm-1", S.CREATING, 3, S.STOPPED)
    wants: list[Want | None] = []
    world.machines.faults.before["delete"] = [lambda: wants.append(world.want("vm-1"))]
    assert (await world.run("terminate", ARGUMENTS)).get() == b"vm-1"
    before = msgspec.json.decode(read(world.journal.events["accepted"]).get(), type=Instance)
    assert (before.state, before.annotation.want) == (S.CREATING, Want.RUNNING)
    assert [name for name, _ in world.journal.entries][:2] == ["mark", "mark later"]
    assert wants == [Want.TERMINATED]


async def test_a_machine_that_takes_no_mark_is_removed_where_any_machine_can_be(world: World) -> None:
    world.machines.add(S.ERROR)
    world.machines.faults.before["annotate"] = [fault(ErrorKind.CONFLICT), fault(ErrorKind.CONFLICT)]
    with pytest.raises(Error) as caught:
        (await world.run("terminate", ARGUMENTS)).get()
    assert caught.value.kind is ErrorKind.CONFLICT
    world.driver.capability = Capability(instances_delete_running=True)
    assert (await world.run("terminate", ARGUMENTS, MemoryJournal())).get() == b"vm-1"
    assert verbs(world) == ["delete"]


STEPS = ["mark", "bury 1", "delete 1", "gone 1"]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("position", range(len(STEPS)), ids=STEPS)
async def test_death_at_every_step_boundary_changes_nothing(world: World, position: int, when: str) -> None:
    world.machines.add(S.RUNNING)
    journal = MemoryJournal((position, when))
    assert (await world.run("terminate", ARGUMENTS, journal)).get() == b"vm-1"
    assert [name for name, _ in journal.entries] == STEPS
    assert (world.count("force"), world.count("delete")) == (1, 1)
    assert world.machines.machines == {}
    assert list(world.store.tombstones.rows) == ["vm-1"]


@pytest.mark.parametrize("verb", ["annotate", "force", "delete"])
async def test_death_right_after_the_cloud_accepted_changes_nothing(world: World, verb: str) -> None:
    def die() -> None:
        raise Died

    world.machines.add(S.RUNNING)
    world.machines.faults.after[verb] = [die]
    assert (await world.run("terminate", ARGUMENTS)).get() == b"vm-1"
    assert world.machines.machines == {}
    assert list(world.store.tombstones.rows) == ["vm-1"]


async def test_the_tombstone_is_there_before_the_machine_goes(world: World) -> None:
    seen: list[bool] = []
    world.machines.add(S.STOPPED)
    world.machines.faults.before["delete"] = [lambda: seen.append("vm-1" in world.store.tombstones.rows)]
    await world.run("terminate", ARGUMENTS)
    assert seen == [True]


@pytest.mark.parametrize("verb", ["annotate", "get", "force", "delete"])
@pytest.mark.parametrize("kind", [ErrorKind.BUSY, ErrorKind.UNAVAILABLE, ErrorKind.TIMEOUT])
async def test_passing_trouble_is_sat_out(world: World, verb: str, kind: ErrorKind) -> None:
    world.machines.add(S.RUNNING)
    world.machines.faults.before[verb] = [fault(kind)] * 3
    assert (await world.run("terminate", ARGUMENTS)).get() == b"vm-1"
    assert world.machines.machines == {}


async def test_a_machine_that_is_not_there_is_not_found(world: World) -> None:
    outcome = await world.run("terminate", ARGUMENTS)
    assert outcome.failure is not None
    assert outcome.failure.kind is ErrorKind.NOT_FOUND
    assert outcome.failure.resource_id == "vm-1"


async def test_a_protected_machine_is_not_even_marked(world: World) -> None:
    world.machines.add(S.RUNNING, delete_protected=True)
    outcome = await world.run("terminate", ARGUMENTS)
    assert outcome.failure is not None
    assert outcome.failure.kind is ErrorKind.PROTECTED
    assert world.machines.changes == []


async def test_a_forbidden_deletion_gives_the_machine_back(world: World) -> None:
    world.machines.add(S.STOPPED)
    world.machines.faults.before["delete"] = [fault(ErrorKind.FORBIDDEN)]
    outcome = await world.run("terminate", ARGUMENTS)
    assert outcome.failure is not None
    assert outcome.failure.kind is ErrorKind.FORBIDDEN
    assert world.want("vm-1") is None


async def test_a_machine_that_vanishes_on_the_way_is_a_success(world: World) -> None:
    world.machines.add(S.STOPPED)
    world.machines.faults.before["delete"] = [lambda: world.machines.machines.pop("vm-1")]
    assert (await world.run("terminate", ARGUMENTS)).get() == b"vm-1"


async def test_a_machine_started_between_the_steps_is_cut_off_again(world: World) -> None:
    world.machines.add(S.STOPPED)
    running = Error(ErrorKind.CONFLICT, "The machine is running")

    def start() -> None:
        world.machines.become("vm-1", S.RUNNING)
        raise running

    world.machines.faults.before["delete"] = [start]
    assert (await world.run("terminate", ARGUMENTS)).get() == b"vm-1"
    assert verbs(world) == ["annotate", "force", "delete"]


async def test_a_deletion_that_the_cloud_takes_back_is_asked_for_again(world: World) -> None:
    world.machines.add(S.STOPPED)
    world.machines.faults.after["delete"] = [lambda: world.machines.become("vm-1", S.LOCKED, 2, S.STOPPED)]
    assert (await world.run("terminate", ARGUMENTS)).get() == b"vm-1"
    assert world.count("delete") == 2


async def test_a_machine_that_something_else_had_locked_is_deleted_as_soon_as_it_is_free(world: World) -> None:
    """A snapshot locks it, say: marked and locked, it looks like one that is being deleted."""
    world.machines.add(S.STOPPED)
    world.machines.become("vm-1", S.DELETING, 5, S.STOPPED)
    began = FAST.now()
    assert (await world.run("terminate", ARGUMENTS)).get() == b"vm-1"
    assert world.count("delete") == 1
    assert FAST.now() - began < DELETION_SHOWS


async def test_a_machine_that_can_not_be_deleted_is_given_back_in_the_end(world: World) -> None:
    world.machines.add(S.STOPPED)
    world.machines.faults.after["delete"] = [lambda: world.machines.become("vm-1", S.STOPPED)] * 10
    outcome = await world.run("terminate", ARGUMENTS)
    assert outcome.failure is not None
    assert outcome.failure.kind is ErrorKind.CONFLICT
    assert world.count("delete") == 3
    assert world.want("vm-1") is None


async def test_a_machine_being_launched_is_taken_from_the_launch(world: World) -> None:
    world.machines.add(S.CREATING, annotation=Annotation(want=Want.RUNNING))
    world.machines.become("vm-1", S.CREATING, 3, S.STOPPED)
    wants: list[Want | None] = []
    world.machines.faults.before["delete"] = [lambda: wants.append(world.want("vm-1"))]
    await world.run("terminate", ARGUMENTS)
    assert wants == [Want.TERMINATED]
