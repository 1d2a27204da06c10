"""The removal: mark a machine, cut its power, keep its tombstone, delete it, wait until it is gone.

Where running machines can be deleted, their power is left alone, and so is whatever they are busy with.

Arguments: `{"id": <instance id>}`. Milestone `accepted`: the `Instance` as it was before, its mark apart. A locked
machine (one being created) can't be marked yet: the removal is accepted all the same, and marks it later.
The tombstone is written before the deletion is asked for, so at every moment the machine or its tombstone is there
(whoever shows both leaves out tombstones of machines that still exist).
"""

from __future__ import annotations

from functools import partial

import msgspec
import structlog

from deltaic.model.annotation import Want
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.instance import Instance, InstanceState
from deltaic.operations.flows.arguments import InstanceArguments
from deltaic.operations.flows.looking import SECOND_LOOK_KINDS, repeatable
from deltaic.operations.flows.tools import DOWN_STATES, LOCKED_STATES, Job
from deltaic.ports import snapshot_chains, user_data

log = structlog.get_logger(__name__)

#: How long a client is kept waiting for a cloud that does not answer, seconds.
MARK_PATIENCE = 20.0
#: A machine that is back in a resting state so long after its deletion was accepted was not deleted.
DELETION_SHOWS = 60.0
_DELETIONS = 3
_ANY: frozenset[Want | None] = frozenset({None, *Want})


async def terminate(job: Job) -> bytes:
    """Remove one machine; the result is its id."""
    instance_id = msgspec.json.decode(job.given.arguments, type=InstanceArguments).id
    before = await job.step.run("mark", lambda: _mark(job, instance_id), patience=MARK_PATIENCE)
    await job.step.publish("accepted", before)
    marked = msgspec.json.decode(before, type=Instance).annotation.want is Want.TERMINATED
    try:
        if not marked and not job.driver.capability.instances_delete_running:
            await job.step.run("mark later", lambda: _mark_later(job, instance_id))
        for attempt in range(1, _DELETIONS + 1):
            parts = msgspec.json.decode(
                await job.step.run(f"bury {attempt}", lambda: _bury(job, instance_id)), type=list[tuple[str, str]]
            )
            asked = await job.step.run(f"delete {attempt}", lambda: _delete(job, instance_id))
            shows = DELETION_SHOWS if asked == b"accepted" else 0.0
            if await job.step.run(f"gone {attempt}", partial(_gone, job, instance_id, shows)) == b"gone":
                if parts:
                    await job.step.run("forget", partial(_forget, job, parts))
                return instance_id.encode()
        raise Error(ErrorKind.CONFLICT, "The machine can't be deleted", resource="instance", resource_id=instance_id)
    except Error as error:
        log.warning("removal given up", instance=instance_id, kind=error.kind.value, error=error.message)
        await job.step.run("unmark", lambda: _unmark(job, instance_id))
        raise


async def _mark(job: Job, instance_id: str) -> bytes:
    context = await job.context()
    seen = await job.driver.instances.get(context, instance_id)
    if seen.delete_protected:
        raise Error(
            ErrorKind.PROTECTED,
            f"The instance '{instance_id}' is protected against deletion",
            resource="instance",
            resource_id=instance_id,
        )
    try:
        annotation = await job.wish(instance_id, Want.TERMINATED, replacing=_ANY)
    except Error as error:
        if error.kind not in _unmarkable(job):
            raise
        annotation = seen.annotation
    return msgspec.json.encode(msgspec.structs.replace(seen, annotation=annotation))


def _unmarkable(job: Job) -> frozenset[ErrorKind]:
    """Refusals of a mark that are no refusals of a removal: some clouds remove what they let nobody change."""
    return SECOND_LOOK_KINDS if job.driver.capability.instances_delete_running else frozenset({ErrorKind.BUSY})


