from __future__ import annotations

import pytest
from msgspec.structs import replace

from deltaic.model.annotation import Annotation
from deltaic.model.errors import ErrorKind
from deltaic.model.image import Image, ImageState
from deltaic.model.instance import InstanceState
from deltaic.model.snapshot import Snapshot, SnapshotState
from tests.fakes.operations import MemoryJournal
from tests.unit.operations.world import World, fault

S = InstanceState
ARGUMENTS = {"id": "vm-1"}


@pytest.fixture
async def world() -> World:
    world = World()
    world.machines.add(S.CREATING, annotation=Annotation(tags={"a": "1", "b": "2"}, owner="me"))
    world.machines.become("vm-1", S.CREATING, 3, S.STOPPED)
    await world.store.resource_tags.edit("instance", "vm-1", lambda _: {"b": "3", "c": "4"})
    return world


@pytest.mark.parametrize("when", ["before", "after"])
async def test_waiting_tags_are_written_once_the_machine_is_unlocked(world: World, when: str) -> None:
    assert (await world.run("tag", ARGUMENTS, MemoryJournal((0, when)))).get() == b"written"
    annotation = world.machines.machines["vm-1"].annotation
    assert (annotation.tags, annotation.owner) == ({"a": "1", "b": "3", "c": "4"}, "me")
    assert world.store.resource_tags.rows == {}


async def test_tags_that_come_while_it_writes_are_written_too(world: World) -> None:
    def come() -> None:
        world.store.resource_tags.rows["vm-1"] = {"b": "3", "c": "4", "d": "5"}

    world.machines.faults.after["annotate"] = [come]
    assert (await world.run("tag", ARGUMENTS)).get() == b"written"
    assert world.machines.machines["vm-1"].annotation.tags == {"a": "1", "b": "3", "c": "4", "d": "5"}
    assert world.store.resource_tags.rows == {}


async def test_a_machine_that_never_came_to_be_leaves_no_tags_behind(world: World) -> None:
    world.machines.become("vm-1", S.CREATING, 2, None)
    assert (await world.run("tag", ARGUMENTS)).get() == b"gone"
    assert world.store.resource_tags.rows == {}


@pytest.fixture
def made(world: World) -> Snapshot:
    """A snapshot of a cloud that holds its tags, but none while it makes one."""
    world.driver.capability = replace(world.driver.capability, snapshots_update_with_tags=True)
    made = Snapshot("snap-1", "s", SnapshotState.PENDING, tags={"a": "1", "b": "2"})
    world.driver.snapshots.rows = [made]
    world.store.resource_tags.rows = {"snap-1": {"b": "3", "c": "4"}}
    return made


@pytest.mark.parametrize("when", ["before", "after"])
async def test_waiting_tags_are_written_once_the_snapshot_is_made(world: World, made: Snapshot, when: str) -> None:
    world.driver.snapshots.faults.before["update"] = [fault(ErrorKind.BUSY), fault(ErrorKind.BUSY)]
    outcome = await world.run("tag", {"id": made.id, "noun": "snapshot"}, MemoryJournal((0, when)))
    assert outcome.get() == b"written"
    assert world.driver.snapshots.row(made.id).tags == {"a": "1", "b": "3", "c": "4"}
    assert world.store.resource_tags.rows == {}


async def test_a_snapshot_that_is_gone_leaves_no_tags_behind(world: World, made: Snapshot) -> None:
    world.driver.snapshots.rows = []
    assert (await world.run("tag", {"id": made.id, "noun": "snapshot"})).get() == b"gone"
    assert world.store.resource_tags.rows == {}


@pytest.mark.parametrize("when", ["before", "after"])
async def test_waiting_tags_are_written_once_the_image_is_made(world: World, when: str) -> None:
    note = Annotation(tags={"a": "1", "b": "2"}, launch="m")
    world.driver.images.rows = [Image("image-1", "i", ImageState.AVAILABLE, annotation=note)]
    world.store.resource_tags.rows = {"image-1": {"b": "3", "c": "4"}}
    world.machines.faults.before["images.annotate"] = [fault(ErrorKind.BUSY), fault(ErrorKind.BUSY)]
    outcome = await world.run("tag", {"id": "image-1", "noun": "image"}, MemoryJournal((0, when)))
    assert outcome.get() == b"written"
    assert world.driver.images.rows[0].annotation == replace(note, tags={"a": "1", "b": "3", "c": "4"})
    assert world.store.resource_tags.rows == {}


async def test_an_image_that_never_came_to_be_leaves_no_tags_behind(world: World) -> None:
    world.store.resource_tags.rows = {"image-1": {"a": "1"}}
    assert (await world.run("tag", {"id": "image-1", "noun": "image"})).get() == b"gone"
    assert world.store.resource_tags.rows == {}
