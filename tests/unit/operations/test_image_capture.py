"""Images of machines, through every death of the process."""

from __future__ import annotations

import msgspec
import pytest
from msgspec.structs import replace

from deltaic.model.annotation import Annotation
from deltaic.model.capability import Capability
from deltaic.model.context import Context, Scope
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.image import Image, ImageState
from deltaic.model.instance import DiskAttachment, InstanceState
from deltaic.model.volume import Volume, VolumeState
from deltaic.operations.outcome import read
from deltaic.ports import captures
from tests.fakes.operations import MemoryJournal
from tests.unit.operations.world import CALLER, World, fault

S = InstanceState
MARKER = "11111111-2222-4333-8444-555555555555"
GIVEN = {"instance_id": "vm-1", "name": "golden", "description": "d", "annotation": Annotation(launch=MARKER)}
COLD = ("look", "make", "settle")
HOT = ("look", "hold", "keep", "held", "make", "show", "settle", "release", "released")
WHEN = ["before", "after"]
FLOW = "image-capture"


@pytest.fixture
def world() -> World:
    return World()


async def kept(world: World) -> list[captures.Capture]:
    return list(await captures.read_all(world.store.records, Context(CALLER, Scope("default"), "").owner))


def accepted(world: World) -> Image:
    return msgspec.json.decode(read(world.journal.events["accepted"]).get(), type=Image)


@pytest.mark.parametrize("when", WHEN)
@pytest.mark.parametrize("position", range(len(COLD)), ids=COLD)
async def test_a_stopped_machine(world: World, position: int, when: str) -> None:
    world.machines.add(S.STOPPED)
    journal = MemoryJournal((position, when))
    assert (await world.run(FLOW, GIVEN, journal)).get() == b"image-1"
    assert journal.die_at is None
    assert [(row.id, row.name, row.state) for row in world.driver.images.rows] == [
        ("image-1", "golden", ImageState.AVAILABLE)
    ]
    assert (accepted(world).id, await kept(world)) == ("image-1", [])
    assert world.driver.instance_snapshots.changes == []


@pytest.mark.parametrize("when", WHEN)
@pytest.mark.parametrize("position", range(len(HOT)), ids=HOT)
async def test_a_running_machine(world: World, position: int, when: str) -> None:
    world.machines.add(S.RUNNING)
    journal = MemoryJournal((position, when))
    assert (await world.run(FLOW, GIVEN, journal)).get() == b"image-1"
    assert journal.die_at is None
    assert [(row.id, row.state) for row in world.driver.images.rows] == [("image-1", ImageState.AVAILABLE)]
    assert world.driver.instance_snapshots.changes == [("create", "snap-1"), ("delete", "snap-1")]
    assert (world.driver.instance_snapshots.of(), await kept(world)) == ([], [])
    assert world.machines.machines["vm-1"].state is S.RUNNING
    promised = accepted(world)
    assert (promised.id, promised.name, promised.state) == (MARKER, "golden", ImageState.PENDING)


async def test_it_is_shown_until_the_cloud_shows_it(world: World) -> None:
    world.machines.add(S.RUNNING)
    seen: list[list[captures.Capture]] = []

    async def look() -> None:
        seen.append(await kept(world))

    step = world.driver.images.create

    async def create(*given: object, **named: object) -> Image:
        await look()
        return await step(*given, **named)  # type: ignore[arg-type]

    world.driver.images.create = create  # type: ignore[method-assign]
    await world.run(FLOW, GIVEN)
    ((shown,),) = seen
    assert (shown.instance_id, shown.image.id, shown.image.name) == ("vm-1", MARKER, "golden")
    assert shown.image.created_at is not None


def cut(world: World) -> None:
    """The cloud hands down a tag and cuts descriptions, and takes no change of an image that it is making."""
    world.driver.images.takes = lambda asked: replace(
        asked,
        description=asked.description[:5],
        annotation=replace(asked.annotation, tags={**asked.annotation.tags, "theirs": "1"}),
    )


LONG = {**GIVEN, "description": "longer", "annotation": Annotation(launch=MARKER, tags={"mine": "1"})}


