"""The gentle stop: ask the guest to shut down, and cut the power when it does not, where the cloud can.

Arguments: `{"id": <instance id>, "grace": <seconds>, "run": <which run>}`. Milestone `accepted`: empty, once the
cloud took the request. A forced stop is one call and needs no flow.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

from deltaic.model.errors import Error, ErrorKind
from deltaic.model.instance import Instance, InstanceState
from deltaic.operations.flows.arguments import StopArguments
from deltaic.operations.flows.looking import SECOND_LOOK_KINDS, given_up
from deltaic.operations.flows.tools import DOWN_STATES, Job

#: How long a client is kept waiting for a machine that can't be stopped yet, seconds.
STOP_PATIENCE = 20.0
#: A stop that was interrupted (a dead gateway) for longer than this after its grace no longer cuts the power.
LATE_SECONDS = 600.0

_OFF = DOWN_STATES | {InstanceState.SUSPENDED, InstanceState.LOCKED}


class Asked(Struct, frozen=True):
    """When the guest was asked (Unix seconds), and in which of its runs."""

    at: float
    started_at: float = 0.0
    off: bool = False


async def stop(job: Job) -> bytes:
    """Stop one machine; the result says how it ended: `off`, `forced` or `left`."""
    arguments = msgspec.json.decode(job.given.arguments, type=StopArguments)
    asked = msgspec.json.decode(
        await job.step.run("shutdown", lambda: _shutdown(job, arguments), patience=STOP_PATIENCE), type=Asked
    )
    await job.step.publish("accepted", b"")
    if asked.off:
        return b"off"
    grace = job.shutdown_grace if arguments.grace is None else arguments.grace
    if await job.step.run("wait", lambda: _wait(job, arguments.id, grace, asked)) != b"on":
        return b"off"
    return await job.step.run("force", lambda: _force(job, arguments.id, grace, asked))


async def _shutdown(job: Job, arguments: StopArguments) -> bytes:
    seen = await job.driver.instances.get(await job.context(), arguments.id, details=False)
    # On a busy gateway the flow may begin when the machine is down already, and somebody started it again.
    begun_again = arguments.run not in (0, seen.run)
    asked = Asked(job.clock(), _run_of(seen), off=seen.state in _OFF or begun_again)
    if not asked.off and seen.state is not InstanceState.STOPPING:
        await job.driver.instances.stop(await job.context(), arguments.id)
    return msgspec.json.encode(asked)


async def _wait(job: Job, instance_id: str, grace: float, asked: Asked) -> bytes:
    def over(seen: Instance, _: float) -> bool:
        return seen.state in _OFF or _run_of(seen) != asked.started_at

    seen = await job.wait(instance_id, over, longest=grace)
    return b"off" if seen is None or over(seen, 0.0) else b"on"


async def _force(job: Job, instance_id: str, grace: float, asked: Asked) -> bytes:
    seen = await job.look_or_none(instance_id)
    if seen is None or seen.state in _OFF:
        return b"off"
    if not job.driver.capability.instances_list_with_runs:
        return b"left"  # it may have been started again, which nobody can tell; such clouds cut the power themselves
    late = job.clock() - asked.at > grace + LATE_SECONDS
    if late or _run_of(seen) != asked.started_at:
        return b"left"  # somebody started it again
    if not job.driver.capability.instances_stop_with_force:
        return await _outlast(job, instance_id, asked)
    try:
        await job.driver.instances.stop(await job.context(), instance_id, force=True)
    except Error as error:
        if error.kind is ErrorKind.NOT_FOUND:
            return b"off"
        if error.kind not in SECOND_LOOK_KINDS:
            raise
        raise Error(ErrorKind.BUSY, error.message, resource="instance", resource_id=instance_id) from error
    return b"forced"


async def _outlast(job: Job, instance_id: str, asked: Asked) -> bytes:
    """Wait for a guest whose power nobody can cut."""
    if await _wait(job, instance_id, LATE_SECONDS, asked) == b"on":
        message = "The guest did not shut down, and this cloud can't cut its power"
        raise given_up(message, "instance", instance_id)
    return b"off"


def _run_of(seen: Instance) -> float:
    return seen.started_at.timestamp() if seen.started_at else 0.0
