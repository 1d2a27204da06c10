"""Making a volume, empty or as a copy, and for a machine's own disk attaching it.

Arguments: `VolumeArguments`; `spec.marker` is the marker by which a repeated step finds its own work.
Milestone `accepted`: the `Volume` as the cloud accepted it.
"""

from __future__ import annotations

import msgspec

from deltaic.model.volume import Volume
from deltaic.operations.flows import volume_tools
from deltaic.operations.flows.arguments import VolumeArguments
from deltaic.operations.flows.tools import Job


async def volume_create(job: Job) -> bytes:
    """Make one volume; the result is its id."""
    arguments = msgspec.json.decode(job.given.arguments, type=VolumeArguments)
    spec = arguments.spec
    patience = volume_tools.CREATE_PATIENCE
    accepted = await job.step.run("create", lambda: volume_tools.create(job, spec), patience=patience)
    made = msgspec.json.decode(accepted, type=Volume)
    await volume_tools.label(job, "volume", made.id, arguments.tags)
    await job.step.publish("accepted", accepted)
    await volume_tools.bring_up(job, made, spec)
    return made.id.encode()
