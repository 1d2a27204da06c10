"""A machine is brought back to a snapshot without losing the volumes that it got since."""

from __future__ import annotations

from typing import Any

import pytest

from deltaic.model.errors import Error, ErrorKind
from deltaic.model.instance import InstanceState as S
from deltaic.model.volume import Volume, VolumeAttachment, VolumeState
from tests.fakes.operations import MemoryJournal
from tests.unit.operations.world import World, fault

REFERENCE = {"instance_id": "vm-1", "id": "snap-1"}
PLUG = VolumeAttachment("vm-1", "/dev/vdc", boot=True)
DEATHS = [None, *((step, when) for step in range(11) for when in ("before", "after"))]


def volume(name: str, **members: Any) -> Volume:
    return Volume(name, name, VolumeState.AVAILABLE, 1, **{"kept": True, "attachments": (PLUG,), **members})


@pytest.fixture
def world() -> World:
    made = World()
    made.machines.add(S.STOPPED)
    made.driver.instance_snapshots.add("snap-1")
    made.driver.volumes.rows = [
        volume("later"),
        volume("own", kept=False),
        volume("shared", shareable=True),
        volume("elsewhere", attachments=(VolumeAttachment("vm-2"),)),
    ]
    return made


def changes(world: World) -> list[tuple[str, str]]:
    return world.driver.volumes.changes


@pytest.mark.parametrize("die_at", DEATHS)
async def test_volumes_are_away_while_the_machine_is_brought_back(world: World, die_at: Any) -> None:
    world.machines.add(S.RUNNING)
    at_restore: list[list[str]] = []
    attached = lambda: [row.id for row in world.driver.volumes.rows if row.attachments]  # noqa: E731
    world.machines.faults.before["snapshots.restore"] = [lambda: at_restore.append(attached())]
    assert (await world.run("instance-restore", REFERENCE, MemoryJournal(die_at))).get() == b"started"
    assert at_restore == [["own", "shared", "elsewhere"]]
    assert changes(world) == [("detach", "later"), ("attach", "later")]
    assert world.driver.volumes.row("later").attachments == (PLUG,)


async def test_with_memory_they_come_back_when_the_machine_runs(world: World) -> None:
    world.machines.add(S.SUSPENDED)
    world.driver.instance_snapshots.add("snap-1", memory=True)
    states: list[S] = []
    world.driver.volumes.faults.before["attach"].append(lambda: states.append(world.machines.machines["vm-1"].state))
    assert (await world.run("instance-restore", REFERENCE)).get() == b"started"
    assert states == [S.RUNNING]


async def test_a_cloud_without_volumes_has_none_to_lose(world: World) -> None:
    world.machines.add(S.STOPPED)
    world.driver.volumes.faults.before["list"].append(fault(ErrorKind.UNSUPPORTED))
    assert (await world.run("instance-restore", REFERENCE)).get() == b"stopped"
    assert changes(world) == []


async def test_what_the_snapshot_holds_stays_attached(world: World) -> None:
    world.machines.add(S.STOPPED)
    world.driver.volumes.faults.before["detach"].append(fault(ErrorKind.CONFLICT))
    assert (await world.run("instance-restore", REFERENCE)).get() == b"stopped"
    assert changes(world) == []


async def test_a_refused_restore_gives_them_back(world: World) -> None:
    world.machines.add(S.STOPPED)
    world.machines.faults.before["snapshots.restore"] = [fault(ErrorKind.FORBIDDEN)]
    with pytest.raises(Error) as caught:
        (await world.run("instance-restore", REFERENCE)).get()
    assert caught.value.kind is ErrorKind.FORBIDDEN
    assert world.driver.volumes.row("later").attachments == (PLUG,)


async def test_one_that_somebody_took_meanwhile_is_not_missed(world: World) -> None:
    world.machines.add(S.STOPPED)
    world.driver.volumes.faults.before["attach"].append(fault(ErrorKind.IN_USE))
    assert (await world.run("instance-restore", REFERENCE)).get() == b"stopped"
    assert changes(world) == [("detach", "later")]
