from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import msgspec
import pytest

from deltaic.model.annotation import Annotation, Want
from deltaic.model.errors import ErrorKind
from deltaic.model.instance import DiskAttachment, Instance, InstanceSpec, InstanceState
from deltaic.model.job import Job, JobState
from deltaic.model.nic import Nic
from deltaic.operations.outcome import read
from deltaic.ports.operations import CALLED_OFF
from tests.fakes.operations import Died, MemoryJournal
from tests.unit.operations.world import MARKER, World, fault, spec

S = InstanceState


@pytest.fixture
def world() -> World:
    return World()


def accepted(world: World) -> Instance:
    return msgspec.json.decode(read(world.journal.events["accepted"]).get(), type=Instance)


async def test_a_machine_is_created_and_started_once(world: World) -> None:
    outcome = await world.run("launch", spec())
    assert outcome.get() == b"vm-1"
    assert world.machines.changes == [("create", "vm-1"), ("start", "vm-1"), ("annotate", "vm-1")]
    assert world.machines.machines["vm-1"].state is S.RUNNING
    assert world.want("vm-1") is None
    assert accepted(world).state is S.CREATING


async def test_a_machine_that_shall_stay_down_is_not_started(world: World) -> None:
    await world.run("launch", spec(Want.STOPPED))
    assert world.machines.machines["vm-1"].state is S.STOPPED
    assert world.count("start") == 0
    assert world.want("vm-1") is None


STEPS = ["create", "settle", "start", "run", "finish"]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("position", range(len(STEPS)), ids=STEPS)
async def test_death_at_every_step_boundary_changes_nothing(world: World, position: int, when: str) -> None:
    journal = MemoryJournal((position, when))
    assert (await world.run("launch", spec(), journal)).get() == b"vm-1"
    assert [name for name, _ in journal.entries] == STEPS
    assert journal.die_at is None
    assert (world.count("create"), world.count("start")) == (1, 1)
    assert world.machines.machines["vm-1"].state is S.RUNNING
    assert world.want("vm-1") is None


@pytest.mark.parametrize("verb", ["create", "start", "annotate"])
async def test_death_right_after_the_cloud_accepted_changes_nothing(world: World, verb: str) -> None:
    def die() -> None:
        raise Died

    world.machines.faults.after[verb] = [die]
    await world.run("launch", spec())
    assert (world.count("create"), world.count("start")) == (1, 1)
    assert world.machines.machines["vm-1"].state is S.RUNNING


async def test_an_answer_lost_after_the_creation_does_not_create_twice(world: World) -> None:
    world.machines.faults.after["create"] = [fault(ErrorKind.TIMEOUT)]
    world.machines.faults.after["start"] = [fault(ErrorKind.UNAVAILABLE)]
    assert (await world.run("launch", spec())).get() == b"vm-1"
    assert (world.count("create"), world.count("start")) == (1, 1)


async def test_a_foreign_machine_of_the_name_makes_the_launch_take_another(world: World) -> None:
    world.machines.add(S.RUNNING, "foreign", name="web")
    assert (await world.run("launch", spec())).get() == b"vm-1"
    names = {each.id: each.name for each in world.machines.machines.values()}
    assert names == {"foreign": "web", "vm-1": f"web-{hashlib.sha256(MARKER.encode()).hexdigest()[:8]}"}


async def test_a_long_name_stays_within_what_guests_accept(world: World) -> None:
    world.machines.add(S.RUNNING, "foreign", name="w" * 60)
    await world.run("launch", spec(name="w" * 60))
    assert len(world.machines.machines["vm-1"].name) == 60


async def test_both_names_taken_by_others_is_an_error_in_time(world: World) -> None:
    world.machines.add(S.RUNNING, "foreign", name="web")
    await world.run("launch", spec())
    own = world.machines.machines.pop("vm-1")
    world.machines.machines["other"] = msgspec.structs.replace(own, id="other", annotation=Annotation())
    journal = MemoryJournal()
    outcome = await world.run("launch", spec(), journal)
    assert outcome.failure is not None
    assert outcome.failure.kind is ErrorKind.BUSY
    assert read(journal.events["accepted"]).failure == outcome.failure


