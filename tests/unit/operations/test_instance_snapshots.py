"""Snapshots of machines and the way back, through every death of the process."""

from __future__ import annotations

import msgspec
import pytest
from msgspec.structs import replace

from deltaic.model.annotation import Annotation, Want
from deltaic.model.context import Context, Scope
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.instance import InstanceState
from deltaic.model.instance_snapshot import InstanceSnapshot, InstanceSnapshotSpec, InstanceSnapshotState
from deltaic.model.snapshot_chain import SnapshotChain, SnapshotNote
from deltaic.model.volume import Volume, VolumeAttachment, VolumeState
from deltaic.operations.outcome import read
from deltaic.ports import snapshot_chains
from tests.fakes.operations import MemoryJournal
from tests.unit.operations.world import CALLER, World, fault

S = InstanceState
SPEC = InstanceSnapshotSpec("vm-1", "before", marker="m-1")
CREATE = {"spec": SPEC, "properties": {"why": "test"}}
REFERENCE = {"instance_id": "vm-1", "id": "snap-1"}
WHEN = ["before", "after"]


@pytest.fixture
def world() -> World:
    return World()


async def chain(world: World) -> SnapshotChain:
    owner = Context(CALLER, Scope("default"), "").owner
    return await snapshot_chains.read(world.store.records, owner, "vm-1")


def volume(name: str) -> Volume:
    return Volume(name, name, VolumeState.AVAILABLE, 1, attachments=(VolumeAttachment("vm-1"),), kept=True)


def kind(error: pytest.ExceptionInfo[Error]) -> ErrorKind:
    return error.value.kind


class TestCreate:
    FLOW = "instance-snapshot-create"

    async def test_it_is_taken_once_and_noted(self, world: World) -> None:
        world.machines.add(S.STOPPED)
        assert (await world.run(self.FLOW, CREATE)).get() == b"snap-1"
        accepted = msgspec.json.decode(read(world.journal.events["accepted"]).get(), type=InstanceSnapshot)
        assert (accepted.id, accepted.state) == ("snap-1", InstanceSnapshotState.PENDING)
        assert await chain(world) == SnapshotChain("snap-1", {"snap-1": SnapshotNote("", properties={"why": "test"})})
        assert world.driver.instance_snapshots.rows["snap-1"].state is InstanceSnapshotState.AVAILABLE

    @pytest.mark.parametrize("when", WHEN)
    @pytest.mark.parametrize("position", range(3), ids=["create", "note", "settle"])
    async def test_death_at_every_step(self, world: World, position: int, when: str) -> None:
        world.machines.add(S.RUNNING)
        journal = MemoryJournal((position, when))
        assert (await world.run(self.FLOW, CREATE, journal)).get() == b"snap-1"
        assert journal.die_at is None
        assert world.driver.instance_snapshots.of() == ["snap-1"]
        assert (await chain(world)).latest == "snap-1"

    async def test_it_follows_what_others_took(self, world: World) -> None:
        world.machines.add(S.STOPPED)
        world.driver.instance_snapshots.add("theirs")
        world.driver.instance_snapshots.add("passing", temporary=True)
        await world.run(self.FLOW, CREATE)
        assert (await chain(world)).notes["snap-1"].previous == "theirs"

    async def test_an_answer_that_was_lost_leaves_nothing(self, world: World) -> None:
        world.machines.add(S.RUNNING)
        world.machines.faults.after["snapshots.create"] = [fault(ErrorKind.TIMEOUT, retryable=False)]
        with pytest.raises(Error) as caught:
            (await world.run(self.FLOW, CREATE)).get()
        assert kind(caught) is ErrorKind.TIMEOUT
        with pytest.raises(Error):
            read(world.journal.events["accepted"]).get()
        for _ in range(3):
            await world.driver.instance_snapshots.list(Context(CALLER, Scope(), ""), ["vm-1"])
        assert world.driver.instance_snapshots.of() == []

    async def test_a_lock_is_waited_for(self, world: World) -> None:
        world.machines.add(S.STOPPED)
        world.machines.become("vm-1", S.LOCKED, 2, S.STOPPED)
        world.machines.faults.before["snapshots.list"] = [fault(ErrorKind.BUSY), fault(ErrorKind.BUSY)]
        world.machines.faults.before["snapshots.create"] = [lambda: world.machines.become("vm-1", S.STOPPED)]
        assert (await world.run(self.FLOW, CREATE)).get() == b"snap-1"

    async def test_a_refusal_is_told(self, world: World) -> None:
        world.machines.add(S.SUSPENDED)
        with pytest.raises(Error) as caught:
            (await world.run(self.FLOW, CREATE)).get()
        assert kind(caught) is ErrorKind.CONFLICT

    async def test_what_the_cloud_gave_up_is_forgotten(self, world: World) -> None:
        world.machines.add(S.RUNNING)
        world.driver.instance_snapshots.creation_ends = None
        with pytest.raises(Error) as caught:
            (await world.run(self.FLOW, CREATE)).get()
        assert (kind(caught), caught.value.retryable) == (ErrorKind.UNAVAILABLE, False)
        assert await chain(world) == SnapshotChain()


