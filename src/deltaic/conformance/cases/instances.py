"""The life of a machine, and the states that it goes through."""

from __future__ import annotations

import asyncio

from deltaic.conformance.case import case
from deltaic.conformance.checks import among, ensure, equal, only, refused
from deltaic.conformance.machines import FIRST_STATES, brought, created, gone, machine, reached, removed, stopped
from deltaic.conformance.trial import Trial
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.instance import Instance, InstanceChanges, InstanceState

LIFE = ("instances_list", "instances_create", "instances_start", "instances_stop", "instances_delete")
RUNNING, STOPPED = InstanceState.RUNNING, InstanceState.STOPPED


@case(*LIFE)
async def life(trial: Trial) -> None:
    """From creation through running and stopped to nothing."""
    made = await created(trial)
    among("first state", made.state, FIRST_STATES)
    seen: list[InstanceState] = []

    async def settled() -> Instance | None:
        found = await trial.driver.instances.get(trial.context(), made.id)
        seen.append(found.state)
        return found if found.state in (RUNNING, STOPPED) else None

    rested = await trial.until("the machine rests or runs", settled)
    ensure(f"it went through first states only: {seen}", set(seen) <= FIRST_STATES)
    equal("whether it runs by itself", rested.state is RUNNING, trial.driver.capability.instances_create_runs)
    await brought(trial, made.id, RUNNING)
    await stopped(trial, made.id)
    await reached(trial, made.id, STOPPED)
    await trial.driver.instances.start(trial.context(), made.id)
    await reached(trial, made.id, RUNNING)
    await removed(trial, made.id)
    listed = await trial.driver.instances.list(trial.context())
    equal("machines of its id in the list", [one.id for one in listed if one.id == made.id], [])


@case(*LIFE)
async def what_a_machine_shows(trial: Trial) -> None:
    """A machine shows where it is, of what it was made and how large it is; its times follow one another."""
    made = await machine(trial, RUNNING, description="what it is for")
    shown = await trial.driver.instances.get(trial.context(), made.id)
    wanted = (made.name, await trial.zone_id(), trial.site.image_id, "what it is for")
    equal("name, zone, image and description", (shown.name, shown.zone_id, shown.image_id, shown.description), wanted)
    ensure("it has memory and processors", shown.memory > 0 and shown.cpus > 0)
    # A disk that is no volume of its own need not be told.
    ensure("it starts from one of its disks at most", len([one for one in shown.disks if one.boot]) < 2)
    ensure("it has a network interface with a MAC", [one.mac for one in shown.nics if one.mac])
    times = [one for one in (shown.created_at, shown.started_at) if one]
    ensure("it tells when it was made or started, with a time zone", times and all(one.tzinfo for one in times))
    equal("order of its times", times, sorted(times))
    ensure("it has a run while it runs", shown.run)

    async def agree() -> bool:
        """A guest reports its addresses when it pleases, so that one answer may know more than the other."""
        alone = await trial.driver.instances.get(trial.context(), made.id)
        listed = [one for one in await trial.driver.instances.list(trial.context()) if one.id == made.id]
        return only("it in the list", listed) == alone

    await trial.until("the list tells the same as the single answer", agree)


@case(*LIFE, "instances_list_with_runs")
async def runs_and_rests_differ(trial: Trial) -> None:
    """Each start is another run; a machine that rests has none."""
    made = await machine(trial, RUNNING)
    first = made.run
    await stopped(trial, made.id)
    rested = await reached(trial, made.id, STOPPED)
    equal("run of a machine that rests", rested.run, 0)
    # Runs are told apart by the millisecond of their start.
    await asyncio.sleep(0.01)
    await trial.driver.instances.start(trial.context(), made.id)
    second = (await reached(trial, made.id, RUNNING)).run
    ensure(f"the second run ({second}) is another than the first ({first})", second != first)


@case(*LIFE)
async def a_stop_of_a_stopped_machine_does_nothing(trial: Trial) -> None:
    """Stopping twice is as good as once."""
    made = await machine(trial)
    await trial.driver.instances.stop(trial.context(), made.id)
    equal("state", (await trial.driver.instances.get(trial.context(), made.id)).state, STOPPED)


@case(*LIFE)
async def a_start_of_a_running_machine_is_a_conflict(trial: Trial) -> None:
    """A machine that runs can't be started; it goes on running."""
    made = await machine(trial, RUNNING)
    async with refused("start of a running machine", ErrorKind.CONFLICT):
        await trial.driver.instances.start(trial.context(), made.id)
    equal("state", (await trial.driver.instances.get(trial.context(), made.id)).state, RUNNING)


@case(*LIFE)
async def a_running_machine_is_removed_or_refused(trial: Trial) -> None:
    """Removing a running machine does it at once where the cloud can, and is a conflict elsewhere."""
    made = await machine(trial, RUNNING)
    if trial.driver.capability.instances_delete_running:
        await trial.driver.instances.delete(trial.context(), made.id)
        await gone(trial, made.id)
        return
    async with refused("removal of a running machine", ErrorKind.CONFLICT):
        await trial.driver.instances.delete(trial.context(), made.id)
    await reached(trial, made.id, RUNNING)


