from __future__ import annotations

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from deltaic.model.annotation import Annotation, Want
from deltaic.model.capability import Capability
from deltaic.model.errors import ErrorKind
from deltaic.model.instance import InstanceState
from deltaic.operations.outcome import read
from tests.fakes.operations import MemoryJournal
from tests.unit.operations.world import World, fault

S = InstanceState
STOP = {"id": "vm-1", "grace": 1.0}
PATIENT_STOP = {"id": "vm-1", "grace": 60_000.0}
START = {"id": "vm-1"}
STARTED = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def world() -> World:
    return World()


def verbs(world: World) -> list[str]:
    return [verb for verb, _ in world.machines.changes]


async def test_an_obedient_guest_is_only_asked(world: World) -> None:
    world.machines.add(S.RUNNING, started_at=STARTED)
    assert (await world.run("stop", PATIENT_STOP)).get() == b"off"
    assert verbs(world) == ["stop"]
    assert read(world.journal.events["accepted"]).get() == b""


@pytest.mark.parametrize("state", [S.STARTING, S.RUNNING])
async def test_a_stop_that_begins_late_leaves_the_next_run_alone(world: World, state: S) -> None:
    """The guest was down, and started again, before the flow had its first look."""
    world.machines.add(state, started_at=STARTED)
    assert (await world.run("stop", {**STOP, "run": 1_000})).get() == b"off"
    assert verbs(world) == []


async def test_a_stop_ends_the_run_that_it_was_meant_for(world: World) -> None:
    world.machines.add(S.RUNNING, started_at=STARTED)
    run = int(STARTED.timestamp() * 1000)
    assert (await world.run("stop", {**PATIENT_STOP, "run": run})).get() == b"off"
    assert verbs(world) == ["stop"]


async def test_a_guest_that_ignores_it_loses_power(world: World) -> None:
    world.machines.add(S.RUNNING, started_at=STARTED)
    world.machines.guest_obeys = False
    assert (await world.run("stop", STOP)).get() == b"forced"
    assert verbs(world) == ["stop", "force"]


async def test_where_runs_can_not_be_told_apart_nobodys_power_is_cut(world: World) -> None:
    """The machine may have been started again since; such a cloud cuts the power of a deaf guest itself."""
    world.driver.capability = Capability()
    world.machines.add(S.RUNNING, started_at=STARTED)
    world.machines.guest_obeys = False
    assert (await world.run("stop", STOP)).get() == b"left"
    assert verbs(world) == ["stop"]


@pytest.fixture
def gentle(world: World) -> World:
    """A cloud that can't cut the power."""
    world.driver.capability = replace(world.driver.capability, instances_stop_with_force=False)
    return world


async def test_where_no_power_can_be_cut_a_slow_guest_gets_its_time(gentle: World) -> None:
    gentle.machines.add(S.RUNNING, started_at=STARTED)
    gentle.machines.stop_looks = 40
    assert (await gentle.run("stop", STOP)).get() == b"off"
    assert verbs(gentle) == ["stop"]


async def test_where_no_power_can_be_cut_a_deaf_guest_is_told(gentle: World) -> None:
    gentle.machines.add(S.RUNNING, started_at=STARTED)
    gentle.machines.guest_obeys = False
    failure = (await gentle.run("stop", STOP)).failure
    assert failure is not None
    assert (failure.kind, failure.retryable, failure.resource_id) == (ErrorKind.UNAVAILABLE, False, "vm-1")
    assert failure.message == "The guest did not shut down, and this cloud can't cut its power"
    assert verbs(gentle) == ["stop"]


async def test_where_no_power_can_be_cut_the_next_run_is_left_alone(gentle: World) -> None:
    gentle.machines.add(S.RUNNING, started_at=STARTED)
    gentle.machines.guest_obeys = False

    def restarted() -> None:
        gentle.machines.add(S.RUNNING, started_at=datetime(2026, 1, 2, tzinfo=UTC))

    gentle.machines.faults.before["get"] = [*[lambda: None] * 20, restarted]
    assert (await gentle.run("stop", STOP)).get() == b"off"
    assert verbs(gentle) == ["stop"]


async def test_a_guest_that_hangs_while_stopping_loses_power(world: World) -> None:
    world.machines.add(S.STOPPING, started_at=STARTED)
    assert (await world.run("stop", STOP)).get() == b"forced"
    assert verbs(world) == ["force"]


@pytest.mark.parametrize("state", [S.STOPPED, S.SUSPENDED, S.LOCKED, S.ERROR])
async def test_what_is_off_stays_untouched(world: World, state: S) -> None:
    world.machines.add(state)
    assert (await world.run("stop", STOP)).get() == b"off"
    assert verbs(world) == []


