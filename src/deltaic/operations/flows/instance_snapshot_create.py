"""The snapshot of a machine: take it once, note what it follows, wait until it can be used.

Milestone `accepted`: the `InstanceSnapshot` as the cloud accepted it.
"""

from __future__ import annotations

import msgspec

from deltaic.model.errors import Error
from deltaic.model.instance_snapshot import InstanceSnapshot
from deltaic.model.snapshot_chain import SnapshotChain, added, latest_of, removed
from deltaic.operations.flows.arguments import InstanceSnapshotArguments
from deltaic.operations.flows.snapshot_tools import CLIENT_PATIENCE, note, remove_marked, snapshot_made, take_once
from deltaic.operations.flows.tools import Job


async def instance_snapshot_create(job: Job) -> bytes:
    """Take one snapshot; the result is its id."""
    given = msgspec.json.decode(job.given.arguments, type=InstanceSnapshotArguments)
    spec = given.spec
    try:
        found = await job.step.run("create", lambda: take_once(job, spec), patience=CLIENT_PATIENCE)
    except Error as error:
        # The cloud may have taken it all the same, if we did not hear it: nobody waits for it any more.
        await job.step.refuse("accepted", error)
        await job.step.run("withdraw", lambda: remove_marked(job, spec.instance_id, spec.marker))
        raise
    made = msgspec.json.decode(found, type=InstanceSnapshot)
    await job.step.run("note", lambda: _note(job, made, given.properties))
    await job.step.publish("accepted", found)
    try:
        await job.step.run("settle", lambda: snapshot_made(job, made.instance_id, made.id))
    except Error:
        await job.step.run("forget", lambda: note(job, made.instance_id, lambda chain: removed(chain, made.id)))
        raise
    return made.id.encode()


async def _note(job: Job, made: InstanceSnapshot, properties: dict[str, str]) -> bytes:
    there = await job.driver.instance_snapshots.list(await job.context(), [made.instance_id])
    before = [snapshot for snapshot in there if snapshot.id != made.id and not snapshot.temporary]

    def edit(chain: SnapshotChain) -> SnapshotChain:
        return added(chain, made.id, latest_of(chain, before), properties)

    return await note(job, made.instance_id, edit)
