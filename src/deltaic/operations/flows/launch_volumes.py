"""The volumes of a machine that is being launched: made where they are new, and attached before its first start."""

from __future__ import annotations

from functools import partial

import msgspec

from deltaic.model.instance import Instance, InstanceSpec
from deltaic.model.volume import Volume, VolumeWish
from deltaic.operations.flows import volume_tools
from deltaic.operations.flows.tools import Job


async def give_volumes(job: Job, made: Instance, spec: InstanceSpec) -> None:
    """Give a settled machine its volumes, one after another; a failure ends the launch with the machine stopped."""
    for number, wish in enumerate(spec.volumes, 1):
        await _give(job, made, wish, f"volume {number} ", f"{spec.annotation.launch}:volume:{number}")


async def _give(job: Job, made: Instance, wish: VolumeWish, prefix: str, marker: str) -> None:
    volume_id = wish.volume_id
    if wish.spec is not None:
        spec = volume_tools.marked(wish, wish.spec, marker, made)
        create = partial(volume_tools.create, job, spec)
        volume = msgspec.json.decode(await job.step.run(f"{prefix}create", create), type=Volume)
        await volume_tools.bring_up(job, volume, spec, prefix)
        if wish.own:
            return
        volume_id = volume.id
    plug_in = partial(volume_tools.plug_in, job, volume_id, made.id, device=wish.device, boot=wish.boot, own=False)
    await job.step.run(f"{prefix}attach", plug_in, patience=volume_tools.LOCK_PATIENCE)
