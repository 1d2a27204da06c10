"""The patient start: for a machine that is locked or still stopping when it is asked to start.

Arguments: `{"id": <instance id>}`. Milestone `accepted`: empty, once the machine may be started or runs.
"""

from __future__ import annotations

import msgspec

from deltaic.model.annotation import Want
from deltaic.model.errors import Error, ErrorKind, not_found
from deltaic.model.instance import UP_STATES, InstanceState
from deltaic.operations.flows.arguments import InstanceArguments
from deltaic.operations.flows.looking import SECOND_LOOK_KINDS
from deltaic.operations.flows.tools import LOCKED_STATES, Job

#: How long a start is tried while another state is in its way, seconds.
START_PATIENCE = 600.0

_PASSING = LOCKED_STATES | {InstanceState.STOPPING, InstanceState.SUSPENDING}


async def start(job: Job) -> bytes:
    """Start one machine; the result says `started` or `left` (it ran already). A machine that goes first fails it."""
    instance_id = msgspec.json.decode(job.given.arguments, type=InstanceArguments).id
    await job.step.run("look", lambda: _look(job, instance_id))
    await job.step.publish("accepted", b"")
    try:
        return await job.step.run("start", lambda: _start(job, instance_id), patience=START_PATIENCE)
    except Error as error:
        reason = error
        await job.step.run("give up", lambda: job.give_up(instance_id, reason, replacing=frozenset({None})))
        raise


async def _look(job: Job, instance_id: str) -> bytes:
    seen = await job.driver.instances.get(await job.context(), instance_id, details=False)
    return seen.state.encode()


async def _start(job: Job, instance_id: str) -> bytes:
    seen = await job.wait(instance_id, lambda seen, _: seen.state not in _PASSING)
    if seen is None:
        raise not_found("instance", instance_id)
    if seen.annotation.want is Want.TERMINATED:
        message = f"The machine '{instance_id}' is being removed"
        raise Error(ErrorKind.CONFLICT, message, resource="instance", resource_id=instance_id)
    if seen.state in UP_STATES:
        return b"left"
    try:
        await job.driver.instances.start(await job.context(), instance_id)
    except Error as error:
        if error.kind not in SECOND_LOOK_KINDS:
            raise
        raise Error(ErrorKind.BUSY, error.message, resource="instance", resource_id=instance_id) from error
    return b"started"