async def _mark_later(job: Job, instance_id: str) -> bytes:
    """Mark a machine that was locked; a launch that waits for it, too, then leaves it alone."""
    await job.wait(instance_id, lambda seen, _: seen.state not in LOCKED_STATES)
    try:
        await job.wish(instance_id, Want.TERMINATED, replacing=_ANY)
    except Error as error:
        if error.kind is not ErrorKind.NOT_FOUND:
            raise
    return b""


async def _bury(job: Job, instance_id: str) -> bytes:
    """Wait until it may be deleted, then keep its last look; noun and id of the parts that go with it."""
    instances = job.driver.instances
    if not job.driver.capability.instances_delete_running:
        seen = await job.wait(instance_id, lambda seen, _: seen.state not in LOCKED_STATES)
        if seen is not None and seen.state not in DOWN_STATES | {InstanceState.DELETING}:
            await _cut_power(job, instance_id)
            seen = await job.wait(instance_id, lambda seen, _: seen.state in DOWN_STATES | {InstanceState.DELETING})
        if seen is None:
            return b"[]"
    try:
        last = await instances.get(await job.context(), instance_id)
    except Error as error:
        if error.kind is ErrorKind.NOT_FOUND:
            return b"[]"
        raise
    reason = "User initiated shutdown"
    await job.bury(last, "Client.UserInitiatedShutdown", reason)
    parts = [("volume", disk.disk_id) for disk in last.disks] + [("network_interface", nic.id) for nic in last.nics]
    return msgspec.json.encode(parts)


async def _cut_power(job: Job, instance_id: str) -> None:
    """Stop a machine as fast as its cloud can."""
    force = job.driver.capability.instances_stop_with_force
    try:
        await job.driver.instances.stop(await job.context(), instance_id, force=force)
    except Error as error:
        if error.kind is ErrorKind.NOT_FOUND:
            return
        raise repeatable(error) from error


async def _delete(job: Job, instance_id: str) -> bytes:
    seen = await job.look_or_none(instance_id)
    if seen is None or seen.state is InstanceState.DELETING:
        return b"under way"
    runs = seen.state not in DOWN_STATES | LOCKED_STATES
    if runs and not job.driver.capability.instances_delete_running:
        await _cut_power(job, instance_id)
        await job.wait(instance_id, lambda seen, _: seen.state in DOWN_STATES)
    try:
        await job.driver.instances.delete(await job.context(), instance_id)
    except Error as error:
        if error.kind is ErrorKind.NOT_FOUND:
            return b"gone"
        raise repeatable(error) from error
    return b"accepted"


async def _gone(job: Job, instance_id: str, shows: float) -> bytes:
    """Wait until it is gone. What is free again after `shows` seconds was not deleted."""

    def survived(seen: Instance, waited: float) -> bool:
        resting = seen.state in DOWN_STATES or job.driver.capability.instances_delete_running
        return resting and seen.state is not InstanceState.DELETING and waited >= shows

    if await job.wait(instance_id, survived) is not None:
        return b"still there"
    owner = (await job.context()).owner
    await job.store.records.delete(owner, snapshot_chains.KIND, instance_id)
    await user_data.forget(job.store.records, owner, instance_id)
    return b"gone"


async def _forget(job: Job, parts: list[tuple[str, str]]) -> bytes:
    """Drop the tags of disks and interfaces that went with their machine; a disk that others share stays."""
    table = job.store.resource_tags
    tagged = await table.get([part_id for _, part_id in parts])
    if tagged:
        left = {volume.id for volume in await job.driver.volumes.list(await job.context(), ids=sorted(tagged))}
        for noun, part_id in parts:
            if part_id in tagged and part_id not in left:
                await table.edit(noun, part_id, lambda _: {})
    return b""


async def _unmark(job: Job, instance_id: str) -> bytes:
    try:
        await job.wish(instance_id, None, replacing=frozenset({Want.TERMINATED}))
    except Error as error:
        if error.kind not in (ErrorKind.NOT_FOUND, ErrorKind.CONFLICT):
            raise
    return b""
