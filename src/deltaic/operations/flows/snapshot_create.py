"""Copying a volume's content into a snapshot of its own.

Arguments: `SnapshotArguments`; `spec.marker` is the marker by which a repeated step finds its own work.
Milestone `accepted`: the `Snapshot` as the cloud accepted it.
"""

from __future__ import annotations

from typing import Final

import msgspec

from deltaic.model.context import Context
from deltaic.model.errors import Error
from deltaic.model.snapshot import Snapshot, SnapshotSpec, SnapshotState
from deltaic.operations.flows import volume_tools
from deltaic.operations.flows.arguments import SnapshotArguments
from deltaic.operations.flows.leftovers import Attempts, final, withdraw_disks
from deltaic.operations.flows.tools import Job

#: How long a client is kept waiting, seconds: of a volume in use the machine's snapshot is made first.
CREATE_PATIENCE: Final = 50.0


async def snapshot_create(job: Job) -> bytes:
    """Make one snapshot; the result is its id."""
    arguments = msgspec.json.decode(job.given.arguments, type=SnapshotArguments)
    spec = arguments.spec
    create = Attempts(lambda: _create(job, spec))
    try:
        accepted = await job.step.run("create", create, patience=CREATE_PATIENCE)
        made = msgspec.json.decode(accepted, type=Snapshot)
        missing = {key: value for key, value in arguments.tags.items() if key not in made.tags}
        await volume_tools.label(job, "snapshot", made.id, missing)
    except Error as error:
        # The cloud may have made it all the same, if we did not hear it: nobody waits for that snapshot any more.
        reason = final(error)
        await job.step.refuse("accepted", reason)
        await _withdraw(job, spec)
        await job.step.run("withdraw late", lambda: withdraw_disks(job, job.driver.snapshots, spec.marker, reason))
        raise reason from error
    await job.step.publish("accepted", accepted)
    try:
        await job.step.run("settle", lambda: _settle(job, made.id, spec))
    except Error:
        await _withdraw(job, spec)
        raise
    await job.step.run("tidy", lambda: create.tidy(job, job.driver.snapshots, spec.marker, made.id))
    return made.id.encode()


async def _withdraw(job: Job, spec: SnapshotSpec) -> None:
    """Take away what the copy of a volume in use left at its machine."""
    await job.step.run("withdraw", lambda: _clear(job, spec), patience=volume_tools.LOCK_PATIENCE)


async def _clear(job: Job, spec: SnapshotSpec) -> bytes:
    await job.driver.snapshots.withdraw(await job.context(), spec)
    return b""


async def _create(job: Job, spec: SnapshotSpec) -> bytes:
    return msgspec.json.encode(await job.driver.snapshots.create(await job.context(), spec))


async def _settle(job: Job, snapshot_id: str, spec: SnapshotSpec) -> bytes:
    async def look(context: Context) -> volume_tools.Look:
        seen = await job.driver.snapshots.finish(context, snapshot_id, spec)
        return volume_tools.Look(seen.state is SnapshotState.COMPLETED, seen.state is SnapshotState.ERROR)

    return await volume_tools.until_made(job, look, "snapshot", snapshot_id)