@case(*LIFE, "instances_reboot")
async def reboot(trial: Trial) -> None:
    """A machine that is restarted runs again; one that rests can't be."""
    made = await machine(trial, RUNNING)
    await trial.driver.instances.reboot(trial.context(), made.id)
    await reached(trial, made.id, RUNNING)
    await brought(trial, made.id, STOPPED)
    async with refused("restart of a machine that rests", ErrorKind.CONFLICT):
        await trial.driver.instances.reboot(trial.context(), made.id)


@case(*LIFE, "instances_suspend")
async def suspend(trial: Trial) -> None:
    """A machine is suspended, comes back, and can't be suspended while it rests."""
    made = await machine(trial, RUNNING)
    await trial.driver.instances.suspend(trial.context(), made.id)
    await reached(trial, made.id, InstanceState.SUSPENDED)
    await trial.patiently(lambda: trial.driver.instances.start(trial.context(), made.id))
    await reached(trial, made.id, RUNNING)
    await brought(trial, made.id, STOPPED)
    async with refused("suspension of a machine that rests", ErrorKind.CONFLICT):
        await trial.driver.instances.suspend(trial.context(), made.id)


@case(*LIFE, "instances_start_paused")
async def a_paused_start(trial: Trial) -> None:
    """A machine can be powered up frozen, and goes on from there."""
    made = await machine(trial)
    await trial.driver.instances.start(trial.context(), made.id, paused=True)
    await reached(trial, made.id, InstanceState.PAUSED)
    await trial.driver.instances.start(trial.context(), made.id)
    await reached(trial, made.id, RUNNING)


@case(*LIFE)
async def a_machine_is_removed_once(trial: Trial) -> None:
    """A second removal finds the machine on its way or gone, and breaks nothing."""
    made = await machine(trial)
    await trial.driver.instances.delete(trial.context(), made.id)
    for _ in range(2):
        try:
            await trial.driver.instances.delete(trial.context(), made.id)
        except Error as error:
            among("second removal", error.kind, (ErrorKind.BUSY, ErrorKind.NOT_FOUND, ErrorKind.CONFLICT))
    await gone(trial, made.id)


@case(*LIFE)
async def verbs_on_a_machine_that_is_being_made(trial: Trial) -> None:
    """Verbs that come too early are BUSY or a conflict, or are carried out; the machine is made all the same."""
    made = await created(trial)
    early = (ErrorKind.BUSY, ErrorKind.CONFLICT)
    for verb in (trial.driver.instances.start, trial.driver.instances.stop):
        try:
            await verb(trial.context(), made.id)
        except Error as error:
            among("an early verb", error.kind, early)
    await brought(trial, made.id, RUNNING)
    await removed(trial, made.id)


@case(*LIFE, "instances_update")
async def a_protected_machine_stays(trial: Trial) -> None:
    """A machine that is protected against removal is not removed until it is protected no more."""
    made = await machine(trial)
    update = trial.driver.instances.update
    try:
        await update(trial.context(), made.id, InstanceChanges(delete_protected=True))
    except Error as error:
        equal(f"refusal ({error.message})", error.kind, ErrorKind.UNSUPPORTED)
        return
    shown = await trial.driver.instances.get(trial.context(), made.id)
    equal("whether it shows its protection", shown.delete_protected, True)
    async with refused("removal of a protected machine", ErrorKind.PROTECTED):
        await trial.driver.instances.delete(trial.context(), made.id)
    await update(trial.context(), made.id, InstanceChanges(delete_protected=False))
    await removed(trial, made.id)


@case(*LIFE, "instances_update", "instance_types_list")
async def a_stopped_machine_gets_another_size(trial: Trial) -> None:
    """A machine that rests gets another size where the cloud can; one that runs keeps its own (CONFLICT)."""
    sizes = await trial.driver.instance_types.list(trial.context())
    ensure("there are two sizes to choose from", len(sizes) > 1)
    made = await machine(trial, instance_type_id=sizes[0].id)
    try:
        changes = InstanceChanges(instance_type_id=sizes[1].id)
        await trial.patiently(lambda: trial.driver.instances.update(trial.context(), made.id, changes))
    except Error as error:
        equal(f"refusal ({error.message})", error.kind, ErrorKind.UNSUPPORTED)
        return

    async def resized() -> bool:
        found = await trial.driver.instances.get(trial.context(), made.id)
        return (found.memory, found.cpus, found.state) == (sizes[1].memory, sizes[1].cpus, STOPPED)

    await trial.until("it has the other size", resized)
    await brought(trial, made.id, RUNNING)
    async with refused("another size of a running machine", ErrorKind.CONFLICT):
        changes = InstanceChanges(instance_type_id=sizes[0].id)
        await trial.driver.instances.update(trial.context(), made.id, changes)