@pytest.mark.parametrize("when", WHEN)
@pytest.mark.parametrize("position", range(len(COLD)), ids=COLD)
async def test_what_the_cloud_did_not_take_is_written_once_it_is_made(world: World, position: int, when: str) -> None:
    cut(world)
    world.machines.add(S.STOPPED)
    assert (await world.run(FLOW, LONG, MemoryJournal((position, when)))).get() == b"image-1"
    (made,) = world.driver.images.rows
    assert (made.description, made.annotation) == ("longer", LONG["annotation"])
    promised = accepted(world)
    assert (promised.state, promised.description, promised.annotation) == (
        ImageState.PENDING,
        "longer",
        made.annotation,
    )


async def test_an_image_that_can_not_be_completed_yet_is_completed_later(world: World) -> None:
    cut(world)
    world.machines.add(S.STOPPED)
    world.machines.faults.before["images.annotate"] = [fault(ErrorKind.CONFLICT), fault(ErrorKind.BUSY)]
    assert (await world.run(FLOW, LONG)).get() == b"image-1"
    assert world.driver.images.rows[0].annotation == LONG["annotation"]


async def test_what_somebody_changed_meanwhile_stays(world: World) -> None:
    cut(world)
    world.machines.add(S.STOPPED)

    def edited() -> None:
        (row,) = world.driver.images.rows
        other = replace(row.annotation, tags={"other": "1"})
        world.driver.images.rows = [replace(row, description="other", annotation=other)]

    world.machines.faults.after["images.create"] = [edited]
    assert (await world.run(FLOW, LONG)).get() == b"image-1"
    (made,) = world.driver.images.rows
    assert (made.description, made.annotation.tags) == ("other", {"other": "1"})


async def test_a_taken_name_gets_a_mark(world: World) -> None:
    world.machines.add(S.STOPPED)
    world.driver.images.rows.append(Image("other", "golden", ImageState.AVAILABLE))
    await world.run(FLOW, GIVEN)
    name = world.driver.images.rows[-1].name
    assert (name.startswith("golden-"), len(name)) == (True, len("golden-") + 8)


@pytest.mark.parametrize(
    ("state", "expected"),
    [(S.SUSPENDED, ErrorKind.CONFLICT), (S.ERROR, ErrorKind.CONFLICT), (S.LOCKED, ErrorKind.BUSY)],
)
async def test_other_states_are_refused(world: World, state: InstanceState, expected: ErrorKind) -> None:
    world.machines.add(state)
    with pytest.raises(Error) as caught:
        (await world.run(FLOW, GIVEN)).get()
    assert (caught.value.kind, world.driver.images.rows) == (expected, [])


async def test_an_answer_that_was_lost_leaves_no_image(world: World) -> None:
    world.machines.add(S.STOPPED)
    world.machines.faults.after["images.create"] = [fault(ErrorKind.TIMEOUT, retryable=False)]
    with pytest.raises(Error):
        (await world.run(FLOW, GIVEN)).get()
    for _ in range(3):
        await world.driver.images.list(Context(CALLER, Scope(), ""))
    assert world.driver.images.rows == []


async def test_an_answer_that_was_lost_leaves_no_snapshot(world: World) -> None:
    world.machines.add(S.RUNNING)
    world.machines.faults.after["snapshots.create"] = [fault(ErrorKind.TIMEOUT, retryable=False)]
    with pytest.raises(Error):
        (await world.run(FLOW, GIVEN)).get()
    for _ in range(3):
        await world.driver.instance_snapshots.list(Context(CALLER, Scope(), ""), ["vm-1"])
    assert (world.driver.instance_snapshots.of(), await kept(world)) == ([], [])


