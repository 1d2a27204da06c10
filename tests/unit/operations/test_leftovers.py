"""Volumes, snapshots and images of creations whose answers were lost: none stays that nobody knows of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from deltaic.model.annotation import Annotation
from deltaic.model.errors import ErrorKind, unsupported
from deltaic.model.image import Image, ImageState
from deltaic.model.instance import InstanceState
from deltaic.model.snapshot import Snapshot, SnapshotSpec, SnapshotState
from deltaic.model.volume import Volume, VolumeAttachment, VolumeSpec, VolumeState
from deltaic.operations.flows.leftovers import LATE_SECONDS
from deltaic.operations.outcome import read
from tests.fakes.operations import MemoryJournal
from tests.unit.operations.world import World, fault

MARKER = "m-1"
SPECS: dict[str, Any] = {
    "volume": VolumeSpec("data", 1 << 30, marker=MARKER),
    "snapshot": SnapshotSpec("volume-9", "data", marker=MARKER),
}
LATE: dict[str, Any] = {
    "volume": Volume("late", "data", VolumeState.AVAILABLE, 1 << 30, kept=True),
    "snapshot": Snapshot("late", "data", SnapshotState.COMPLETED),
}
CAPTURE = {"instance_id": "vm-1", "name": "golden", "description": "d"}
NOUNS = pytest.mark.parametrize("noun", ["volume", "snapshot"])
#: More than any step has patience for.
ALWAYS = 60


@pytest.fixture
def world() -> World:
    return World()


def rows(world: World, noun: str) -> Any:
    return world.driver.volumes if noun == "volume" else world.driver.snapshots


def deletions(world: World, noun: str) -> list[str]:
    return [id_ for verb, id_ in rows(world, noun).changes if verb == "delete"]


def shows_late(world: World, noun: str, look: int, **members: Any) -> None:
    """What the creation made shows at the nth look for it."""

    def show(number: int) -> Callable[[], None]:
        def happening() -> None:
            if number == look:
                rows(world, noun).rows.append(replace(LATE[noun], **members))
                rows(world, noun).twins[MARKER] = ["late"]

        return happening

    rows(world, noun).faults.before["find_marked"] = [show(number) for number in range(1, 1000)]


@NOUNS
async def test_what_shows_after_its_creation_was_given_up_is_removed(world: World, noun: str) -> None:
    rows(world, noun).faults.before["create"] = [fault(ErrorKind.TIMEOUT)] * ALWAYS
    shows_late(world, noun, 3)
    outcome = await world.run(f"{noun}-create", {"spec": SPECS[noun]})
    assert outcome.failure is not None
    # TIMEOUT would tell whoever repeats the token that the creation still goes on.
    assert outcome.failure.kind is ErrorKind.UNAVAILABLE
    assert read(world.journal.events["accepted"]).failure == outcome.failure
    assert deletions(world, noun) == ["late"]


@NOUNS
@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_death_on_the_way_forgets_nothing(world: World, noun: str, when: str) -> None:
    rows(world, noun).faults.before["create"] = [fault(ErrorKind.TIMEOUT)] * ALWAYS
    shows_late(world, noun, 1)
    steps = 1 if noun == "volume" else 2
    assert (await world.run(f"{noun}-create", {"spec": SPECS[noun]}, MemoryJournal((steps, when)))).failure
    assert deletions(world, noun) == ["late"]


@NOUNS
async def test_a_refusal_is_looked_after_once(world: World, noun: str) -> None:
    rows(world, noun).faults.before["create"] = [fault(ErrorKind.QUOTA)]
    shows_late(world, noun, 2)
    outcome = await world.run(f"{noun}-create", {"spec": SPECS[noun]})
    assert outcome.failure is not None
    assert outcome.failure.kind is ErrorKind.QUOTA
    assert deletions(world, noun) == []


@NOUNS
async def test_what_is_looked_for_has_an_end(world: World, noun: str) -> None:
    rows(world, noun).faults.before["create"] = [fault(ErrorKind.UNAVAILABLE)] * ALWAYS
    looks: list[None] = []
    rows(world, noun).faults.before["find_marked"] = [lambda: looks.append(None)] * 1000
    assert (await world.run(f"{noun}-create", {"spec": SPECS[noun]})).failure
    # Pauses of 1, 2, 4, 8, 16, 30, 30 ... seconds, give or take a fifth.
    assert 6 <= len(looks) <= 10
    assert LATE_SECONDS == 120.0


@NOUNS
async def test_what_is_locked_is_removed_when_it_can_be(world: World, noun: str) -> None:
    rows(world, noun).faults.before["create"] = [fault(ErrorKind.TIMEOUT)] * ALWAYS
    rows(world, noun).faults.before["delete"] = [fault(ErrorKind.BUSY), fault(ErrorKind.CONFLICT)]
    shows_late(world, noun, 1)
    await world.run(f"{noun}-create", {"spec": SPECS[noun]})
    assert deletions(world, noun) == ["late"]


async def test_a_volume_that_somebody_uses_by_then_stays(world: World) -> None:
    world.driver.volumes.faults.before["create"] = [fault(ErrorKind.TIMEOUT)] * ALWAYS
    shows_late(world, "volume", 2, attachments=(VolumeAttachment("vm-9"),))
    assert (await world.run("volume-create", {"spec": SPECS["volume"]})).failure
    assert deletions(world, "volume") == []


@NOUNS
async def test_a_driver_that_finds_nothing_by_markers_tells_the_reason_all_the_same(world: World, noun: str) -> None:
    rows(world, noun).faults.before["create"] = [fault(ErrorKind.TIMEOUT)] * ALWAYS
    rows(world, noun).faults.before["find_marked"] = [unsupported("find_marked")] * 1000
    outcome = await world.run(f"{noun}-create", {"spec": SPECS[noun]})
    assert outcome.failure is not None
    assert outcome.failure.kind is ErrorKind.UNAVAILABLE


@NOUNS
async def test_what_an_attempt_without_an_answer_made_beside_is_removed(world: World, noun: str) -> None:
    rows(world, noun).faults.before["create"] = [fault(ErrorKind.UNAVAILABLE)]
    shows_late(world, noun, 1)
    outcome = await world.run(f"{noun}-create", {"spec": SPECS[noun]})
    assert outcome.get() == f"{noun}-1".encode()
    assert deletions(world, noun) == ["late"]


@NOUNS
async def test_a_creation_that_was_answered_at_once_is_not_looked_for(world: World, noun: str) -> None:
    rows(world, noun).faults.before["find_marked"] = [fault(ErrorKind.INTERNAL, retryable=False)]
    assert (await world.run(f"{noun}-create", {"spec": SPECS[noun]})).get() == f"{noun}-1".encode()


async def test_an_image_that_shows_after_its_capture_was_given_up_is_removed(world: World) -> None:
    world.machines.add(InstanceState.STOPPED)
    world.machines.faults.before["images.create"] = [fault(ErrorKind.TIMEOUT)] * ALWAYS
    images, looks = world.driver.images, iter(range(1000))
    find = images.find_marked

    async def late(context: Any, marker: str) -> Any:
        # The looks of the capture itself are over by the tenth.
        if next(looks) == 10:
            images.rows.append(Image("late", "golden", ImageState.AVAILABLE, annotation=Annotation(launch=marker)))
        return await find(context, marker)

    images.find_marked = late  # type: ignore[method-assign]
    outcome = await world.run("image-capture", {**CAPTURE, "annotation": Annotation(launch=MARKER)})
    assert outcome.failure is not None
    assert outcome.failure.kind is ErrorKind.UNAVAILABLE
    assert images.changes == [("delete", "late")]


@pytest.mark.parametrize("refusals", [[], [ErrorKind.BUSY, ErrorKind.CONFLICT]])
async def test_a_capture_that_was_cut_short_gets_what_is_its_own(world: World, refusals: list[ErrorKind]) -> None:
    """Clouds hand tags of the machine's image down to the new one, until its own are written."""
    world.machines.add(InstanceState.STOPPED)
    wanted = Annotation(launch=MARKER, tags={"Name": "golden"})
    begun = Annotation(launch=MARKER, tags={"Name": "golden", "Foreign": "base"})
    images = world.driver.images
    images.rows.append(Image("begun", "golden", ImageState.AVAILABLE, "of the base", annotation=begun))
    images.faults.before["images.annotate"] = [fault(kind) for kind in refusals]
    assert (await world.run("image-capture", {**CAPTURE, "annotation": wanted})).get() == b"begun"
    assert images.changes == [("annotate", "begun"), ("update", "begun")]
    assert (images.rows[0].annotation, images.rows[0].description) == (wanted, "d")
