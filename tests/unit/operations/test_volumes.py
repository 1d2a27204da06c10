"""The flows of volumes and snapshots: whatever dies in between, everything is made once and nothing is left half."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from deltaic.model.annotation import Annotation, Want
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.instance import InstanceState
from deltaic.model.snapshot import SnapshotSpec, SnapshotState
from deltaic.model.volume import Volume, VolumeAttachment, VolumeSpec, VolumeState, VolumeWish
from deltaic.operations.outcome import Outcome
from tests.fakes.operations import MemoryJournal
from tests.unit.operations.world import World, fault, spec

SPEC = VolumeSpec("data", 1 << 30, marker="m-1")
DEATHS = [None, *((step, when) for step in range(4) for when in ("before", "after"))]


@pytest.fixture
def world() -> World:
    return World()


def kind_of(outcome: Outcome) -> ErrorKind:
    with pytest.raises(Error) as caught:
        outcome.get()
    return caught.value.kind


def changes(world: World) -> list[tuple[str, str]]:
    return world.driver.volumes.changes


@pytest.mark.parametrize("die_at", DEATHS)
async def test_a_volume_is_made_once(world: World, die_at: Any) -> None:
    outcome = await world.run("volume-create", {"spec": SPEC, "tags": {"a": "b"}}, MemoryJournal(die_at))
    assert outcome.get() == b"volume-1"
    assert changes(world) == [("create", "volume-1")]
    assert world.driver.volumes.row("volume-1").state is VolumeState.AVAILABLE
    assert await world.store.resource_tags.get() == {"volume-1": {"a": "b"}}


async def test_a_volume_that_can_not_be_tagged_is_taken_back(world: World) -> None:
    world.driver.capability = replace(world.driver.capability, volumes_update_with_tags=True)
    world.driver.volumes.faults.before["update"].append(fault(ErrorKind.INVALID))
    assert kind_of(await world.run("volume-create", {"spec": SPEC, "tags": {"a": "b"}})) is ErrorKind.INVALID
    assert changes(world) == [("create", "volume-1"), ("delete", "volume-1")]


@pytest.mark.parametrize("die_at", DEATHS)
async def test_a_machines_own_disk_is_made_and_attached_once(world: World, die_at: Any) -> None:
    world.machines.add(instance_id="vm-1")
    own = VolumeSpec("data", 1 << 30, marker="m-1", instance_id="vm-1")
    assert (await world.run("volume-create", {"spec": own}, MemoryJournal(die_at))).get() == b"volume-1"
    assert changes(world) == [("create", "volume-1"), ("attach", "volume-1")]
    volume = world.driver.volumes.row("volume-1")
    assert (volume.independent, volume.attachments) == (False, (VolumeAttachment("vm-1"),))


async def test_a_disk_for_a_machine_that_is_gone_is_removed_again(world: World) -> None:
    own = VolumeSpec("data", 1 << 30, marker="m-1", instance_id="vm-9")
    assert kind_of(await world.run("volume-create", {"spec": own})) is ErrorKind.NOT_FOUND
    assert changes(world) == [("create", "volume-1"), ("delete", "volume-1")]


async def test_a_disk_for_a_machine_that_somebody_attached_elsewhere_meanwhile_is_not_removed(world: World) -> None:
    world.machines.add(instance_id="vm-1")
    attach = world.driver.volumes.attach

    async def late(context: Any, volume_id: str, instance_id: str, **how: Any) -> None:
        world.driver.volumes.attach = attach  # type: ignore[method-assign]
        await attach(context, volume_id, "vm-2")
        await attach(context, volume_id, instance_id, **how)

    world.driver.volumes.attach = late  # type: ignore[method-assign]
    own = VolumeSpec("data", 1 << 30, marker="m-1", instance_id="vm-1")
    assert kind_of(await world.run("volume-create", {"spec": own})) is ErrorKind.IN_USE
    assert changes(world) == [("create", "volume-1"), ("attach", "volume-1")]
    assert [one.instance_id for one in world.driver.volumes.row("volume-1").attachments] == ["vm-2"]


@pytest.mark.parametrize("ends", ["gone", "broken"])
async def test_a_creation_that_the_cloud_gives_up_fails(world: World, ends: str) -> None:
    if ends == "gone":
        world.driver.volumes.faults.before["finish"] += [fault(ErrorKind.NOT_FOUND) for _ in range(2)]
    else:
        world.driver.volumes.state_at_the_end = VolumeState.ERROR
    assert kind_of(await world.run("volume-create", {"spec": SPEC})) is ErrorKind.UNAVAILABLE


async def test_a_refused_creation_tells_why(world: World) -> None:
    world.driver.volumes.faults.before["create"].append(fault(ErrorKind.CAPACITY, retryable=False))
    assert kind_of(await world.run("volume-create", {"spec": SPEC})) is ErrorKind.CAPACITY
    assert changes(world) == []


@pytest.mark.parametrize("noun", ["volume", "snapshot"])
@pytest.mark.parametrize("die_at", DEATHS)
async def test_removal(world: World, noun: str, die_at: Any) -> None:
    rows = world.driver.volumes if noun == "volume" else world.driver.snapshots
    rows.rows = [Volume("x", "x", VolumeState.AVAILABLE, 1)]
    await world.store.resource_tags.edit(noun, "x", lambda _: {"a": "b"})
    rows.faults.before["delete"].append(fault(ErrorKind.BUSY))
    outcome = await world.run(f"{noun}-delete", {"noun": noun, "id": "x"}, MemoryJournal(die_at))
    assert (outcome.get(), rows.rows) == (b"x", [])
    assert rows.changes == [("delete", "x")]
    assert await world.store.resource_tags.get() == {}


async def test_a_volume_that_was_attached_while_its_removal_waited_stays(world: World) -> None:
    world.driver.volumes.rows = [Volume("x", "x", VolumeState.AVAILABLE, 1, kept=True)]

    def attached() -> None:
        world.driver.volumes.put(replace(world.driver.volumes.row("x"), attachments=(VolumeAttachment("vm-1"),)))
        raise fault(ErrorKind.BUSY)

    world.driver.volumes.faults.before["delete"].append(attached)
    assert kind_of(await world.run("volume-delete", {"noun": "volume", "id": "x"})) is ErrorKind.IN_USE
    assert [row.id for row in world.driver.volumes.rows] == ["x"]


async def test_a_creation_that_never_ends_is_given_up(world: World) -> None:
    world.driver.volumes.looks = 10**9
    assert kind_of(await world.run("volume-create", {"spec": SPEC})) is ErrorKind.UNAVAILABLE


async def test_what_the_cloud_keeps_after_all_is_told(world: World) -> None:
    world.driver.volumes.rows = [Volume("x", "x", VolumeState.AVAILABLE, 1)]
    world.driver.volumes.keeps = True
    outcome = await world.run("volume-delete", {"noun": "volume", "id": "x"})
    assert kind_of(outcome) is ErrorKind.UNAVAILABLE


async def test_a_refused_removal_leaves_the_volume(world: World) -> None:
    world.driver.volumes.rows = [Volume("x", "x", VolumeState.AVAILABLE, 1)]
    world.driver.volumes.faults.before["delete"].append(fault(ErrorKind.IN_USE))
    assert kind_of(await world.run("volume-delete", {"noun": "volume", "id": "x"})) is ErrorKind.IN_USE
    assert [row.id for row in world.driver.volumes.rows] == ["x"]
    assert "accepted" not in world.journal.events


@pytest.mark.parametrize("verb", ["attach", "detach"])
@pytest.mark.parametrize("die_at", DEATHS)
async def test_attaching_waits_for_locks(world: World, verb: str, die_at: Any) -> None:
    world.machines.add(instance_id="vm-1")
    before = (VolumeAttachment("vm-1"),) if verb == "detach" else ()
    world.driver.volumes.rows = [Volume("x", "x", VolumeState.AVAILABLE, 1, attachments=before)]
    world.driver.volumes.faults.before[verb].extend([fault(ErrorKind.BUSY)] * 3)
    journal = MemoryJournal(die_at)
    given = {"volume_id": "x", "instance_id": "vm-1"}
    assert (await world.run(f"volume-{verb}", given, journal)).get() == b""
    assert [name for name, _ in journal.entries] == ["ask", verb]
    assert changes(world) == [(verb, "x")]
    assert bool(world.driver.volumes.row("x").attachments) is (verb == "attach")


async def test_nothing_is_attached_to_a_machine_that_is_being_removed(world: World) -> None:
    world.machines.add(instance_id="vm-1", annotation=Annotation(want=Want.TERMINATED))
    world.driver.volumes.rows = [Volume("x", "x", VolumeState.AVAILABLE, 1)]
    outcome = await world.run("volume-attach", {"volume_id": "x", "instance_id": "vm-1"})
    assert (kind_of(outcome), changes(world)) == (ErrorKind.CONFLICT, [])


@pytest.mark.parametrize("die_at", DEATHS)
async def test_a_snapshot_is_made_once(world: World, die_at: Any) -> None:
    given = {"spec": SnapshotSpec("x", "Monday", marker="m"), "tags": {"a": "b"}}
    assert (await world.run("snapshot-create", given, MemoryJournal(die_at))).get() == b"snapshot-1"
    assert world.driver.snapshots.changes == [("create", "snapshot-1")]
    assert world.driver.snapshots.row("snapshot-1").state is SnapshotState.COMPLETED


def hold_tags(world: World) -> None:
    """The cloud itself holds the tags of snapshots."""
    world.driver.capability = replace(world.driver.capability, snapshots_update_with_tags=True)


@pytest.mark.parametrize("at_creation", [True, False])
@pytest.mark.parametrize("die_at", DEATHS)
async def test_a_snapshot_has_its_tags(world: World, at_creation: bool, die_at: Any) -> None:
    hold_tags(world)
    world.driver.snapshots.tags_at_creation = at_creation
    given = {"spec": SnapshotSpec("x", "Monday", marker="m", tags={"a": "b"}), "tags": {"a": "b"}}
    assert (await world.run("snapshot-create", given, MemoryJournal(die_at))).get() == b"snapshot-1"
    assert world.driver.snapshots.row("snapshot-1").tags == {"a": "b"}
    verbs = [verb for verb, _ in world.driver.snapshots.changes]
    assert verbs == (["create"] if at_creation else ["create", "update"])
    assert world.store.resource_tags.rows == {}


async def test_a_snapshot_that_can_not_be_tagged_is_taken_back(world: World) -> None:
    hold_tags(world)
    world.driver.snapshots.faults.before["update"].append(fault(ErrorKind.INVALID))
    given = {"spec": SnapshotSpec("x", "Monday", marker="m"), "tags": {"a": "b"}}
    assert kind_of(await world.run("snapshot-create", given)) is ErrorKind.INVALID
    assert ("delete", "snapshot-1") in world.driver.snapshots.changes
    assert [name for name, _ in world.journal.entries].count("settle") == 0


@pytest.mark.parametrize("verb", ["create", "finish"])
async def test_a_failed_snapshot_leaves_nothing_behind(world: World, verb: str) -> None:
    world.driver.snapshots.faults.before[verb].append(fault(ErrorKind.CONFLICT))
    world.driver.snapshots.faults.before["withdraw"].append(fault(ErrorKind.BUSY))
    outcome = await world.run("snapshot-create", {"spec": SnapshotSpec("x", "Monday", marker="m")})
    assert kind_of(outcome) is ErrorKind.CONFLICT
    assert world.driver.snapshots.changes[-1] == ("withdraw", "m")


class TestLaunch:
    WISHES = (
        VolumeWish("x", device="/dev/vdb"),
        VolumeWish(spec=SPEC),
        VolumeWish(spec=VolumeSpec("", 1 << 30), own=True),
    )

    def launch(self) -> Any:
        return replace(spec(), volumes=self.WISHES)

    @pytest.mark.parametrize("die_at", [None, *((step, "after") for step in range(12))])
    async def test_volumes_are_there_before_the_first_start(self, world: World, die_at: Any) -> None:
        world.driver.volumes.rows = [Volume("x", "x", VolumeState.AVAILABLE, 1)]
        started: list[int] = []
        world.machines.faults.after["start"].append(lambda: started.append(len(changes(world))))
        machine = (await world.run("launch", self.launch(), MemoryJournal(die_at))).get().decode()
        assert world.machines.machines[machine].state is InstanceState.RUNNING
        volumes = {row.id: row for row in world.driver.volumes.rows}
        assert {key: (one.attachments[0].instance_id, one.independent) for key, one in volumes.items()} == {
            "x": (machine, True), "volume-1": (machine, True), "volume-2": (machine, False),
        }  # fmt: skip
        assert volumes["x"].attachments[0].device == "/dev/vdb"
        assert [volumes[key].name for key in ("volume-1", "volume-2")] == ["data", "web-disk3"]
        assert started == [5]

    async def test_a_volume_that_can_not_be_had_leaves_the_machine_stopped(self, world: World) -> None:
        outcome = await world.run("launch", self.launch())
        assert kind_of(outcome) is ErrorKind.NOT_FOUND
        machine = next(iter(world.machines.machines.values()))
        assert (machine.state, machine.annotation.want) == (InstanceState.STOPPED, None)
        assert machine.annotation.given_up is not None
