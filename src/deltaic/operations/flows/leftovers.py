"""What creations have made that were given up: found by its marker, and removed.

A cloud may go on with a creation long after its caller stopped listening. Nobody knows then of what it made, but it
carries the creation's marker.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, Protocol, TypeVar

import structlog

from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.snapshot import Snapshot
from deltaic.model.volume import Volume, VolumeState
from deltaic.operations.flows.looking import repeatable
from deltaic.operations.flows.tools import Job

log = structlog.get_logger(__name__)

#: For how long that of a creation is looked for that was not answered, seconds.
LATE_SECONDS: Final = 120.0


class Made(Protocol):
    """Something with an id."""

    @property
    def id(self) -> str:
        """Its id."""


M = TypeVar("M", bound=Made)


class Disks(Protocol):
    """What volumes and snapshots have in common."""

    async def find_marked(self, context: Context, marker: str) -> Sequence[Any]:
        """Find what this marker made."""

    async def delete(self, context: Context, wanted: str, /) -> None:
        """Remove one."""


def final(failure: Error) -> Error:
    """What is told of a creation that is given up: TIMEOUT would say that it still goes on."""
    return Error(ErrorKind.UNAVAILABLE, failure.message) if failure.kind is ErrorKind.TIMEOUT else failure


async def withdraw(
    job: Job, failure: Error, find: Callable[[], Awaitable[Sequence[M]]], remove: Callable[[M], Awaitable[None]]
) -> bytes:
    """Remove what a creation has made that failed so; after a lost answer look for it for a while."""
    lost = failure.retryable and failure.kind is not ErrorKind.BUSY
    late = LATE_SECONDS if lost else 0.0
    removed: set[str] = set()
    first = job.pace.now()
    for pause in job.pace.pauses():
        for one in await find():
            if one.id not in removed:
                await remove(one)
                removed.add(one.id)
        if job.pace.now() - first + pause > job.pace.seconds(late):
            return b""
        await job.pace.pause(pause)
    raise AssertionError("pauses never end")


async def withdraw_disks(job: Job, disks: Disks, marker: str, failure: Error) -> bytes:
    """Remove the volumes or snapshots that a creation has made that failed so."""

    async def find() -> Sequence[Volume | Snapshot]:
        return await marked(job, disks, marker)

    async def remove(one: Volume | Snapshot) -> None:
        await remove_disk(job, disks, one)

    return await withdraw(job, failure, find, remove)


class Attempts:
    """Counts what this process tried of a creation, so that one that was answered at once is looked after no more."""

    def __init__(self, create: Callable[[], Awaitable[bytes]]) -> None:
        self._create = create
        self._count = 0

    async def __call__(self) -> bytes:
        """Try."""
        self._count += 1
        return await self._create()

    async def tidy(self, job: Job, disks: Disks, marker: str, made_id: str) -> bytes:
        """Remove what other attempts than the answered one have made. Of those before a restart nothing is known."""
        if self._count != 1:
            await remove_twins(job, disks, marker, made_id)
        return b""


async def remove_twins(job: Job, disks: Disks, marker: str, made_id: str) -> None:
    """Remove what the same creation made beside its own, because it was asked for again before that showed."""
    for one in await marked(job, disks, marker):
        if one.id != made_id:
            log.warning("a creation without an answer made another disk", made=made_id, other=one.id)
            await remove_disk(job, disks, one)


async def marked(job: Job, disks: Disks, marker: str) -> Sequence[Volume | Snapshot]:
    """What a marker made, as far as nobody removes it already."""
    try:
        found: Sequence[Volume | Snapshot] = await disks.find_marked(await job.context(), marker) if marker else ()
    except Error as error:
        # Drivers that are older than this verb.
        if error.kind is not ErrorKind.UNSUPPORTED:
            raise
        found = ()
    return [one for one in found if one.state is not VolumeState.DELETING]


async def remove_disk(job: Job, disks: Disks, made: Volume | Snapshot) -> None:
    """Remove a volume or snapshot that nobody waits for, unless somebody uses it by now. BUSY while it is locked."""
    if isinstance(made, Volume):
        for seen in await job.driver.volumes.list(await job.context(), ids=[made.id]):
            if seen.attachments:
                log.warning("a volume of a creation that was given up is in use and stays", volume=made.id)
                return
    try:
        await disks.delete(await job.context(), made.id)
    except Error as error:
        if error.kind not in (ErrorKind.NOT_FOUND, ErrorKind.IN_USE):
            raise repeatable(error) from error