class TestDelete:
    FLOW = "instance-snapshot-delete"

    @pytest.mark.parametrize("when", WHEN)
    @pytest.mark.parametrize("position", range(4), ids=["look", "delete", "gone", "unlink"])
    async def test_death_at_every_step(self, world: World, position: int, when: str) -> None:
        world.machines.add(S.RUNNING)
        world.driver.instance_snapshots.add("snap-1")
        await self._noted(world)
        journal = MemoryJournal((position, when))
        assert (await world.run(self.FLOW, REFERENCE, journal)).get() == b"snap-1"
        assert journal.die_at is None
        assert world.driver.instance_snapshots.changes == [("delete", "snap-1")]
        assert await chain(world) == SnapshotChain("z", {"z": SnapshotNote("")})

    async def _noted(self, world: World) -> None:
        notes = {"snap-1": SnapshotNote(""), "z": SnapshotNote("snap-1")}
        owner = Context(CALLER, Scope("default"), "").owner
        at = world.driver.instance_snapshots.rows["snap-1"].created_at
        assert at is not None
        await snapshot_chains.change(world.store.records, owner, "vm-1", lambda _: SnapshotChain("z", notes), at)

    async def test_one_that_stays_is_told(self, world: World) -> None:
        world.machines.add(S.RUNNING)
        world.driver.instance_snapshots.add("snap-1")
        world.driver.instance_snapshots.removal_ends = InstanceSnapshotState.AVAILABLE
        with pytest.raises(Error) as caught:
            (await world.run(self.FLOW, REFERENCE)).get()
        assert kind(caught) is ErrorKind.UNAVAILABLE

    async def test_an_unknown_one_is_refused(self, world: World) -> None:
        world.machines.add(S.RUNNING)
        with pytest.raises(Error) as caught:
            (await world.run(self.FLOW, REFERENCE)).get()
        assert kind(caught) is ErrorKind.NOT_FOUND


