"""Removing a volume or a snapshot.

Arguments: `DeleteArguments`. Milestone `accepted`: empty, once the cloud took the removal or a lock is waited for.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

import msgspec

from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.snapshot import Snapshot, SnapshotState
from deltaic.model.volume import Volume, VolumeState
from deltaic.operations.flows import volume_tools
from deltaic.operations.flows.arguments import DeleteArguments
from deltaic.operations.flows.tools import Job

#: What is free again so long after its deletion was accepted was not deleted, and what stays locked so long never is.
DELETION_SHOWS: Final = 60.0
LONGEST_REMOVAL: Final = 24 * 3600.0
_PASSING: Final = frozenset({VolumeState.CREATING, VolumeState.DELETING, SnapshotState.PENDING})

Get = Callable[[Context, str], Awaitable[Volume | Snapshot]]


async def volume_delete(job: Job) -> bytes:
    """Remove one volume or snapshot; the result is its id."""
    arguments = msgspec.json.decode(job.given.arguments, type=DeleteArguments)
    noun = job.driver.snapshots if arguments.noun == "snapshot" else job.driver.volumes
    delete: Callable[[Context, str], Awaitable[None]] = noun.delete
    await volume_tools.ask_then_insist(job, "delete", partial(_delete, delete, arguments.id))
    await job.step.run("gone", lambda: _gone(job, noun.get, arguments))
    await job.step.run("forget", lambda: _forget(job, arguments))
    return arguments.id.encode()


async def _delete(delete: Callable[[Context, str], Awaitable[None]], wanted: str, context: Context) -> None:
    try:
        await delete(context, wanted)
    except Error as error:
        # A repeated step finds what it removed locked, and then gone.
        if error.kind is not ErrorKind.NOT_FOUND:
            raise


async def _gone(job: Job, get: Get, arguments: DeleteArguments) -> bytes:
    """Wait until it is gone: until then it is locked. An error when the cloud keeps it."""
    first = job.pace.now()
    for pause in job.pace.looks():
        try:
            seen = await get(await job.context(), arguments.id)
        except Error as error:
            if error.kind is ErrorKind.NOT_FOUND:
                return b""
            raise
        waited = (job.pace.now() - first) / job.pace.scale
        if waited >= (LONGEST_REMOVAL if seen.state in _PASSING else DELETION_SHOWS):
            message = f"The cloud did not remove the {arguments.noun}"
            raise Error(
                ErrorKind.UNAVAILABLE, message, resource=arguments.noun, resource_id=arguments.id, retryable=False
            )
        await job.pace.pause(pause)
    raise AssertionError("looks never end")


async def _forget(job: Job, arguments: DeleteArguments) -> bytes:
    await job.store.resource_tags.edit(arguments.noun, arguments.id, lambda _: {})
    return b""
