"""Patient looks at snapshots and images, and the steps that several flows share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TypeVar

import msgspec
import structlog

from deltaic.model.errors import Error, ErrorKind
from deltaic.model.image import Image
from deltaic.model.instance_snapshot import InstanceSnapshot, InstanceSnapshotSpec, InstanceSnapshotState
from deltaic.operations.flows.tools import LONGEST_WAIT, SECOND_LOOK_KINDS, Job
from deltaic.ports import snapshot_chains
from deltaic.ports.snapshot_chains import ChainEdit

log = structlog.get_logger(__name__)

#: How long a client is kept waiting for a cloud that does not answer, or for a lock, seconds.
CLIENT_PATIENCE = 20.0
#: What is still there so long after its deletion was accepted was not deleted.
DELETION_SHOWS = 60.0

T = TypeVar("T")


async def or_none(look: Callable[[], Awaitable[T]]) -> T | None:
    """What `look` gives, or None when it is not found; it is looked for once more."""
    for _ in range(2):
        try:
            return await look()
        except Error as error:
            if error.kind is not ErrorKind.NOT_FOUND:
                raise
    return None


async def watch(job: Job, look: Callable[[], Awaitable[T]], until: Callable[[T, float], bool]) -> T | None:
    """Look until `until` (told what is seen and the seconds waited) holds; None when it is gone."""
    first = job.pace.now()
    for pause in job.pace.looks():
        seen = await or_none(look)
        waited = (job.pace.now() - first) / job.pace.scale
        if seen is None or until(seen, waited) or waited >= LONGEST_WAIT:
            return seen
        await job.pace.pause(pause)
    raise AssertionError("looks never end")


async def watch_snapshot(
    job: Job, instance_id: str, snapshot_id: str, until: Callable[[InstanceSnapshot, float], bool]
) -> InstanceSnapshot | None:
    """Look at a snapshot until `until` holds; None when it is gone."""

    async def look() -> InstanceSnapshot:
        return await job.driver.instance_snapshots.get(await job.context(), instance_id, snapshot_id)

    return await watch(job, look, until)


async def watch_image(job: Job, image_id: str, until: Callable[[Image, float], bool]) -> Image | None:
    """Look at an image until `until` holds; None when it is gone."""

    async def look() -> Image:
        return await job.driver.images.get(await job.context(), image_id)

    return await watch(job, look, until)


async def marked_snapshot(job: Job, instance_id: str, marker: str) -> InstanceSnapshot | None:
    """The snapshot that this marker made."""
    found = await job.driver.instance_snapshots.list(await job.context(), [instance_id])
    return next((snapshot for snapshot in found if snapshot.marker == marker), None)


async def take_once(job: Job, spec: InstanceSnapshotSpec) -> bytes:
    """Take a snapshot, unless its marker is there; the snapshot as JSON."""
    found = await marked_snapshot(job, spec.instance_id, spec.marker)
    if found is None:
        found = await job.driver.instance_snapshots.create(await job.context(), spec)
    return msgspec.json.encode(found)


async def snapshot_made(job: Job, instance_id: str, snapshot_id: str) -> bytes:
    """Wait until a snapshot can be used; an error when the cloud gave it up."""
    pending = InstanceSnapshotState.PENDING
    seen = await watch_snapshot(job, instance_id, snapshot_id, lambda seen, _: seen.state is not pending)
    if seen is None or seen.state is InstanceSnapshotState.ERROR:
        raise given_up("The cloud gave up to take the snapshot", "instance_snapshot", snapshot_id)
    return b""


async def remove_marked(job: Job, instance_id: str, marker: str) -> bytes:
    """Have the snapshot with this marker removed, however long others are in the way; its id, or nothing."""
    found = await or_none(lambda: marked_snapshot(job, instance_id, marker))
    if found is None:
        return b""
    try:
        await job.driver.instance_snapshots.delete(await job.context(), instance_id, found.id)
    except Error as error:
        if error.kind is ErrorKind.NOT_FOUND:
            return b""
        raise repeatable(error) from error
    return found.id.encode()


async def snapshot_gone(job: Job, instance_id: str, snapshot_id: str) -> bytes:
    """Wait until a snapshot is merged away; an error when the cloud keeps it."""

    def kept(seen: InstanceSnapshot, waited: float) -> bool:
        return seen.state is not InstanceSnapshotState.PENDING and waited >= DELETION_SHOWS

    if await watch_snapshot(job, instance_id, snapshot_id, kept) is not None:
        raise given_up("The cloud did not remove the snapshot", "instance_snapshot", snapshot_id)
    return b""


async def note(job: Job, instance_id: str, edit: ChainEdit) -> bytes:
    """Change what the owner's chain of a machine says. Nobody loses a snapshot because there is no room for a note."""
    owner = (await job.context()).owner
    try:
        await snapshot_chains.change(job.store.records, owner, instance_id, edit, moment(job))
    except Error as error:
        if error.kind is not ErrorKind.QUOTA:
            raise
        log.warning("snapshot not noted", instance=instance_id, error=error.message)
    return b""


def moment(job: Job) -> datetime:
    """The present time."""
    return datetime.fromtimestamp(job.clock(), UTC)


def repeatable(error: Error) -> Error:
    """A state that changed under our hands is looked at again."""
    if error.kind not in SECOND_LOOK_KINDS:
        return error
    return Error(ErrorKind.BUSY, error.message, resource=error.resource, resource_id=error.resource_id)


def given_up(message: str, resource: str, resource_id: str) -> Error:
    """The error for something that the cloud accepted and did not do: nothing that its user could change."""
    return Error(ErrorKind.UNAVAILABLE, message, resource=resource, resource_id=resource_id, retryable=False)