@pytest.mark.parametrize("kind", [ErrorKind.INVALID, ErrorKind.NOT_FOUND, ErrorKind.FORBIDDEN, ErrorKind.QUOTA])
async def test_a_refused_creation_fails_the_flow_with_the_cloud_s_error(world: World, kind: ErrorKind) -> None:
    world.machines.faults.before["create"] = [fault(kind)]
    outcome = await world.run("launch", spec())
    assert outcome.failure is not None
    assert outcome.failure.kind is kind
    assert world.machines.changes == []
    assert read(world.journal.events["accepted"]).failure == outcome.failure


async def test_a_machine_whose_interfaces_are_refused_is_withdrawn(world: World) -> None:
    world.machines.faults.after["create"] = [fault(ErrorKind.FORBIDDEN)]
    outcome = await world.run("launch", spec())
    assert outcome.failure is not None
    assert outcome.failure.kind is ErrorKind.FORBIDDEN
    assert [verb for verb, _ in world.machines.changes] == ["create", "delete"]


@pytest.mark.parametrize("verb", ["find_launch", "create", "get", "start", "annotate"])
@pytest.mark.parametrize("kind", [ErrorKind.BUSY, ErrorKind.UNAVAILABLE, ErrorKind.TIMEOUT, ErrorKind.RATE_LIMITED])
async def test_passing_trouble_is_sat_out(world: World, verb: str, kind: ErrorKind) -> None:
    world.machines.faults.before[verb] = [fault(kind)] * 3
    assert (await world.run("launch", spec())).get() == b"vm-1"
    assert (world.count("create"), world.count("start")) == (1, 1)


async def test_a_cloud_that_never_answers_the_creation_is_refused_and_what_it_made_is_withdrawn(world: World) -> None:
    world.machines.faults.after["create"] = [fault(ErrorKind.TIMEOUT)]
    world.machines.faults.before["find_launch"] = [lambda: None] + [fault(ErrorKind.UNAVAILABLE)] * 40
    outcome = await world.run("launch", spec())
    assert outcome.failure is not None
    assert read(world.journal.events["accepted"]).failure == outcome.failure
    assert outcome.failure.kind is ErrorKind.UNAVAILABLE
    assert [verb for verb, _ in world.machines.changes] == ["create", "delete"]


async def test_a_creation_that_the_cloud_drops_leaves_a_tombstone_with_its_words(world: World) -> None:
    world.machines.creation_ends = None
    world.machines.failure_words = "Failed to complete VM web creation."
    outcome = await world.run("launch", spec())
    assert outcome.failure is not None
    assert (outcome.failure.kind, outcome.failure.message) == (
        ErrorKind.UNAVAILABLE,
        "Failed to complete VM web creation.",
    )
    tombstone = world.store.tombstones.rows["vm-1"]
    assert tombstone.reason_code == "Server.InternalError"
    assert tombstone.reason == "Failed to complete VM web creation."
    assert tombstone.instance.state is S.DELETED
    assert tombstone.owner == "me"
    assert tombstone.deleted_at.timestamp() == world.now
    assert world.count("start") == 0


async def test_a_machine_terminated_while_it_is_created_is_left_alone(world: World) -> None:
    world.machines.creation_looks = 50

    def terminated() -> None:
        machine = world.machines.machines["vm-1"]
        annotation = msgspec.structs.replace(machine.annotation, want=Want.TERMINATED)
        world.machines.machines["vm-1"] = msgspec.structs.replace(machine, annotation=annotation)

    world.machines.faults.before["get"] = [lambda: None, terminated]
    assert (await world.run("launch", spec())).failure is None
    assert world.count("start") == 0
    assert world.want("vm-1") is Want.TERMINATED


async def test_a_machine_that_somebody_started_meanwhile_is_not_started_again(world: World) -> None:
    def started() -> None:
        world.machines.become("vm-1", S.RUNNING)

    world.machines.faults.before["start"] = [started]
    assert (await world.run("launch", spec())).get() == b"vm-1"
    assert world.count("start") == 0
    assert world.want("vm-1") is None


