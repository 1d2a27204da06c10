"""What the flows of volumes and snapshots have in common: asking once, waiting for an end, and making one disk."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from deltaic.driver.held_tags import holder
from deltaic.model.annotation import Want
from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.instance import Instance
from deltaic.model.volume import Volume, VolumeSpec, VolumeState, VolumeWish
from deltaic.operations.flows.looking import given_up, watch
from deltaic.operations.flows.tools import Job

#: How long a lock is waited for after the answer, seconds.
LOCK_PATIENCE: Final = 3600.0

Verb = Callable[[Context], Awaitable[None]]


class Look(Struct, frozen=True):
    """What a look at something in the making showed."""

    made: bool = False
    broken: bool = False


async def until_made(job: Job, look: Callable[[Context], Awaitable[Look]], resource: str, resource_id: str) -> bytes:
    """Look until it is made. UNAVAILABLE when the cloud gave it up: it is gone, broken or locked for ever."""

    async def seen() -> Look:
        return await look(await job.context())

    last = await watch(job.pace, seen, lambda one, _: one.made or one.broken)
    if last is None or not last.made:
        raise given_up(f"The cloud gave up the creation of the {resource}", resource, resource_id)
    return b""


async def asked(job: Job, verb: Verb) -> bytes:
    """Ask the cloud once: `done`, or `busy` when a lock has to be waited for."""
    try:
        await verb(await job.context())
    except Error as error:
        if error.kind is not ErrorKind.BUSY:
            raise
        return b"busy"
    return b"done"


async def ask_then_insist(job: Job, name: str, verb: Verb, later: Verb | None = None) -> None:
    """Ask, tell that the request is accepted, and go on asking (for `later`) while something is locked."""
    answer = await job.step.run("ask", lambda: asked(job, verb))
    await job.step.publish("accepted", b"")
    if answer == b"busy":
        await job.step.run(name, lambda: _insist(job, later or verb), patience=LOCK_PATIENCE)


async def _insist(job: Job, verb: Verb) -> bytes:
    await verb(await job.context())
    return b""


async def attach(job: Job, volume_id: str, instance_id: str, context: Context, **how: object) -> None:
    """Attach to a machine that nobody is removing: its removal may have passed the point where volumes are detached."""
    seen = await job.driver.instances.get(context, instance_id, details=False)
    if seen.annotation.want is Want.TERMINATED:
        message = f"The machine '{instance_id}' is being removed"
        raise Error(ErrorKind.CONFLICT, message, resource="instance", resource_id=instance_id)
    await job.driver.volumes.attach(context, volume_id, instance_id, **how)  # type: ignore[arg-type]


async def create(job: Job, spec: VolumeSpec) -> bytes:
    """Ask the cloud for a volume: the volume as it was accepted."""
    return msgspec.json.encode(await job.driver.volumes.create(await job.context(), spec))


async def settle(job: Job, volume_id: str, spec: VolumeSpec) -> bytes:
    """Wait until a volume is made, doing what is left to do."""

    async def look(context: Context) -> Look:
        seen = await job.driver.volumes.finish(context, volume_id, spec)
        return Look(seen.state is VolumeState.AVAILABLE, seen.state is VolumeState.ERROR)

    return await until_made(job, look, "volume", volume_id)


async def plug_in(job: Job, volume_id: str, instance_id: str, *, device: str, boot: bool, own: bool) -> bytes:
    """Attach as one step of a flow."""
    await attach(job, volume_id, instance_id, await job.context(), device=device, boot=boot, own=own)
    return b""


async def bring_up(job: Job, made: Volume, spec: VolumeSpec, prefix: str = "") -> None:
    """The rest of a volume's creation, as steps: wait; a machine's own disk is then attached, or removed again."""
    await job.step.run(f"{prefix}settle", lambda: settle(job, made.id, spec))
    if not spec.instance_id:
        return
    try:
        own = partial(plug_in, job, made.id, spec.instance_id, device=spec.device, boot=spec.bootable, own=True)
        await job.step.run(f"{prefix}attach", own, patience=LOCK_PATIENCE)
    except Error:
        await job.step.run(f"{prefix}withdraw", lambda: _withdraw(job, made.id, spec.instance_id))
        raise


async def _withdraw(job: Job, volume_id: str, instance_id: str) -> bytes:
    """Remove a machine's own disk that it can't be given, unless somebody uses it for something else by now."""
    context = await job.context()
    for seen in await job.driver.volumes.list(context, ids=[volume_id]):
        if seen.kept or any(one.instance_id != instance_id for one in seen.attachments):
            return b"kept"
    try:
        await job.driver.volumes.delete(await job.context(), volume_id)
    except Error as error:
        if error.kind is not ErrorKind.NOT_FOUND:
            raise
    return b""


async def label(job: Job, noun: str, resource_id: str, tags: dict[str, str]) -> None:
    """Give a new volume or snapshot its tags, as one step, beneath those that a caller set meanwhile."""
    if tags:
        await job.step.run("label", lambda: _label(job, noun, resource_id, tags))


async def _label(job: Job, noun: str, resource_id: str, tags: dict[str, str]) -> bytes:
    held = holder(job.driver, noun)
    if held is None:
        await job.store.resource_tags.edit(noun, resource_id, lambda own: {**tags, **own})
    else:
        await held(await job.context(), resource_id, lambda own: {**tags, **own})
    return b""


def marked(wish: VolumeWish, spec: VolumeSpec, launch: str, number: int, machine: Instance) -> VolumeSpec:
    """The spec of a new volume that a new machine is to have; without a name it is called after the machine."""
    name = spec.name or f"{machine.name}-disk{number}"
    spec = replace(spec, name=name, marker=f"{launch}:volume:{number}", data_center_id=machine.data_center_id)
    if not wish.own:
        return spec
    return replace(spec, instance_id=machine.id, device=wish.device, bootable=wish.boot or spec.bootable)
