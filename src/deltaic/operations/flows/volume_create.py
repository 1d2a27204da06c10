"""Making a volume, empty or as a copy, and for a machine's own disk attaching it.

Arguments: `VolumeArguments`; `spec.marker` is the marker by which a repeated step finds its own work.
Milestone `accepted`: the `Volume` as the cloud accepted it.
"""

from __future__ import annotations

import msgspec

from deltaic.model.errors import Error
from deltaic.model.volume import Volume
from deltaic.operations.flows import volume_tools
from deltaic.operations.flows.arguments import VolumeArguments
from deltaic.operations.flows.leftovers import Attempts, final, withdraw_disks
from deltaic.operations.flows.tools import CLIENT_PATIENCE, Job


async def volume_create(job: Job) -> bytes:
    """Make one volume; the result is its id."""
    arguments = msgspec.json.decode(job.given.arguments, type=VolumeArguments)
    spec = arguments.spec
    create = Attempts(lambda: volume_tools.create(job, spec))
    try:
        accepted = await job.step.run("create", create, patience=CLIENT_PATIENCE)
        made = msgspec.json.decode(accepted, type=Volume)
        await volume_tools.label(job, "volume", made.id, arguments.tags)
    except Error as error:
        # The cloud may have made it all the same, if we did not hear it: nobody waits for that volume any more.
        reason = final(error)
        await job.step.refuse("accepted", reason)
        await job.step.run("withdraw", lambda: withdraw_disks(job, job.driver.volumes, spec.marker, reason))
        raise reason from error
    await job.step.publish("accepted", accepted)
    await volume_tools.bring_up(job, made, spec)
    await job.step.run("tidy", lambda: create.tidy(job, job.driver.volumes, spec.marker, made.id))
    return made.id.encode()
