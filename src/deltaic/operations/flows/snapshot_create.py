"""Copying a volume's content into a snapshot of its own.

Arguments: `SnapshotArguments`; `spec.marker` is the marker by which a repeated step finds its own work.
Milestone `accepted`: the `Snapshot` as the cloud accepted it.
"""

from __future__ import annotations

import msgspec

from deltaic.model.context import Context
from deltaic.model.snapshot import Snapshot, SnapshotSpec, SnapshotState
from deltaic.operations.flows import volume_tools
from deltaic.operations.flows.arguments import SnapshotArguments
from deltaic.operations.flows.tools import Job


async def snapshot_create(job: Job) -> bytes:
    """Make one snapshot; the result is its id."""
    arguments = msgspec.json.decode(job.given.arguments, type=SnapshotArguments)
    spec = arguments.spec
    patience = volume_tools.CREATE_PATIENCE
    accepted = await job.step.run("create", lambda: _create(job, spec), patience=patience)
    made = msgspec.json.decode(accepted, type=Snapshot)
    await volume_tools.label(job, "snapshot", made.id, arguments.tags)
    await job.step.publish("accepted", accepted)
    await job.step.run("settle", lambda: _settle(job, made.id, spec))
    return made.id.encode()


async def _create(job: Job, spec: SnapshotSpec) -> bytes:
    return msgspec.json.encode(await job.driver.snapshots.create(await job.context(), spec))


async def _settle(job: Job, snapshot_id: str, spec: SnapshotSpec) -> bytes:
    async def look(context: Context) -> volume_tools.Look:
        seen = await job.driver.snapshots.finish(context, snapshot_id, spec)
        return volume_tools.Look(seen.state is SnapshotState.COMPLETED, seen.state is SnapshotState.ERROR)

    return await volume_tools.until_made(job, look, "snapshot", snapshot_id)
