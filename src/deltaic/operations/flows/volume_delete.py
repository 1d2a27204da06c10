"""Removing a volume or a snapshot.

Arguments: `DeleteArguments`. Milestone `accepted`: empty, once the cloud took the removal or a lock is waited for.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

import msgspec

from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind
from deltaic.operations.flows import volume_tools
from deltaic.operations.flows.arguments import DeleteArguments
from deltaic.operations.flows.tools import Job


async def volume_delete(job: Job) -> bytes:
    """Remove one volume or snapshot; the result is its id."""
    arguments = msgspec.json.decode(job.given.arguments, type=DeleteArguments)
    noun = job.driver.snapshots if arguments.noun == "snapshot" else job.driver.volumes
    delete: Callable[[Context, str], Awaitable[None]] = noun.delete
    await volume_tools.ask_then_insist(job, "delete", partial(_delete, delete, arguments.id))
    await job.step.run("gone", lambda: _gone(job, noun.get, arguments.id))
    await job.step.run("forget", lambda: _forget(job, arguments))
    return arguments.id.encode()


async def _delete(delete: Callable[[Context, str], Awaitable[None]], wanted: str, context: Context) -> None:
    try:
        await delete(context, wanted)
    except Error as error:
        # A repeated step finds what it removed locked, and then gone.
        if error.kind is not ErrorKind.NOT_FOUND:
            raise


async def _gone(job: Job, get: Callable[[Context, str], Awaitable[object]], wanted: str) -> bytes:
    """Wait until it is gone: until then it is locked."""
    for pause in job.pace.looks():
        try:
            await get(await job.context(), wanted)
        except Error as error:
            if error.kind is ErrorKind.NOT_FOUND:
                return b""
            raise
        await job.pace.pause(pause)
    raise AssertionError("looks never end")


async def _forget(job: Job, arguments: DeleteArguments) -> bytes:
    await job.store.resource_tags.edit(arguments.noun, arguments.id, lambda _: {})
    return b""