STEPS = ["shutdown", "wait", "force"]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("position", range(len(STEPS)), ids=STEPS)
async def test_death_at_every_step_boundary_still_stops_it(world: World, position: int, when: str) -> None:
    world.machines.add(S.RUNNING, started_at=STARTED)
    world.machines.guest_obeys = False
    journal = MemoryJournal((position, when))
    await world.run("stop", STOP, journal)
    assert journal.die_at is None
    # Cutting the power of a machine that is on its way down already does no harm.
    assert world.count("force") == (2 if (position, when) == (2, "after") else 1)


async def test_a_machine_started_again_in_the_meantime_is_left_alone(world: World) -> None:
    world.machines.add(S.RUNNING, started_at=STARTED)
    world.machines.guest_obeys = False

    def restarted() -> None:
        machine = world.machines.add(S.RUNNING, started_at=datetime(2026, 1, 2, tzinfo=UTC))
        assert machine.id == "vm-1"

    world.machines.faults.before["get"] = [lambda: None, lambda: None, restarted]
    assert (await world.run("stop", PATIENT_STOP)).get() == b"off"
    assert world.count("force") == 0


async def test_a_gateway_back_after_hours_no_longer_cuts_the_power(world: World) -> None:
    world.machines.add(S.RUNNING, started_at=STARTED)
    world.machines.guest_obeys = False

    def hours_later() -> None:
        world.now += 3 * 3600

    world.machines.faults.before["get"] = [lambda: None, hours_later]
    assert (await world.run("stop", STOP)).get() == b"left"
    assert world.count("force") == 0


@pytest.mark.parametrize("kind", [ErrorKind.NOT_FOUND, ErrorKind.FORBIDDEN])
async def test_a_refused_stop_fails_the_flow(world: World, kind: ErrorKind) -> None:
    world.machines.add(S.RUNNING)
    world.machines.faults.before["stop"] = [fault(kind)]
    outcome = await world.run("stop", STOP)
    assert outcome.failure is not None
    assert outcome.failure.kind is kind


@pytest.mark.parametrize("state", [S.LOCKED, S.STOPPING, S.SUSPENDING])
async def test_a_start_waits_for_what_is_in_its_way(world: World, state: S) -> None:
    world.machines.add(state)
    world.machines.become("vm-1", state, 3, S.STOPPED)
    assert (await world.run("start", START)).get() == b"started"
    assert verbs(world) == ["start"]


@pytest.mark.parametrize("state", [S.RUNNING, S.STARTING, S.MIGRATING, S.REBOOTING, S.RESUMING])
async def test_what_runs_is_not_started(world: World, state: S) -> None:
    world.machines.add(state)
    assert (await world.run("start", START)).get() == b"left"
    assert verbs(world) == []


@pytest.mark.parametrize("state", [S.PAUSED, S.SUSPENDED, S.STOPPED])
async def test_what_rests_is_started(world: World, state: S) -> None:
    world.machines.add(state)
    assert (await world.run("start", START)).get() == b"started"
    assert verbs(world) == ["start"]


async def test_a_machine_being_removed_is_not_started(world: World) -> None:
    world.machines.add(S.STOPPED, annotation=Annotation(want=Want.TERMINATED))
    failure = (await world.run("start", START)).failure
    assert failure is not None
    assert (failure.kind, failure.resource_id) == (ErrorKind.CONFLICT, "vm-1")
    assert world.count("start") == 0
    assert (world.want("vm-1"), world.machines.machines["vm-1"].given_up) == (Want.TERMINATED, None)


async def test_a_start_whose_machine_goes_has_failed(world: World) -> None:
    world.machines.add(S.LOCKED)
    world.machines.become("vm-1", S.LOCKED, 3, None)
    failure = (await world.run("start", START)).failure
    assert failure is not None
    assert failure.kind is ErrorKind.NOT_FOUND
    assert verbs(world) == []


@pytest.mark.parametrize("kind", [ErrorKind.BUSY, ErrorKind.CONFLICT, ErrorKind.UNAVAILABLE])
async def test_a_start_in_passing_trouble_is_repeated(world: World, kind: ErrorKind) -> None:
    world.machines.add(S.STOPPED)
    world.machines.faults.before["start"] = [fault(kind)] * 2
    assert (await world.run("start", START)).get() == b"started"
    assert verbs(world) == ["start"]


async def test_a_start_that_is_given_up_leaves_its_reason(world: World) -> None:
    world.machines.add(S.STOPPED)
    world.machines.faults.before["start"] = [fault(ErrorKind.FORBIDDEN)]
    outcome = await world.run("start", START)
    assert outcome.failure is not None
    given_up = world.machines.machines["vm-1"].given_up
    assert given_up is not None
    assert (given_up.kind, given_up.message) == ("forbidden", "scripted forbidden")


async def test_an_unknown_caller_fails_the_flow(world: World) -> None:
    world.machines.add(S.STOPPED)

    async def nobody(principal_id: str) -> None:
        return None

    world.store.logins.get = nobody  # type: ignore[method-assign, assignment]
    outcome = await world.run("start", START)
    assert outcome.failure is not None
    assert outcome.failure.kind is ErrorKind.UNAUTHENTICATED