async def test_no_room_is_tried_again_and_then_left_stopped(world: World) -> None:
    world.machines.faults.before["start"] = [fault(ErrorKind.CAPACITY)] * 200
    outcome = await world.run("launch", spec())
    assert outcome.failure is not None
    assert outcome.failure.kind is ErrorKind.CAPACITY
    assert 2 < world.machines.calls.count("start") < 200
    assert world.machines.machines["vm-1"].state is S.STOPPED
    assert world.want("vm-1") is None
    given_up = world.machines.machines["vm-1"].given_up
    assert given_up is not None
    assert (given_up.kind, given_up.message, given_up.rest) == ("capacity", "scripted capacity", 0)


async def test_the_reason_is_out_of_date_once_the_machine_ran(world: World) -> None:
    world.machines.faults.before["start"] = [fault(ErrorKind.FORBIDDEN)]
    await world.run("launch", spec())
    stopped = world.machines.machines["vm-1"]
    assert stopped.given_up is not None
    # An engine forgets the start of a machine that stopped, but not when it stopped.
    ran = msgspec.structs.replace(stopped, stopped_at=datetime(2026, 1, 1, tzinfo=UTC))
    assert ran.given_up is None
    assert msgspec.structs.replace(stopped, state=S.RUNNING).given_up is None


async def test_the_time_of_launch_stays_until_the_next_start(world: World) -> None:
    given = spec()
    annotation = msgspec.structs.replace(given.annotation, launched_at=1_790_000_000)
    await world.run("launch", msgspec.structs.replace(given, annotation=annotation))
    launched = datetime.fromtimestamp(1_790_000_000, UTC)
    assert accepted(world).launched_at == launched
    running = world.machines.machines["vm-1"]
    assert running.annotation.first_run == running.run > 0
    assert running.launched_at == launched
    later = datetime(2027, 1, 1, tzinfo=UTC)
    assert msgspec.structs.replace(running, started_at=later).launched_at == later


def tagged() -> InstanceSpec:
    return msgspec.structs.replace(spec(), disk_tags={"Name": "disk"}, nic_tags={"Name": "nic"})


PARTS = {"disk-1": {"Name": "disk"}, "nic-1": {"Name": "nic"}}


def give_parts(world: World) -> None:
    machine = world.machines.machines["vm-1"]
    world.machines.machines["vm-1"] = msgspec.structs.replace(
        machine, disks=(DiskAttachment("disk-1", boot=True),), nics=(Nic("nic-1", "nic1"),)
    )


async def test_tags_of_disks_and_interfaces_are_there_before_the_answer(world: World) -> None:
    seen = []

    def look() -> None:
        seen.append(dict(world.store.resource_tags.rows))

    world.machines.faults.after["create"] = [lambda: give_parts(world)]
    world.machines.faults.before["start"] = [look]
    await world.run("launch", tagged())
    assert seen == [PARTS]
    assert world.store.resource_tags.rows == PARTS


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("position", range(len(STEPS) + 2))
async def test_death_at_a_step_boundary_loses_no_tag(world: World, position: int, when: str) -> None:
    world.machines.faults.after["create"] = [lambda: give_parts(world)]
    await world.run("launch", tagged(), MemoryJournal((position, when)))
    assert world.store.resource_tags.rows == PARTS


async def test_interfaces_that_come_with_the_start_are_tagged_and_removed_tags_stay_away(world: World) -> None:
    def add_interface() -> None:
        machine = world.machines.machines["vm-1"]
        world.machines.machines["vm-1"] = msgspec.structs.replace(machine, nics=(*machine.nics, Nic("nic-2", "nic2")))
        world.store.resource_tags.rows.pop("disk-1")

    world.machines.faults.after["create"] = [lambda: give_parts(world)]
    world.machines.faults.before["start"] = [add_interface]
    await world.run("launch", tagged())
    assert world.store.resource_tags.rows == {"nic-1": {"Name": "nic"}, "nic-2": {"Name": "nic"}}


