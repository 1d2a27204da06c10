"""The late tagging: writes tags into what was locked when they were given: a machine, or what is still being made.

Arguments: `TagArguments`. The tags wait in the store (`resource_tags`), where readers find them meanwhile, and leave it
once the cloud has them. Clouds refuse any change while they make a machine's disks, a snapshot or an image, and clients
like to tag what they have just made.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import msgspec

from deltaic.driver import Images
from deltaic.driver.held_tags import TagEdit, holder, on_annotation
from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind
from deltaic.operations.flows.arguments import TagArguments
from deltaic.operations.flows.tools import LOCKED_STATES, Job


async def tag(job: Job) -> bytes:
    """Tag one thing; the result says `written`, or `gone` for one that is no more."""
    given = msgspec.json.decode(job.given.arguments, type=TagArguments)
    return await job.step.run("write", lambda: _write(job, given))


async def _write(job: Job, given: TagArguments) -> bytes:
    tags = job.store.resource_tags
    there = await (_on_machine(job, given.id) if given.noun == "instance" else _held(job, given))
    waiting = there[1]
    if await tags.edit(given.noun, given.id, lambda now: {} if now == waiting else dict(now)):
        raise Error(ErrorKind.BUSY, "More tags came in the meantime", resource=given.noun, resource_id=given.id)
    return b"written" if there[0] else b"gone"


async def _waiting(job: Job, wanted: str) -> Mapping[str, str]:
    return (await job.store.resource_tags.get([wanted])).get(wanted, {})


async def _on_machine(job: Job, instance_id: str) -> tuple[bool, Mapping[str, str]]:
    """Whether the machine is there, and the tags that it was given."""
    seen = await job.wait(instance_id, lambda seen, _: seen.state not in LOCKED_STATES)
    waiting = await _waiting(job, instance_id)
    if seen is not None and waiting:
        edit = on_annotation(lambda own: {**own, **waiting})
        await job.driver.instances.annotate(await job.context(), instance_id, edit)
    return seen is not None, waiting


async def _held(job: Job, given: TagArguments) -> tuple[bool, Mapping[str, str]]:
    """Whether the thing is there, and the tags that it was given; BUSY as long as it takes none."""
    waiting = await _waiting(job, given.id)
    held = partial(_annotate, job.driver.images) if given.noun == "image" else holder(job.driver, given.noun)
    if held is None or not waiting:
        return True, waiting
    try:
        await held(await job.context(), given.id, lambda own: {**own, **waiting})
    except Error as error:
        if error.kind is not ErrorKind.NOT_FOUND:
            raise
        return False, waiting
    return True, waiting


async def _annotate(images: Images, context: Context, image_id: str, change: TagEdit) -> None:
    await images.annotate(context, image_id, on_annotation(change))
