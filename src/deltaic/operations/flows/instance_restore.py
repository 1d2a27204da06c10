"""The way back: stop a machine, bring it to one of its snapshots, start it again if it ran or slept in the snapshot.

Arguments: an `InstanceSnapshotReference`. Milestone `accepted`: empty, once machine and snapshot are seen to be fit.

Volumes that were attached after the snapshot was taken are detached for the time being, for engines delete whatever
disk a snapshot does not hold. What the machine does at the moment is thrown away, so its power is cut at once, where
the cloud can. The gateway's own notes in the machine (tags, wishes) are written again afterwards: engines may bring
back old ones.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

from deltaic.model.annotation import LAUNCHING, Annotation, Want
from deltaic.model.errors import Error, ErrorKind, not_found
from deltaic.model.instance import UP_STATES, Instance, InstanceState
from deltaic.model.instance_snapshot import InstanceSnapshotState
from deltaic.model.snapshot_chain import SnapshotChain, previous_of, reverted
from deltaic.operations.flows.arguments import InstanceSnapshotReference
from deltaic.operations.flows.looking import SECOND_LOOK_KINDS, given_up
from deltaic.operations.flows.set_aside import SetAside
from deltaic.operations.flows.snapshot_tools import note, watch_snapshot
from deltaic.operations.flows.tools import CLIENT_PATIENCE, DOWN_STATES, LOCKED_STATES, Job

#: How long it is tried to stop and to start the machine, seconds.
STATE_PATIENCE = 600.0
#: A machine that is still starting after so long counts as running (guests without an agent never report more).
STARTING_IS_RUNNING = 90.0
#: A start that was accepted shows within this time; a machine that is down longer did not start.
START_SHOWS = 15.0

#: States that lead to no other by themselves, or to one that can be stopped.
_FIT = UP_STATES | {InstanceState.STOPPED, InstanceState.STOPPING, InstanceState.PAUSED, InstanceState.SUSPENDED}
_STARTING = frozenset({InstanceState.STARTING, InstanceState.RESUMING})


class Before(Struct, frozen=True):
    """What is known before anything is changed."""

    ran: bool
    memory: bool
    annotation: Annotation


async def instance_restore(job: Job) -> bytes:
    """Bring one machine back; the result says `started` or `stopped`."""
    given = msgspec.json.decode(job.given.arguments, type=InstanceSnapshotReference)
    seen = await job.step.run("look", lambda: _look(job, given), patience=CLIENT_PATIENCE)
    await job.step.publish("accepted", b"")
    before = msgspec.json.decode(seen, type=Before)
    aside = SetAside(job, given.instance_id)
    await aside.look()
    try:
        await job.step.run("stop", lambda: _stop(job, given.instance_id), patience=STATE_PATIENCE)
        await aside.take(patience=STATE_PATIENCE)
        await job.step.run("restore", lambda: _restore(job, given, before), patience=STATE_PATIENCE)
    except Error:
        try:
            await aside.give_back("give back after all", patience=STATE_PATIENCE)
        finally:
            if before.ran:
                await job.step.run("start again", lambda: _start(job, given.instance_id), patience=STATE_PATIENCE)
        raise
    try:
        return await _bring_up(job, given, before, aside)
    except Error:
        await aside.give_back("give back at last", patience=STATE_PATIENCE)
        raise


async def _bring_up(job: Job, given: InstanceSnapshotReference, before: Before, aside: SetAside) -> bytes:
    await job.step.run("settle", lambda: _settle(job, given))
    await job.step.run("annotate", lambda: _annotate(job, given.instance_id, before.annotation))
    await job.step.run("note", lambda: _note(job, given))
    if not before.memory:
        await aside.give_back("give back", patience=STATE_PATIENCE)
    if not before.ran and not before.memory:
        return b"stopped"
    await job.step.run("start", lambda: _start(job, given.instance_id), patience=STATE_PATIENCE)
    await job.step.run("run", lambda: _running(job, given.instance_id))
    if before.memory:
        # The memory knows nothing of volumes that came later: to the guest they are plugged in while it runs.
        await aside.give_back("give back", patience=STATE_PATIENCE)
    return b"started"


async def _look(job: Job, given: InstanceSnapshotReference) -> bytes:
    context = await job.context()
    snapshot = await job.driver.instance_snapshots.get(context, given.instance_id, given.id)
    seen = await job.driver.instances.get(context, given.instance_id, details=False)
    if snapshot.state is InstanceSnapshotState.PENDING or seen.state in LOCKED_STATES:
        raise Error(ErrorKind.BUSY, "The machine or its snapshot is locked", resource="instance", resource_id=seen.id)
    if seen.state not in _FIT or snapshot.state is InstanceSnapshotState.ERROR:
        message = f"A machine in the state {seen.state.value} can't be brought back to this snapshot"
        raise Error(ErrorKind.CONFLICT, message, resource="instance", resource_id=seen.id)
    return msgspec.json.encode(Before(seen.state in UP_STATES, snapshot.memory, seen.annotation))


async def _stop(job: Job, instance_id: str) -> bytes:
    seen = await _unlocked(job, instance_id)
    if seen.state in DOWN_STATES:
        return b"down"
    # A launch that did not note its end yet would take this for a start that failed.
    await job.wish(instance_id, None, replacing=LAUNCHING, first_run=seen.run)
    force = job.driver.capability.instances_stop_with_force
    try:
        await job.driver.instances.stop(await job.context(), instance_id, force=force)
    except Error as error:
        if error.kind not in SECOND_LOOK_KINDS:
            raise
        raise _busy(error) from error
    after = await job.wait(instance_id, lambda seen, waited: seen.state in DOWN_STATES or waited >= STATE_PATIENCE)
    if after is not None and after.state not in DOWN_STATES:
        raise Error(ErrorKind.BUSY, "The machine does not stop", resource="instance", resource_id=instance_id)
    return b"down"


async def _restore(job: Job, given: InstanceSnapshotReference, before: Before) -> bytes:
    """Twice leads where once does: the disks are put back to the same content."""
    seen = await _unlocked(job, given.instance_id)
    if seen.state not in DOWN_STATES:
        message = "Somebody started the machine while it was being brought back"
        raise Error(ErrorKind.CONFLICT, message, resource="instance", resource_id=seen.id)
    snapshots = job.driver.instance_snapshots
    try:
        await snapshots.restore(await job.context(), given.instance_id, given.id, memory=before.memory)
    except Error as error:
        if error.kind is not ErrorKind.CONFLICT or (await _see(job, given.instance_id)).state not in LOCKED_STATES:
            raise
        raise _busy(error) from error
    return b"accepted"


async def _settle(job: Job, given: InstanceSnapshotReference) -> bytes:
    pending = InstanceSnapshotState.PENDING
    snapshot = await watch_snapshot(job, given.instance_id, given.id, lambda seen, _: seen.state is not pending)
    seen = await _unlocked(job, given.instance_id)
    if snapshot is None or seen.state is InstanceState.ERROR:
        raise given_up("The cloud did not bring the machine back", "instance", given.instance_id)
    return seen.state.encode()


async def _annotate(job: Job, instance_id: str, before: Annotation) -> bytes:
    kept = msgspec.structs.replace(before, want=None)

    def edit(now: Annotation) -> Annotation:
        return now if now.want is Want.TERMINATED else kept

    await job.driver.instances.annotate(await job.context(), instance_id, edit)
    return b""


async def _note(job: Job, given: InstanceSnapshotReference) -> bytes:
    there = await job.driver.instance_snapshots.list(await job.context(), [given.instance_id])
    snapshots = [snapshot for snapshot in there if not snapshot.temporary]

    def edit(chain: SnapshotChain) -> SnapshotChain:
        return reverted(chain, given.id, previous_of(chain, snapshots).get(given.id, ""))

    return await note(job, given.instance_id, edit)


async def _start(job: Job, instance_id: str) -> bytes:
    seen = await _unlocked(job, instance_id)
    if seen.state not in DOWN_STATES or seen.annotation.want is Want.TERMINATED:
        return b"left"
    try:
        await job.driver.instances.start(await job.context(), instance_id)
    except Error as error:
        if error.kind in SECOND_LOOK_KINDS or error.kind is ErrorKind.CAPACITY:
            raise _busy(error) from error
        raise
    return b"started"


async def _running(job: Job, instance_id: str) -> bytes:
    """Wait until it runs; an error when the cloud let go of it."""

    def settled(seen: Instance, waited: float) -> bool:
        limits = {**dict.fromkeys(_STARTING, STARTING_IS_RUNNING), **dict.fromkeys(DOWN_STATES, START_SHOWS)}
        return waited >= limits.get(seen.state, 0.0)

    seen = await job.wait(instance_id, settled)
    if seen is not None and seen.state in DOWN_STATES and seen.annotation.want is not Want.TERMINATED:
        raise given_up("The machine was brought back, but did not start", "instance", instance_id)
    return b"gone" if seen is None else seen.state.encode()


async def _unlocked(job: Job, instance_id: str) -> Instance:
    seen = await job.wait(instance_id, lambda seen, _: seen.state not in LOCKED_STATES)
    if seen is None:
        raise not_found("instance", instance_id)
    return seen


async def _see(job: Job, instance_id: str) -> Instance:
    return await job.driver.instances.get(await job.context(), instance_id, details=False)


def _busy(error: Error) -> Error:
    return Error(ErrorKind.BUSY, error.message, resource=error.resource, resource_id=error.resource_id)
