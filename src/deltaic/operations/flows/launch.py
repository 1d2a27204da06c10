"""The launch: create a machine once, wait for its disks, give it its volumes, start it once.

Where new machines run by themselves, one that is to stay down is stopped instead.

Arguments: an `InstanceSpec`; `annotation.launch` is the marker by which a repeated step finds its own work,
`annotation.want` says whether the machine shall run (RUNNING), wait paused (PAUSED) or stay down (STOPPED).
Milestone `accepted`: the `Instance` as the cloud accepted it.

Whoever changes `annotation.want` in the meantime (a terminate flow writes TERMINATED) ends the launch quietly, and so
does whoever stops its job: a machine that was not started yet stays down.
A machine that can't be started (no host has room for it, the cloud refuses) is left stopped, with nothing wanted
any more: a gateway does not remove what somebody may already have attached a volume to.
"""

from __future__ import annotations

import hashlib

import msgspec
import structlog

from deltaic.model.annotation import LAUNCHING, Want
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.instance import UP_STATES, Instance, InstanceSpec, InstanceState
from deltaic.operations.flows.label import label
from deltaic.operations.flows.launch_leftovers import remove_twins, withdraw
from deltaic.operations.flows.launch_volumes import give_volumes
from deltaic.operations.flows.leftovers import final
from deltaic.operations.flows.looking import SECOND_LOOK_KINDS, repeatable
from deltaic.operations.flows.networks import set_interfaces
from deltaic.operations.flows.tools import CLIENT_PATIENCE, DOWN_STATES, LOCKED_STATES, Job
from deltaic.ports import user_data
from deltaic.ports.operations import CALLED_OFF

log = structlog.get_logger(__name__)

#: How long a start is tried again when no host has room.
CAPACITY_PATIENCE = 600.0
#: A machine that is still starting after so long counts as running (guests without an agent never report more).
STARTING_IS_RUNNING = 90.0
#: A start that was accepted shows within this time; a machine that is down longer did not start.
START_SHOWS = 15.0
#: How long a machine that runs by itself is told to rest, seconds.
REST_PATIENCE = 600.0
#: Longest name with a mark that every guest system accepts.
_LONGEST_NAME = 60

#: Wishes for a machine that is powered up.
_UP = frozenset({Want.RUNNING, Want.PAUSED})


async def launch(job: Job) -> bytes:
    """Make one machine; the result is the machine's id, or `CALLED_OFF`."""
    spec = msgspec.json.decode(job.given.arguments, type=InstanceSpec)
    made = await _create(job, spec)
    if spec.user_data and not job.driver.capability.instances_user_data:
        await job.step.run("keep user data", lambda: _keep_user_data(job, made.id, spec))
    labelled = await label(job, made.id, spec, b"[]", "label")
    await job.step.publish("accepted", msgspec.json.encode(made))
    try:
        if await _bring_up(job, made, spec, labelled) == CALLED_OFF:
            return CALLED_OFF
    except Error as error:
        log.warning("launch given up", instance=made.id, kind=error.kind.value, error=error.message)
        reason = error
        await job.step.run("release", lambda: _release(job, made, spec, reason))
        raise
    return made.id.encode()


async def _create(job: Job, spec: InstanceSpec) -> Instance:
    try:
        found = await job.step.run("create", lambda: _create_once(job, spec), patience=CLIENT_PATIENCE)
    except Error as error:
        # The cloud may have made a machine all the same, if we did not hear it or if it refused what comes after
        # (an interface, say): nobody waits for that machine any more.
        reason = final(error)
        await job.step.refuse("accepted", reason)
        await job.step.run("withdraw", lambda: withdraw(job, spec.annotation.launch, reason))
        raise reason from error
    return msgspec.json.decode(found, type=Instance)


async def _create_once(job: Job, spec: InstanceSpec) -> bytes:
    context = await job.context()
    instances = job.driver.instances
    marker = spec.annotation.launch
    for name in (spec.name, _marked(spec)):
        found = await instances.find_launch(context, marker)
        if found:
            return msgspec.json.encode(found[0])
        try:
            made = await instances.create(context, msgspec.structs.replace(spec, name=name))
        except Error as error:
            if error.kind is not ErrorKind.ALREADY_EXISTS:
                raise
            continue
        return msgspec.json.encode(made)
    # The marked name can only be our own machine's: look for it again in a moment.
    raise Error(ErrorKind.BUSY, f"The name '{spec.name}' is taken", resource="instance", field="name")


async def _keep_user_data(job: Job, instance_id: str, spec: InstanceSpec) -> bytes:
    owner = (await job.context()).owner
    if not await user_data.keep(job.store.records, owner, instance_id, spec.user_data, job.moment()):
        log.warning("user data not kept: the caller has too many", instance=instance_id)
    return b""


def _marked(spec: InstanceSpec) -> str:
    mark = hashlib.sha256(spec.annotation.launch.encode()).hexdigest()[:8]
    return f"{spec.name[: _LONGEST_NAME - 9]}-{mark}"


