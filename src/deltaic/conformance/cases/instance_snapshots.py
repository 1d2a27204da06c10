"""Whole machines at one time."""

from __future__ import annotations

from typing import Any

from deltaic.conformance.case import case
from deltaic.conformance.checks import Mismatch, ensure, equal, refused
from deltaic.conformance.machines import machine, reached
from deltaic.conformance.trial import Trial
from deltaic.model.errors import ErrorKind
from deltaic.model.instance import InstanceState
from deltaic.model.instance_snapshot import InstanceSnapshot, InstanceSnapshotSpec, InstanceSnapshotState

NEEDS = ("instances_create", "instances_delete", "instance_snapshots_list", "instance_snapshots_create")


async def taken(trial: Trial, instance_id: str, **members: Any) -> InstanceSnapshot:
    """A snapshot of a machine that can be used."""
    wanted = InstanceSnapshotSpec(instance_id, trial.name("state"), marker=trial.marker(), **members)
    made = await trial.patiently(lambda: trial.driver.instance_snapshots.create(trial.context(), wanted))
    return await usable(trial, instance_id, made.id)


async def usable(trial: Trial, instance_id: str, snapshot_id: str) -> InstanceSnapshot:
    """Wait until a snapshot can be used."""

    async def probe() -> InstanceSnapshot | None:
        found = await trial.driver.instance_snapshots.get(trial.context(), instance_id, snapshot_id)
        if found.state is InstanceSnapshotState.ERROR:
            raise Mismatch("the machine's snapshot is broken")
        return found if found.state is InstanceSnapshotState.AVAILABLE else None

    return await trial.until("the machine's snapshot is available", probe)


@case(*NEEDS, "instance_snapshots_delete")
async def life(trial: Trial) -> None:
    """Two snapshots of a machine, listed in their order, found by marker and removed one by one."""
    host = await machine(trial)
    first = await taken(trial, host.id, description="the first")
    second = await taken(trial, host.id)
    equal("description and machine", (first.description, first.instance_id), ("the first", host.id))
    ensure("they tell their markers", first.marker and second.marker and first.marker != second.marker)
    listed = await trial.driver.instance_snapshots.list(trial.context(), [host.id])
    equal("snapshots of the machine", [one.id for one in listed], [first.id, second.id])
    everywhere = await trial.driver.instance_snapshots.list(trial.context(), None)
    equal("of all machines", [one.id for one in everywhere if one.instance_id == host.id], [first.id, second.id])
    await trial.patiently(lambda: trial.driver.instance_snapshots.delete(trial.context(), host.id, first.id))

    async def gone() -> bool:
        found = await trial.driver.instance_snapshots.list(trial.context(), [host.id])
        return [one.id for one in found] == [second.id]

    await trial.until("the first one is gone", gone)
    for snapshot_id in (first.id, trial.site.unknown_id):
        async with refused("a snapshot that is not there", ErrorKind.NOT_FOUND):
            await trial.driver.instance_snapshots.get(trial.context(), host.id, snapshot_id)


@case(*NEEDS, "instance_snapshots_restore", "instances_start")
async def a_machine_is_brought_back(trial: Trial) -> None:
    """A stopped machine is brought back to a snapshot and starts; a running one is refused."""
    host = await machine(trial)
    made = await taken(trial, host.id)
    await trial.patiently(lambda: trial.driver.instance_snapshots.restore(trial.context(), host.id, made.id))
    await usable(trial, host.id, made.id)
    await reached(trial, host.id, InstanceState.STOPPED)
    await trial.patiently(lambda: trial.driver.instances.start(trial.context(), host.id))
    await reached(trial, host.id, InstanceState.RUNNING)
    async with refused("restoring a running machine", ErrorKind.CONFLICT):
        await trial.driver.instance_snapshots.restore(trial.context(), host.id, made.id)


@case(*NEEDS, "instance_snapshots_create_with_memory")
async def a_running_machine_with_its_memory(trial: Trial) -> None:
    """A running machine's snapshot has its memory where that was asked for; the machine goes on."""
    host = await machine(trial, InstanceState.RUNNING)
    equal("memory", [(await taken(trial, host.id, memory=wish)).memory for wish in (True, False)], [True, False])
    await reached(trial, host.id, InstanceState.RUNNING)


@case(*NEEDS, "instances_create_with_snapshot")
async def a_machine_made_of_a_snapshot(trial: Trial) -> None:
    """A machine is made of another one's snapshot, which is an image by `<machine>.<snapshot>`."""
    host = await machine(trial)
    made = await taken(trial, host.id)
    image_id = f"{host.id}.{made.id}"
    listed = await trial.driver.images.list(trial.context(), ids=[image_id])
    equal("images of its id", [one.id for one in listed], [image_id])
    second = await machine(trial, image_id=image_id)
    ensure("it is another machine", second.id != host.id)
