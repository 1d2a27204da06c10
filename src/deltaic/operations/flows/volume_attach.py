"""Attaching a volume to a machine and detaching it, patiently while one of them is locked.

Arguments: `AttachArguments`. Milestone `accepted`: empty, once it is done or a lock is waited for.
"""

from __future__ import annotations

from functools import partial

import msgspec

from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind
from deltaic.operations.flows import volume_tools
from deltaic.operations.flows.arguments import AttachArguments
from deltaic.operations.flows.tools import Job


async def volume_attach(job: Job) -> bytes:
    """Attach one volume."""
    given = msgspec.json.decode(job.given.arguments, type=AttachArguments)
    verb = partial(volume_tools.attach, job, given.volume_id, given.instance_id, device=given.device, boot=given.boot)
    await volume_tools.ask_then_insist(job, "attach", verb)
    return b""


async def volume_detach(job: Job) -> bytes:
    """Detach one volume."""
    given = msgspec.json.decode(job.given.arguments, type=AttachArguments)
    await volume_tools.ask_then_insist(job, "detach", partial(_detach, job, given))
    return b""


async def _detach(job: Job, given: AttachArguments, context: Context) -> None:
    try:
        await job.driver.volumes.detach(context, given.volume_id, given.instance_id)
    except Error as error:
        # A machine or a volume that is gone meanwhile has been detached with that.
        if error.kind is not ErrorKind.NOT_FOUND:
            raise