async def test_a_start_that_the_cloud_forbids_leaves_the_true_state_visible(world: World) -> None:
    world.machines.faults.before["start"] = [fault(ErrorKind.FORBIDDEN)]
    outcome = await world.run("launch", spec())
    assert outcome.failure is not None
    assert outcome.failure.kind is ErrorKind.FORBIDDEN
    assert world.want("vm-1") is None


async def test_a_machine_that_falls_back_is_not_started_twice(world: World) -> None:
    world.machines.start_ends = S.STOPPED
    outcome = await world.run("launch", spec())
    assert outcome.failure is not None
    assert (outcome.failure.kind, outcome.failure.message) == (ErrorKind.UNAVAILABLE, "The machine did not start")
    assert world.count("start") == 1
    assert world.want("vm-1") is None


async def test_broken_disks_end_the_launch(world: World) -> None:
    world.machines.creation_ends = S.ERROR
    outcome = await world.run("launch", spec())
    assert outcome.failure is not None
    assert outcome.failure.kind is ErrorKind.CONFLICT
    assert world.count("start") == 0
    assert world.want("vm-1") is None


async def test_a_guest_that_never_reports_more_than_starting_counts_as_running(world: World) -> None:
    world.machines.start_looks = 0
    assert (await world.run("launch", spec())).get() == b"vm-1"
    assert world.machines.machines["vm-1"].state is S.STARTING
    assert world.want("vm-1") is None


async def test_the_marker_is_what_a_repeated_creation_looks_for(world: World) -> None:
    existing = world.machines.add(S.STOPPED, "vm-9", annotation=spec().annotation)
    assert existing.annotation.launch == MARKER
    assert (await world.run("launch", spec())).get() == b"vm-9"
    assert world.count("create") == 0


async def test_a_machine_can_be_launched_to_wait_paused(world: World) -> None:
    assert (await world.run("launch", spec(Want.PAUSED))).get() == b"vm-1"
    assert world.machines.changes == [("create", "vm-1"), ("start paused", "vm-1"), ("annotate", "vm-1")]
    assert world.machines.machines["vm-1"].state is S.PAUSED
    assert world.want("vm-1") is None


class TestStoppedJob:
    """A launch whose job is stopped while the machine is being made."""

    async def run(self, world: World, state: JobState | None) -> bytes:
        at = datetime.now(UTC)
        owner = "default/admin@internal"
        await world.store.jobs.create(Job("job-1", owner, "add", "machines", at, at))

        def stop() -> None:
            if state is None:
                del world.store.jobs.rows["job-1"]
            else:
                world.store.jobs.rows["job-1"] = msgspec.structs.replace(world.store.jobs.rows["job-1"], state=state)

        world.machines.faults.before["get"] = [lambda: None, stop]
        world.machines.creation_looks = 5
        return (await world.run("launch", spec(), job="job-1")).get()

    @pytest.mark.parametrize("state", [JobState.STOPPING, None], ids=["stopped", "deleted"])
    async def test_the_machine_stays_down(self, world: World, state: JobState | None) -> None:
        assert await self.run(world, state) == CALLED_OFF
        assert world.machines.machines["vm-1"].state is S.STOPPED
        assert (world.count("start"), world.want("vm-1")) == (0, None)

    async def test_a_running_job_goes_on(self, world: World) -> None:
        assert await self.run(world, JobState.RUNNING) == b"vm-1"
        assert world.machines.machines["vm-1"].state is S.RUNNING

    async def test_a_start_that_waits_for_room_is_called_off(self, world: World) -> None:
        at = datetime.now(UTC)
        job = Job("job-1", "default/admin@internal", "add", "machines", at, at)
        await world.store.jobs.create(job)

        def stop() -> None:
            world.store.jobs.rows["job-1"] = msgspec.structs.replace(job, state=JobState.STOPPING)
            raise fault(ErrorKind.CAPACITY)

        world.machines.faults.before["start"] = [fault(ErrorKind.CAPACITY), stop]
        assert (await world.run("launch", spec(), job="job-1")).get() == CALLED_OFF
        assert (world.count("start"), world.want("vm-1")) == (0, None)
