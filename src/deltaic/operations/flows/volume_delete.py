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
from deltaic.operations.flows.looking import given_up, watch
from deltaic.operations.flows.tools import Job

#: What is free again so long after its deletion was accepted was not deleted, seconds.
DELETION_SHOWS: Final = 60.0
_PASSING: Final = frozenset({VolumeState.CREATING, VolumeState.DELETING, SnapshotState.PENDING})

Get = Callable[[Context, str], Awaitable[Volume | Snapshot]]
Delete = Callable[[Context, str], Awaitable[None]]


async def volume_delete(job: Job) -> bytes:
    """Remove one volume or snapshot; the result is its id."""
    arguments = msgspec.json.decode(job.given.arguments, type=DeleteArguments)
    noun = job.driver.snapshots if arguments.noun == "snapshot" else job.driver.volumes
    delete = partial(_delete, noun.delete, arguments.id)
    later = partial(_delete_free, job, arguments.id) if arguments.noun == "volume" else None
    await volume_tools.ask_then_insist(job, "delete", delete, later)
    await job.step.run("gone", lambda: _gone(job, noun.get, arguments))
    await job.step.run("forget", lambda: _forget(job, arguments))
    return arguments.id.encode()


async def _delete(delete: Delete, wanted: str, context: Context) -> None:
    try:
        await delete(context, wanted)
    except Error as error:
        # A repeated step finds what it removed locked, and then gone.
        if error.kind is not ErrorKind.NOT_FOUND:
            raise


async def _delete_free(job: Job, wanted: str, context: Context) -> None:
    """After a wait: a cloud also deletes what somebody attached to a stopped machine meanwhile."""
    for volume in await job.driver.volumes.list(context, ids=[wanted]):
        if volume.independent and volume.attachments:
            message = f"The volume '{wanted}' was attached to a machine meanwhile"
            raise Error(ErrorKind.IN_USE, message, resource="volume", resource_id=wanted)
    await _delete(job.driver.volumes.delete, wanted, context)


async def _gone(job: Job, get: Get, arguments: DeleteArguments) -> bytes:
    """Wait until it is gone: until then it is locked. An error when the cloud keeps it."""

    async def look() -> Volume | Snapshot:
        return await get(await job.context(), arguments.id)

    def kept(seen: Volume | Snapshot, waited: float) -> bool:
        return seen.state not in _PASSING and waited >= DELETION_SHOWS

    if await watch(job.pace, look, kept) is not None:
        raise given_up(f"The cloud did not remove the {arguments.noun}", arguments.noun, arguments.id)
    return b""


async def _forget(job: Job, arguments: DeleteArguments) -> bytes:
    await job.store.resource_tags.edit(arguments.noun, arguments.id, lambda _: {})
    return b""
