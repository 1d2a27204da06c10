"""The removal of an image: ask for it once, wait until it is gone.

Arguments: `{"id": <image id>}`. Milestone `accepted`: empty, once the cloud took it.
"""

from __future__ import annotations

import msgspec

from deltaic.model.errors import Error, ErrorKind
from deltaic.model.image import Image, ImageState
from deltaic.operations.flows.arguments import InstanceArguments
from deltaic.operations.flows.snapshot_tools import CLIENT_PATIENCE, DELETION_SHOWS, given_up, or_none, watch_image
from deltaic.operations.flows.tools import Job


async def image_delete(job: Job) -> bytes:
    """Remove one image; the result is its id."""
    image_id = msgspec.json.decode(job.given.arguments, type=InstanceArguments).id
    await job.step.run("look", lambda: _free(job, image_id), patience=CLIENT_PATIENCE)
    await job.step.run("delete", lambda: _delete(job, image_id), patience=CLIENT_PATIENCE)
    await job.step.publish("accepted", b"")
    await job.step.run("gone", lambda: image_gone(job, image_id))
    return image_id.encode()


async def _free(job: Job, image_id: str) -> bytes:
    """Nobody works on it: whoever finds it locked afterwards knows that its removal is under way."""
    seen = await job.driver.images.get(await job.context(), image_id)
    if seen.state is ImageState.PENDING:
        raise Error(ErrorKind.BUSY, "The image is locked", resource="image", resource_id=image_id)
    return b""


async def _delete(job: Job, image_id: str) -> bytes:
    images, context = job.driver.images, await job.context()
    seen = await or_none(lambda: images.get(context, image_id))
    if seen is None or seen.state is ImageState.PENDING:
        return b"under way"
    await images.delete(context, image_id)
    return b"accepted"


async def image_gone(job: Job, image_id: str) -> bytes:
    """Wait until an image is gone; an error when the cloud keeps it."""

    def kept(seen: Image, waited: float) -> bool:
        return seen.state is not ImageState.PENDING and waited >= DELETION_SHOWS

    if await watch_image(job, image_id, kept) is not None:
        raise given_up("The cloud did not remove the image", "image", image_id)
    return b""
