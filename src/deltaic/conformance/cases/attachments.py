"""Volumes in machines."""

from __future__ import annotations

from deltaic.conformance.case import case
from deltaic.conformance.checks import ensure, equal, only, refused
from deltaic.conformance.machines import brought, gone, is_free, listed_volume, machine, stopped, volume
from deltaic.conformance.trial import Trial
from deltaic.model.errors import ErrorKind
from deltaic.model.instance import InstanceState
from deltaic.model.volume import Volume

NEEDS = ("instances_create", "instances_delete", "volumes_create", "volumes_delete", "volumes_attach")


async def attached(trial: Trial, volume_id: str, instance_id: str, device: str = "") -> Volume:
    """Attach a volume, as a flow does, and wait until it shows."""
    await trial.patiently(lambda: trial.driver.volumes.attach(trial.context(), volume_id, instance_id, device=device))

    async def probe() -> Volume | None:
        found = await listed_volume(trial, volume_id)
        return found if found and [x for x in found.attachments if x.instance_id == instance_id and x.active] else None

    return await trial.until("the volume is attached and active", probe)


async def detached(trial: Trial, volume_id: str, instance_id: str) -> Volume:
    """Detach a volume, as a flow does, and wait until it is free."""
    await trial.patiently(lambda: trial.driver.volumes.detach(trial.context(), volume_id, instance_id))

    async def probe() -> Volume | None:
        found = await listed_volume(trial, volume_id)
        return found if found and is_free(found) else None

    return await trial.until("the volume is free", probe)


@case(*NEEDS)
async def a_volume_in_a_running_machine(trial: Trial) -> None:
    """Attached and detached, each twice; machine and volume show it, and nothing else of them changes."""
    host = await machine(trial, InstanceState.RUNNING)
    made = await volume(trial)
    there = await attached(trial, made.id, host.id, "/dev/vdz")
    place = only("attachments", there.attachments)
    equal("where it is", (place.instance_id, place.boot), (host.id, False))
    shown = await trial.driver.instances.get(trial.context(), host.id)
    equal("the machine's disks of its id", [one.disk_id for one in shown.disks if one.disk_id == made.id], [made.id])
    await attached(trial, made.id, host.id)
    equal("attachments", len((await listed_volume(trial, made.id) or made).attachments), 1)
    async with refused("removal of a volume in use", ErrorKind.IN_USE):
        await trial.driver.volumes.delete(trial.context(), made.id)
    free = await detached(trial, made.id, host.id)
    equal("name and size", (free.name, free.size), (made.name, made.size))
    await detached(trial, made.id, host.id)
    shown = await trial.driver.instances.get(trial.context(), host.id)
    equal("disks that are left", [one.disk_id for one in shown.disks], [one.disk_id for one in host.disks])


@case(*NEEDS)
async def a_volume_of_one_machine_is_not_anothers(trial: Trial) -> None:
    """A volume that is not shareable is attached to one machine at a time."""
    first, second, made = await machine(trial), await machine(trial), await volume(trial)
    await attached(trial, made.id, first.id)
    async with refused("attaching it to another machine", ErrorKind.IN_USE):
        await trial.driver.volumes.attach(trial.context(), made.id, second.id)
    await detached(trial, made.id, first.id)
    await attached(trial, made.id, second.id)
    await detached(trial, made.id, second.id)


@case(*NEEDS)
async def a_volume_outlives_its_machine(trial: Trial) -> None:
    """A machine that is removed leaves the volumes that were attached to it, and takes its own disks along."""
    host, made = await machine(trial), await volume(trial)
    await attached(trial, made.id, host.id)
    await trial.patiently(lambda: trial.driver.instances.delete(trial.context(), host.id))
    await gone(trial, host.id)

    async def free() -> bool:
        found = await listed_volume(trial, made.id)
        ensure("the volume is still there", found)
        return found is not None and is_free(found)

    await trial.until("the volume is free", free)
    own = {one.disk_id for one in host.disks} - {made.id}
    left = [one.id for one in await trial.driver.volumes.list(trial.context()) if one.id in own]
    equal("the machine's own disks that are left", left, [])


@case(*NEEDS, "instances_start", "instances_stop")
async def a_volume_stays_through_stop_and_start(trial: Trial) -> None:
    """A stop and a start change nothing about what is attached."""
    host, made = await machine(trial), await volume(trial)
    await attached(trial, made.id, host.id)
    await brought(trial, host.id, InstanceState.RUNNING)
    equal("attachments while it runs", len((await listed_volume(trial, made.id) or made).attachments), 1)
    await stopped(trial, host.id)
    await brought(trial, host.id, InstanceState.STOPPED)
    await detached(trial, made.id, host.id)


@case(*NEEDS)
async def attaching_what_is_not_there(trial: Trial) -> None:
    """An unknown volume or machine is NOT_FOUND; detaching where nothing is attached does nothing."""
    host, made = await machine(trial), await volume(trial)
    nothing = trial.site.unknown_id
    async with refused("attaching an unknown volume", ErrorKind.NOT_FOUND):
        await trial.driver.volumes.attach(trial.context(), nothing, host.id)
    async with refused("attaching to an unknown machine", ErrorKind.NOT_FOUND):
        await trial.driver.volumes.attach(trial.context(), made.id, nothing)
    await trial.driver.volumes.detach(trial.context(), made.id, host.id)
    equal("the volume", (await listed_volume(trial, made.id) or made).attachments, ())
