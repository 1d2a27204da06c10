"""Machines and volumes for cases: made, brought to a state, looked at."""

from __future__ import annotations

from typing import Any

from deltaic.conformance.checks import Mismatch, ensure
from deltaic.conformance.trial import Trial
from deltaic.model.annotation import Annotation
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.instance import Instance, InstanceSpec, InstanceState
from deltaic.model.snapshot import Snapshot, SnapshotSpec, SnapshotState
from deltaic.model.volume import Volume, VolumeSpec, VolumeState

#: States that a new machine may go through before it rests or runs.
FIRST_STATES = frozenset(
    {InstanceState.CREATING, InstanceState.STARTING, InstanceState.STOPPED, InstanceState.LOCKED, InstanceState.RUNNING}
)
_SETTLED = frozenset({InstanceState.STOPPED, InstanceState.RUNNING})


async def spec(trial: Trial, **members: Any) -> InstanceSpec:
    """A machine of the site's image and size, with a marker and a name of its own."""
    members.setdefault("name", trial.name("vm"))
    members.setdefault("annotation", Annotation(launch=trial.marker()))
    members.setdefault("image_id", trial.site.image_id)
    members.setdefault("zone_id", await trial.zone_id())
    if "memory" not in members:
        members.setdefault("instance_type_id", trial.site.instance_type_id)
    if trial.site.network_id and trial.driver.capability.instances_create_with_networks:
        members.setdefault("network_ids", (trial.site.network_id,))
    return InstanceSpec(**members)


async def created(trial: Trial, **members: Any) -> Instance:
    """A machine as the cloud accepted it."""
    return await trial.driver.instances.create(trial.context(), await spec(trial, **members))


async def machine(trial: Trial, state: InstanceState = InstanceState.STOPPED, **members: Any) -> Instance:
    """A new machine in `state`: stopped or running, whichever of the two this cloud's new machines are."""
    made = await created(trial, **members)
    return await brought(trial, made.id, state)


async def brought(trial: Trial, instance_id: str, state: InstanceState) -> Instance:
    """Bring a machine that is being made, rests or runs to one of these two states."""
    found = await reached(trial, instance_id, *_SETTLED)
    if found.state is state:
        return found
    if state is InstanceState.RUNNING:
        await trial.patiently(lambda: trial.driver.instances.start(trial.context(), instance_id))
    else:
        await stopped(trial, instance_id)
    return await reached(trial, instance_id, state)


async def stopped(trial: Trial, instance_id: str) -> None:
    """Stop a machine as fast as its cloud can."""
    force = trial.driver.capability.instances_stop_with_force
    await trial.patiently(lambda: trial.driver.instances.stop(trial.context(), instance_id, force=force))


async def reached(trial: Trial, instance_id: str, *states: InstanceState) -> Instance:
    """Wait until a machine is in one of these states; fails at once when it breaks."""

    async def probe() -> Instance | None:
        found = await trial.driver.instances.get(trial.context(), instance_id)
        if found.state is InstanceState.ERROR and InstanceState.ERROR not in states:
            raise Mismatch(f"the machine is broken: {found.state_reason or 'the cloud does not say why'}")
        return found if found.state in states else None

    return await trial.until(f"the machine is {' or '.join(states)}", probe)


async def removed(trial: Trial, instance_id: str) -> None:
    """Stop and remove a machine, and wait until it is gone."""
    await brought(trial, instance_id, InstanceState.STOPPED)
    await trial.patiently(lambda: trial.driver.instances.delete(trial.context(), instance_id))
    await gone(trial, instance_id)


async def gone(trial: Trial, instance_id: str) -> None:
    """Wait until a machine is there no more; on its way it may only be on its way."""

    async def probe() -> bool:
        try:
            found = await trial.driver.instances.get(trial.context(), instance_id)
        except Error as error:
            ensure("a machine that is gone is not found", error.kind is ErrorKind.NOT_FOUND)
            return True
        return found.state is InstanceState.DELETED

    await trial.until("the machine is gone", probe)


def volume_spec(trial: Trial, **members: Any) -> VolumeSpec:
    """A volume with a marker and a name of its own, of the site's size unless it is a copy."""
    members.setdefault("name", trial.name("vol"))
    members.setdefault("marker", trial.marker())
    if "source_id" not in members:
        members.setdefault("size", trial.site.volume_size)
    return VolumeSpec(**members)


async def volume(trial: Trial, **members: Any) -> Volume:
    """A new volume that is finished."""
    return await finished(trial, volume_spec(trial, **members))


async def finished(trial: Trial, wanted: VolumeSpec) -> Volume:
    """Make a volume and do what is left to do until it is available, as the flow does."""
    made = await trial.patiently(lambda: trial.driver.volumes.create(trial.context(), wanted))

    async def probe() -> Volume | None:
        found = await trial.patiently(lambda: trial.driver.volumes.finish(trial.context(), made.id, wanted))
        if found.state is VolumeState.ERROR:
            raise Mismatch("the volume is broken")
        return found if found.state is VolumeState.AVAILABLE else None

    return await trial.until("the volume is available", probe)


async def listed_volume(trial: Trial, volume_id: str) -> Volume | None:
    """A volume with its attachments; None when there is none."""
    return next(iter(await trial.driver.volumes.list(trial.context(), ids=[volume_id])), None)


def is_free(volume: Volume) -> bool:
    """Whether a volume is available, in no machine and on its way out of none."""
    return volume.state is VolumeState.AVAILABLE and not volume.attachments and not volume.leaving


async def snapshot(trial: Trial, volume_id: str, **members: Any) -> Snapshot:
    """A new snapshot of a volume that is finished."""
    members.setdefault("name", trial.name("snap"))
    members.setdefault("marker", trial.marker())
    wanted = SnapshotSpec(volume_id=volume_id, **members)
    made = await trial.patiently(lambda: trial.driver.snapshots.create(trial.context(), wanted))

    async def probe() -> Snapshot | None:
        found = await trial.patiently(lambda: trial.driver.snapshots.finish(trial.context(), made.id, wanted))
        if found.state is SnapshotState.ERROR:
            raise Mismatch("the snapshot is broken")
        return found if found.state is SnapshotState.COMPLETED else None

    return await trial.until("the snapshot is completed", probe)
