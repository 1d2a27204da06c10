"""What the gateway kept about a machine's disks and interfaces goes with them."""

from __future__ import annotations

import pytest

from deltaic.model.annotation import Want
from deltaic.model.errors import ErrorKind
from deltaic.model.instance import DiskAttachment, InstanceState
from deltaic.model.nic import Nic
from deltaic.model.volume import Volume, VolumeState
from tests.fakes.operations import MemoryJournal
from tests.unit.operations.world import World, fault

ARGUMENTS = {"id": "vm-1"}
STEPS = ["mark", "bury 1", "delete 1", "gone 1", "forget"]


@pytest.fixture
def world() -> World:
    world = World()
    disks = (DiskAttachment("disk-1", boot=True), DiskAttachment("shared"))
    world.machines.add(InstanceState.STOPPED, disks=disks, nics=(Nic("nic-1"),))
    world.driver.volumes.rows = [Volume("shared", "shared", VolumeState.AVAILABLE, 1 << 30)]
    for each in ("disk-1", "nic-1", "shared", "another"):
        world.store.resource_tags.rows[each] = {"Name": each}
    return world


LEFT = {"shared": {"Name": "shared"}, "another": {"Name": "another"}}


async def test_tags_go_with_what_was_removed(world: World) -> None:
    assert (await world.run("terminate", ARGUMENTS)).get() == b"vm-1"
    assert [name for name, _ in world.journal.entries] == STEPS
    assert world.store.resource_tags.rows == LEFT


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("position", range(len(STEPS)), ids=STEPS)
async def test_also_after_a_death_at_any_step(world: World, position: int, when: str) -> None:
    await world.run("terminate", ARGUMENTS, MemoryJournal((position, when)))
    assert world.store.resource_tags.rows == LEFT


async def test_they_stay_with_a_machine_that_can_not_be_deleted(world: World) -> None:
    world.machines.faults.before["delete"] = [fault(ErrorKind.FORBIDDEN)]
    outcome = await world.run("terminate", ARGUMENTS)
    assert outcome.failure is not None
    assert world.want("vm-1") is not Want.TERMINATED
    assert set(world.store.resource_tags.rows) == {"disk-1", "nic-1", "shared", "another"}
