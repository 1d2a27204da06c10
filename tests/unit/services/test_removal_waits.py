"""Whoever removes what a creation has made that does not know it yet waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from msgspec.structs import replace

from deltaic.model import marks
from deltaic.model.annotation import Annotation
from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.image import Image, ImageState
from deltaic.model.instance_snapshot import InstanceSnapshot, InstanceSnapshotState
from deltaic.model.network import Network
from deltaic.model.snapshot import Snapshot, SnapshotState
from deltaic.model.volume import Volume, VolumeState
from deltaic.ports.operations import FlowInput, FlowStep
from tests.unit.services.conftest import World

MARKER = "marker-1"
GIVEN = FlowInput("user:me", "default", "", "request-0")

Remove = Callable[[World, Context], Awaitable[Any]]


def volume(world: World) -> None:
    world.driver.volumes.rows = [Volume("x", "x", VolumeState.AVAILABLE, 1, made=marks.digest(MARKER)[:16])]


def snapshot(world: World) -> None:
    world.driver.snapshots.rows = [Snapshot("x", "x", SnapshotState.COMPLETED, made=marks.digest(MARKER)[:32])]


def network(world: World) -> None:
    world.driver.networks.rows = [Network("x", "x", "dc-1", annotation=Annotation(launch=MARKER))]


def instance(world: World) -> None:
    world.driver.instances.add(instance_id="x", annotation=Annotation(launch=MARKER))


def image(world: World) -> None:
    world.driver.images.rows = [Image("x", "x", ImageState.AVAILABLE, annotation=Annotation(launch=MARKER))]


def promised_image(world: World) -> None:
    note = Annotation(launch=MARKER, promised=True)
    world.driver.images.rows = [Image("x", "x", ImageState.AVAILABLE, annotation=note)]


def instance_snapshot(world: World) -> None:
    world.driver.instances.add(instance_id="vm-1")
    row = InstanceSnapshot("x", "vm-1", "x", InstanceSnapshotState.AVAILABLE, marker=MARKER)
    world.driver.instance_snapshots.rows = {"x": row}


CASES: dict[str, tuple[str, str, Callable[[World], None], Remove]] = {
    "volume": ("volume-create", "accepted", volume, lambda world, context: world.services.volumes.delete(context, "x")),
    "snapshot": (
        "snapshot-create",
        "accepted",
        snapshot,
        lambda world, context: world.services.snapshots.delete(context, "x"),
    ),
    "network": (
        "network-create",
        "accepted",
        network,
        lambda world, context: world.services.networks.delete(context, "x"),
    ),
    "instance": (
        "launch",
        "accepted",
        instance,
        lambda world, context: world.services.instances.terminate(context, ["x"]),
    ),
    "image": ("image-capture", "accepted", image, lambda world, context: world.services.captures.delete(context, "x")),
    "promised image": (
        "image-capture",
        "made",
        promised_image,
        lambda world, context: world.services.captures.delete(context, "x"),
    ),
    "instance snapshot": (
        "instance-snapshot-create",
        "accepted",
        instance_snapshot,
        lambda world, context: world.services.instance_snapshots.delete(context, "vm-1", "x"),
    ),
}


class Creation:
    """A flow that tells its milestones when it is told to, and never ends."""

    def __init__(self, world: World, flow: str) -> None:
        self._world = world
        self._flow = flow
        self._told: asyncio.Queue[str] = asyncio.Queue()
        world.operations.register({flow: self._run})

    async def begin(self, marker: str) -> None:
        await self._world.operations.start(self._flow, f"{self._flow}:{marker}", GIVEN)

    def tell(self, milestone: str) -> None:
        self._told.put_nowait(milestone)

    async def _run(self, step: FlowStep, given: FlowInput) -> bytes:
        while True:
            await step.publish(await self._told.get(), b"made")


@pytest.mark.parametrize("case", CASES)
async def test_a_removal_waits_until_the_creation_knows_what_it_made(world: World, case: str) -> None:
    flow, milestone, there, remove = CASES[case]
    there(world)
    creation = Creation(world, flow)
    await creation.begin(MARKER)
    removal = asyncio.ensure_future(remove(world, world.context))
    for _ in range(100):
        await asyncio.sleep(0)
    begun = [name for name, _ in world.operations.started]
    assert (removal.done(), begun, world.driver.networks.changes) == (False, [flow], [])
    creation.tell(milestone)
    await removal


@pytest.mark.parametrize("case", CASES)
async def test_one_that_takes_too_long_is_told_so_and_removes_nothing(world: World, case: str) -> None:
    flow, _, there, remove = CASES[case]
    there(world)
    await Creation(world, flow).begin(MARKER)
    hasty = replace(world.context, deadline=world.context.deadline - world.context.remaining() + 0.2)
    with pytest.raises(Error) as caught:
        await remove(world, hasty)
    assert (caught.value.kind, caught.value.retryable) == (ErrorKind.BUSY, True)
    assert [name for name, _ in world.operations.started] == [flow]
    assert world.driver.networks.changes == []


@pytest.mark.parametrize("case", CASES)
async def test_what_another_creation_makes_is_nobodys_matter(world: World, case: str) -> None:
    flow, _, there, remove = CASES[case]
    there(world)
    await Creation(world, flow).begin("marker-2")
    async with asyncio.timeout(10):
        await remove(world, world.context)


async def test_an_image_of_a_running_machine_is_not_known_when_it_is_promised(world: World) -> None:
    flow, _, there, remove = CASES["promised image"]
    there(world)
    creation = Creation(world, flow)
    await creation.begin(MARKER)
    creation.tell("accepted")
    hasty = replace(world.context, deadline=world.context.deadline - world.context.remaining() + 0.2)
    with pytest.raises(Error) as caught:
        await remove(world, hasty)
    assert caught.value.kind is ErrorKind.BUSY


def test_a_mark_tells_its_marker() -> None:
    long = marks.digest("marker-1")
    assert (len(long), marks.tells(long[:16], "marker-1"), marks.tells(long, "marker-1")) == (64, True, True)
    assert (marks.tells(long[:16], "marker-2"), marks.tells("", "marker-1")) == (False, False)