async def _bring_up(job: Job, made: Instance, spec: InstanceSpec, labelled: bytes) -> bytes:
    state = await job.step.run("settle", lambda: _settle(job, made.id))
    if state == b"gone":
        reason = (await job.step.run("bury", lambda: _bury(job, made))).decode()
        raise Error(ErrorKind.UNAVAILABLE, reason, resource="instance", resource_id=made.id, retryable=False)
    if state == InstanceState.ERROR.encode():
        reason = (await job.step.run("ask why", lambda: _why(job, made.id))).decode()
        raise Error(ErrorKind.CONFLICT, reason, resource="instance", resource_id=made.id)
    if state != CALLED_OFF:
        if not job.driver.capability.instances_create_with_volumes:
            await give_volumes(job, made, spec)
            if spec.volumes:
                labelled = await label(job, made.id, spec, labelled, "label volumes")
        await set_interfaces(job, made, spec)
        if spec.annotation.want in _UP:
            state = await job.step.run("start", lambda: _start(job, made.id), patience=CAPACITY_PATIENCE)
        elif job.driver.capability.instances_create_runs:
            state = await job.step.run("rest", lambda: _rest(job, made.id), patience=REST_PATIENCE)
    if spec.annotation.want in _UP and state != CALLED_OFF:
        await job.step.run("run", lambda: _running(job, made.id))
    await job.step.run("finish", lambda: _finish(job, made, spec))
    if state != CALLED_OFF:
        await label(job, made.id, spec, labelled, "label the rest")
    return state


async def _settle(job: Job, instance_id: str) -> bytes:
    seen = await job.wait(instance_id, lambda seen, _: seen.state not in LOCKED_STATES or _called_off(seen))
    if seen is None:
        return b"gone"
    return CALLED_OFF if _called_off(seen) or await job.called_off() else seen.state.encode()


async def _bury(job: Job, made: Instance) -> bytes:
    reason = await job.driver.instances.creation_failure(await job.context(), made.id)
    await job.bury(made, "Server.InternalError", reason or "Internal error on launch")
    return (reason or "The machine was gone before it was ready").encode()


async def _why(job: Job, instance_id: str) -> bytes:
    """The cloud's own words about a machine that is broken from the beginning."""
    seen = await job.look_or_none(instance_id)
    return ((seen.state_reason if seen else "") or "The machine's disks are broken").encode()


async def _rest(job: Job, instance_id: str) -> bytes:
    """Stop a machine that the cloud started by itself, unless nobody wants it to rest any more."""
    seen = await job.look_or_none(instance_id)
    if seen is None or _called_off(seen) or await job.called_off():
        return CALLED_OFF
    if seen.state in UP_STATES:
        try:
            await job.driver.instances.stop(await job.context(), instance_id)
        except Error as error:
            raise repeatable(error) from error
    await job.wait(instance_id, lambda seen, _: seen.state in DOWN_STATES or _called_off(seen))
    return b"rests"


async def _start(job: Job, instance_id: str) -> bytes:
    """Start unless it runs already, or nobody wants it to any more."""
    for attempt in (1, 2):
        seen = await job.look_or_none(instance_id)
        if seen is None or _called_off(seen) or await job.called_off():
            return CALLED_OFF
        if seen.state not in DOWN_STATES | LOCKED_STATES:
            return b"left alone"
        paused = seen.annotation.want is Want.PAUSED
        try:
            await job.driver.instances.start(await job.context(), instance_id, paused=paused)
        except Error as error:
            if error.kind is ErrorKind.CAPACITY:
                raise _again(error) from error
            if error.kind not in SECOND_LOOK_KINDS or attempt == 2:
                raise
            continue
        return b"started"
    raise AssertionError("two attempts return or raise")


async def _finish(job: Job, made: Instance, spec: InstanceSpec) -> bytes:
    await remove_twins(job, spec.annotation.launch, made)
    seen = await job.look_or_none(made.id)
    # Whoever called the launch off wants something else of the machine, which may be locked for it.
    return b"" if seen is None or _called_off(seen) else await job.settle(made.id, replacing=LAUNCHING)


async def _release(job: Job, made: Instance, spec: InstanceSpec, reason: Error) -> bytes:
    await remove_twins(job, spec.annotation.launch, made)
    return await job.give_up(made.id, reason, replacing=LAUNCHING)


def _again(error: Error) -> Error:
    return Error(error.kind, error.message, resource=error.resource, resource_id=error.resource_id, retryable=True)


async def _running(job: Job, instance_id: str) -> bytes:
    """Wait until it runs; an error when the cloud let go of it."""

    def settled(seen: Instance, waited: float) -> bool:
        if seen.state is InstanceState.STARTING:
            return _called_off(seen) or waited >= STARTING_IS_RUNNING
        if seen.state in DOWN_STATES | LOCKED_STATES:
            return _called_off(seen) or waited >= START_SHOWS
        return True

    seen = await job.wait(instance_id, settled)
    if seen is not None and seen.state in DOWN_STATES and not _called_off(seen):
        reason = f": {seen.state_reason}" if seen.state_reason else ""
        message = f"The machine did not start{reason}"
        # The cloud took the start and failed: nothing that its user could change.
        raise Error(ErrorKind.UNAVAILABLE, message, resource="instance", resource_id=seen.id, retryable=False)
    return b"gone" if seen is None else seen.state.encode()


def _called_off(seen: Instance) -> bool:
    return seen.annotation.want not in LAUNCHING