@pytest.mark.parametrize("what", ["image", "snapshot", "refused"])
async def test_what_fails_later_leaves_nothing_but_the_reason(world: World, what: str) -> None:
    world.machines.add(S.RUNNING)
    if what == "image":
        world.driver.images.creation_ends = None
    elif what == "snapshot":
        world.driver.instance_snapshots.creation_ends = None
    else:
        world.machines.faults.before["images.create"] = [fault(ErrorKind.QUOTA)]
    with pytest.raises(Error):
        (await world.run(FLOW, GIVEN)).get()
    assert (world.driver.images.rows, world.driver.instance_snapshots.of()) == ([], [])
    (failed,) = await kept(world)
    assert (failed.image.id, failed.image.state, bool(failed.reason)) == (MARKER, ImageState.ERROR, True)


async def test_a_machine_that_goes_takes_everything_with_it(world: World) -> None:
    world.machines.add(S.RUNNING)

    def gone() -> None:
        world.machines.machines.clear()
        world.driver.instance_snapshots.rows.clear()

    world.machines.faults.before["images.create"] = [gone]
    with pytest.raises(Error) as caught:
        (await world.run(FLOW, GIVEN)).get()
    assert caught.value.kind is ErrorKind.NOT_FOUND


class TestDelete:
    FLOW = "image-delete"

    @pytest.mark.parametrize("when", WHEN)
    @pytest.mark.parametrize("position", range(3), ids=["look", "delete", "gone"])
    async def test_death_at_every_step(self, world: World, position: int, when: str) -> None:
        world.driver.images.rows.append(Image("image-9", "x", ImageState.AVAILABLE))
        journal = MemoryJournal((position, when))
        assert (await world.run(self.FLOW, {"id": "image-9"}, journal)).get() == b"image-9"
        assert (world.driver.images.rows, world.driver.images.changes) == ([], [("delete", "image-9")])

    @pytest.mark.parametrize("kind", [ErrorKind.IN_USE, ErrorKind.PROTECTED, ErrorKind.FORBIDDEN])
    async def test_a_refusal_is_told(self, world: World, kind: ErrorKind) -> None:
        world.driver.images.rows.append(Image("image-9", "x", ImageState.AVAILABLE))
        world.machines.faults.before["images.delete"] = [fault(kind)]
        with pytest.raises(Error) as caught:
            (await world.run(self.FLOW, {"id": "image-9"})).get()
        assert caught.value.kind is kind

    async def test_one_that_stays_is_told(self, world: World) -> None:
        world.driver.images.rows.append(Image("image-9", "x", ImageState.AVAILABLE))
        world.driver.images.removal_ends = ImageState.AVAILABLE
        with pytest.raises(Error) as caught:
            (await world.run(self.FLOW, {"id": "image-9"})).get()
        assert caught.value.kind is ErrorKind.UNAVAILABLE


async def test_an_image_of_a_snapshot_that_is_there(world: World) -> None:
    world.machines.add(S.SUSPENDED)
    world.driver.instance_snapshots.add("snap-9")
    assert (await world.run(FLOW, {**GIVEN, "snapshot_id": "snap-9"})).get() == b"image-1"
    assert (accepted(world).id, world.driver.instance_snapshots.of()) == ("image-1", ["snap-9"])


@pytest.mark.parametrize("state", [S.STOPPED, S.RUNNING])
async def test_attached_volumes_are_no_part_of_the_image(world: World, state: InstanceState) -> None:
    disks = ("root", "data", "shared", "own")
    world.machines.add(state, disks=tuple(DiskAttachment(one, boot=one == "root") for one in disks))
    world.driver.capability = Capability(volumes_list=True)
    world.driver.volumes.rows += [
        Volume("root", "root", VolumeState.AVAILABLE, 1, kept=True),
        Volume("data", "data", VolumeState.AVAILABLE, 1, kept=True),
        Volume("shared", "shared", VolumeState.AVAILABLE, 1, shareable=True),
        Volume("own", "own", VolumeState.AVAILABLE, 1),
    ]
    assert (await world.run(FLOW, GIVEN)).get() == b"image-1"
    (spec,) = world.driver.instance_snapshots.given.values()
    assert (spec.disk_ids, spec.memory, spec.temporary) == (("root", "own"), False, True)
    assert (world.driver.instance_snapshots.of(), world.machines.machines["vm-1"].state) == ([], state)