class TestRestore:
    FLOW = "instance-restore"
    STEPS = ("look", "look at volumes", "stop", "restore", "settle", "annotate", "note", "start", "run")

    @pytest.mark.parametrize("when", WHEN)
    @pytest.mark.parametrize("position", range(len(STEPS)), ids=STEPS)
    async def test_death_at_every_step(self, world: World, position: int, when: str) -> None:
        world.machines.add(S.RUNNING, annotation=Annotation(tags={"then": "1"}, want=Want.RUNNING))
        world.driver.instance_snapshots.add("snap-1")
        world.driver.instance_snapshots.add("snap-2")
        world.machines.add(S.RUNNING, annotation=Annotation(tags={"now": "1"}))
        journal = MemoryJournal((position, when))
        assert (await world.run(self.FLOW, REFERENCE, journal)).get() == b"started"
        assert journal.die_at is None
        machine = world.machines.machines["vm-1"]
        # What engines bring back of an old launch must not begin it anew.
        assert (machine.state, machine.annotation) == (S.RUNNING, Annotation(tags={"now": "1"}))
        assert world.driver.instance_snapshots.of() == ["snap-1"]
        assert await chain(world) == SnapshotChain("snap-1", {"snap-1": SnapshotNote("")})
        assert world.count("force") == 1

    async def test_a_stopped_machine_stays_stopped(self, world: World) -> None:
        world.machines.add(S.STOPPED)
        world.driver.instance_snapshots.add("snap-1")
        assert (await world.run(self.FLOW, REFERENCE)).get() == b"stopped"
        assert (world.count("start"), world.driver.instance_snapshots.restored_memory) == (0, [False])

    async def test_a_memory_goes_on(self, world: World) -> None:
        world.machines.add(S.SUSPENDED)
        world.driver.instance_snapshots.add("snap-1", memory=True)
        assert (await world.run(self.FLOW, REFERENCE)).get() == b"started"
        assert (world.count("start"), world.driver.instance_snapshots.restored_memory) == (1, [True])

    async def test_a_machine_that_can_not_be_brought_back_runs_on(self, world: World) -> None:
        world.machines.add(S.RUNNING)
        world.driver.instance_snapshots.add("snap-1")
        world.machines.faults.before["snapshots.restore"] = [fault(ErrorKind.FORBIDDEN)]
        with pytest.raises(Error) as caught:
            (await world.run(self.FLOW, REFERENCE)).get()
        assert kind(caught) is ErrorKind.FORBIDDEN
        assert [verb for verb, _ in world.machines.changes if verb != "annotate"] == ["force", "start"]

    async def test_where_no_power_can_be_cut_the_guest_is_asked(self, world: World) -> None:
        world.driver.capability = replace(world.driver.capability, instances_stop_with_force=False)
        world.machines.add(S.RUNNING)
        world.driver.instance_snapshots.add("snap-1")
        assert (await world.run(self.FLOW, REFERENCE)).get() == b"started"
        assert [verb for verb, _ in world.machines.changes if verb != "annotate"] == ["stop", "start"]
        assert world.driver.instance_snapshots.restored_memory == [False]

    async def test_a_deaf_guest_whose_power_can_not_be_cut_runs_on(self, world: World) -> None:
        world.driver.capability = replace(world.driver.capability, instances_stop_with_force=False)
        world.machines.add(S.RUNNING)
        world.machines.guest_obeys = False
        world.driver.instance_snapshots.add("snap-1")
        world.driver.volumes.rows = [volume("x")]
        with pytest.raises(Error) as caught:
            (await world.run(self.FLOW, REFERENCE)).get()
        assert (kind(caught), caught.value.message) == (ErrorKind.BUSY, "The machine does not stop")
        assert (world.count("force"), world.driver.instance_snapshots.restored_memory) == (0, [])
        assert world.machines.machines["vm-1"].state is S.RUNNING
        assert world.driver.volumes.row("x").attachments != ()

    async def test_one_that_somebody_starts_in_between_is_not_stopped_again(self, world: World) -> None:
        world.machines.add(S.STOPPED)
        world.driver.instance_snapshots.add("snap-1")
        world.machines.faults.before["snapshots.restore"] = [lambda: world.machines.become("vm-1", S.RUNNING)]
        with pytest.raises(Error) as caught:
            (await world.run(self.FLOW, REFERENCE)).get()
        assert (kind(caught), world.count("force")) == (ErrorKind.CONFLICT, 0)

    @pytest.mark.parametrize("state", [S.ERROR, S.SUSPENDING])
    async def test_an_unfit_machine_is_refused(self, world: World, state: InstanceState) -> None:
        world.machines.add(state)
        world.driver.instance_snapshots.add("snap-1")
        with pytest.raises(Error) as caught:
            (await world.run(self.FLOW, REFERENCE)).get()
        assert kind(caught) is ErrorKind.CONFLICT

    async def test_a_machine_that_does_not_start_again_is_told(self, world: World) -> None:
        world.machines.add(S.RUNNING)
        world.driver.instance_snapshots.add("snap-1")
        world.machines.start_ends = S.STOPPED
        with pytest.raises(Error) as caught:
            (await world.run(self.FLOW, REFERENCE)).get()
        assert kind(caught) is ErrorKind.UNAVAILABLE

    @pytest.mark.parametrize("memory", [False, True])
    @pytest.mark.parametrize("step", ["settle", "start"])
    async def test_volumes_come_back_whatever_fails(self, world: World, memory: bool, step: str) -> None:
        world.machines.add(S.STOPPED)
        world.driver.instance_snapshots.add("snap-1", memory=memory)
        attached = [volume(name) for name in ("x", "y")]
        world.driver.volumes.rows = list(attached)
        if step == "settle":
            world.driver.instance_snapshots.faults.after["snapshots.restore"] = [
                lambda: world.driver.instance_snapshots.rows.pop("snap-1")
            ]
        else:
            world.machines.faults.before["start"] = [fault(ErrorKind.FORBIDDEN)]
        outcome = await world.run(self.FLOW, REFERENCE)
        assert (outcome.failure is None) is (step == "start" and not memory)
        assert [one.attachments for one in world.driver.volumes.rows] == [one.attachments for one in attached]

    async def test_one_volume_that_can_not_come_back_keeps_none_of_the_others(self, world: World) -> None:
        world.machines.add(S.STOPPED)
        world.driver.instance_snapshots.add("snap-1")
        world.driver.volumes.rows = [volume(name) for name in ("x", "y")]
        world.driver.volumes.faults.before["attach"] = [fault(ErrorKind.FORBIDDEN), lambda: None]
        outcome = await world.run(self.FLOW, REFERENCE)
        assert outcome.failure is not None
        assert ("attach", "y") in world.driver.volumes.changes

    async def test_a_machine_that_is_being_removed_is_given_no_volume(self, world: World) -> None:
        world.machines.add(S.STOPPED)
        world.driver.instance_snapshots.add("snap-1")
        world.driver.volumes.rows = [volume("x")]
        note = Annotation(want=Want.TERMINATED)

        def terminate() -> None:
            machine = world.machines.machines["vm-1"]
            world.machines.machines["vm-1"] = replace(machine, annotation=note)

        world.driver.volumes.faults.after["detach"] = [terminate]
        world.machines.faults.before["snapshots.restore"] = [fault(ErrorKind.FORBIDDEN)]
        outcome = await world.run(self.FLOW, REFERENCE)
        assert outcome.failure is not None
        assert world.driver.volumes.row("x").attachments == ()
