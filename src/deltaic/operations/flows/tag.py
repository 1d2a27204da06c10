"""The late tagging: writes tags into a machine that was locked when they were given.

Arguments: `{"id": <instance id>}`. The tags wait in the store (`resource_tags`), where readers find them meanwhile,
and leave it once the cloud has them. Engines refuse any change while they make a machine's disks, and clients like to
tag what they have just launched.
"""

from __future__ import annotations

import msgspec

from deltaic.model.annotation import Annotation
from deltaic.model.errors import Error, ErrorKind
from deltaic.operations.flows.arguments import InstanceArguments
from deltaic.operations.flows.tools import LOCKED_STATES, Job


async def tag(job: Job) -> bytes:
    """Tag one machine; the result says `written`, or `gone` for a machine that is no more."""
    instance_id = msgspec.json.decode(job.given.arguments, type=InstanceArguments).id
    return await job.step.run("write", lambda: _write(job, instance_id))


async def _write(job: Job, instance_id: str) -> bytes:
    tags = job.store.resource_tags
    seen = await job.wait(instance_id, lambda seen, _: seen.state not in LOCKED_STATES)
    waiting = (await tags.get([instance_id])).get(instance_id, {})

    def edit(annotation: Annotation) -> Annotation:
        return msgspec.structs.replace(annotation, tags={**annotation.tags, **waiting})

    if seen is not None and waiting:
        await job.driver.instances.annotate(await job.context(), instance_id, edit)
    if await tags.edit("instance", instance_id, lambda now: {} if now == waiting else dict(now)):
        raise Error(ErrorKind.BUSY, "More tags came in the meantime", resource="instance", resource_id=instance_id)
    return b"gone" if seen is None else b"written"
