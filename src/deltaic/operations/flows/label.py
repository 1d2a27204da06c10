"""Tags for the disks and interfaces that a launched machine got: a part of the launch, so that no crash loses them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import msgspec

from deltaic.driver.held_tags import TagEdit, holder
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.instance import Instance, InstanceSpec
from deltaic.operations.flows.tools import Job


async def label(job: Job, instance_id: str, spec: InstanceSpec, done: bytes, step: str) -> bytes:
    """Tag the machine's parts that are not among `done` (a JSON list of ids), as one step; the ids tagged by then.

    Parts come in two goes: most are there when the cloud accepts a machine, added interfaces not before its start.
    A part is tagged once, so that nothing comes back that a caller removed in the meantime.
    """
    if not spec.disk_tags and not spec.nic_tags:
        return done
    return await job.step.run(step, lambda: _label(job, instance_id, spec, msgspec.json.decode(done, type=list[str])))


async def _label(job: Job, instance_id: str, spec: InstanceSpec, done: list[str]) -> bytes:
    try:
        seen = await job.driver.instances.get(await job.context(), instance_id)
    except Error as error:
        if error.kind is not ErrorKind.NOT_FOUND:
            raise
        return msgspec.json.encode(done)
    parts = [part for part in _parts(seen, spec) if part[1] not in done and part[2]]
    for noun, part_id, tags in parts:
        await _put(job, noun, part_id, partial(_beneath, tags))
    return msgspec.json.encode([*done, *(part_id for _, part_id, _ in parts)])


async def _put(job: Job, noun: str, part_id: str, change: TagEdit) -> None:
    held = holder(job.driver, noun)
    if held is None:
        await job.store.resource_tags.edit(noun, part_id, change)
        return
    try:
        await held(await job.context(), part_id, change)
    except Error as error:
        if error.kind is not ErrorKind.NOT_FOUND:
            raise


def _beneath(given: Mapping[str, str], own: Mapping[str, str]) -> dict[str, str]:
    """The launch's tags under those that a caller set meanwhile."""
    return {**given, **own}


def _parts(seen: Instance, spec: InstanceSpec) -> list[tuple[str, str, dict[str, str]]]:
    """Noun, id and tags of each part that is new, as `services.tags` names them."""
    attached = {wish.volume_id for wish in spec.volumes}
    disks = [("volume", disk.disk_id, spec.disk_tags) for disk in seen.disks if disk.disk_id not in attached]
    return disks + [("network_interface", nic.id, spec.nic_tags) for nic in seen.nics]
