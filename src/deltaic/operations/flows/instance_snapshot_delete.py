"""The removal of a snapshot: ask for it once, wait until it is merged away, link its neighbours.

Arguments: an `InstanceSnapshotReference`. Milestone `accepted`: empty, once the cloud took it.
"""

from __future__ import annotations

import msgspec

from deltaic.model.errors import Error, ErrorKind
from deltaic.model.instance_snapshot import InstanceSnapshot, InstanceSnapshotState
from deltaic.model.snapshot_chain import removed
from deltaic.operations.flows.arguments import InstanceSnapshotReference
from deltaic.operations.flows.snapshot_tools import CLIENT_PATIENCE, note, or_none, snapshot_gone
from deltaic.operations.flows.tools import Job


async def instance_snapshot_delete(job: Job) -> bytes:
    """Remove one snapshot; the result is its id."""
    given = msgspec.json.decode(job.given.arguments, type=InstanceSnapshotReference)
    await job.step.run("look", lambda: _free(job, given), patience=CLIENT_PATIENCE)
    await job.step.run("delete", lambda: _delete(job, given), patience=CLIENT_PATIENCE)
    await job.step.publish("accepted", b"")
    await job.step.run("gone", lambda: snapshot_gone(job, given.instance_id, given.id))
    await job.step.run("unlink", lambda: note(job, given.instance_id, lambda chain: removed(chain, given.id)))
    return given.id.encode()


async def _look(job: Job, given: InstanceSnapshotReference) -> InstanceSnapshot:
    return await job.driver.instance_snapshots.get(await job.context(), given.instance_id, given.id)


async def _free(job: Job, given: InstanceSnapshotReference) -> bytes:
    """Nobody works on it: whoever finds it locked afterwards knows that its removal is under way."""
    if (await _look(job, given)).state is InstanceSnapshotState.PENDING:
        raise Error(ErrorKind.BUSY, "The snapshot is locked", resource="instance_snapshot", resource_id=given.id)
    return b""


async def _delete(job: Job, given: InstanceSnapshotReference) -> bytes:
    seen = await or_none(lambda: _look(job, given))
    if seen is None or seen.state is InstanceSnapshotState.PENDING:
        return b"under way"
    await job.driver.instance_snapshots.delete(await job.context(), given.instance_id, given.id)
    return b"accepted"
