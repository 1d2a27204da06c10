from __future__ import annotations

import msgspec

from deltaic.model.annotation import Annotation, Want
from deltaic.model.context import Context, Scope
from deltaic.model.instance import InstanceSpec, InstanceState
from deltaic.operations.reconcile import YOUNG_SECONDS, reconcile
from deltaic.ports.operations import FlowInput, FlowStatus
from tests.unit.operations.world import CALLER, World

S = InstanceState
CONTEXT = Context(CALLER, Scope("default", "dc-1"), "req")
NOW = 1_790_000_000
OLD = NOW - YOUNG_SECONDS


class Recorder:
    """Keeps what was started."""

    def __init__(self, *unfinished: str) -> None:
        self.started: dict[str, tuple[str, FlowInput]] = {}
        self._unfinished = [FlowStatus(each, each.partition(":")[0], "running") for each in unfinished]

    async def unfinished(self) -> list[FlowStatus]:
        return self._unfinished

    async def start(self, flow: str, flow_id: str, given: FlowInput) -> None:
        self.started[flow_id] = (flow, given)


async def run(world: World, *unfinished: str) -> Recorder:
    recorder = Recorder(*unfinished)
    begun = await reconcile(recorder, world.driver, CONTEXT, now=NOW)  # type: ignore[arg-type]
    assert begun == list(recorder.started)
    return recorder


async def test_a_forgotten_launch_is_taken_up_by_its_marker() -> None:
    world = World()
    annotation = Annotation(want=Want.RUNNING, launch="abc:0", launched_at=OLD)
    world.machines.add(S.STOPPED, "vm-1", annotation=annotation, image_id="image-1")
    recorder = await run(world)
    flow, given = recorder.started["launch:abc:0"]
    assert flow == "launch"
    assert given.principal_id == CALLER.id
    await world.run("launch", msgspec.json.decode(given.arguments, type=InstanceSpec))
    assert world.machines.machines["vm-1"].state is S.RUNNING
    assert world.count("create") == 0


async def test_a_forgotten_removal_is_taken_up() -> None:
    world = World()
    world.machines.add(S.STOPPED, "vm-1", annotation=Annotation(want=Want.TERMINATED))
    recorder = await run(world)
    assert [(flow, given.arguments) for flow, given in recorder.started.values()] == [("terminate", b'{"id":"vm-1"}')]


async def test_what_a_flow_knows_what_is_young_and_what_wants_nothing_is_left_alone() -> None:
    world = World()
    world.machines.add(S.RUNNING, "vm-1")
    world.machines.add(S.STOPPED, "vm-2", annotation=Annotation(want=Want.RUNNING, launch="a:0", launched_at=OLD + 1))
    world.machines.add(S.STOPPED, "vm-3", annotation=Annotation(want=Want.TERMINATED))
    world.machines.add(S.STOPPED, "vm-4", annotation=Annotation(want=Want.RUNNING, launch="b:0", launched_at=OLD))
    recorder = await run(world, "terminate:vm-3", "launch:b:0")
    assert recorder.started == {}
