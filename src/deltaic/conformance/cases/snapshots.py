"""The content of a volume at one time."""

from __future__ import annotations

from msgspec import structs

from deltaic.conformance.case import case
from deltaic.conformance.cases.attachments import attached, detached
from deltaic.conformance.checks import among, ensure, equal, refused
from deltaic.conformance.machines import finished, machine, snapshot, volume, volume_spec
from deltaic.conformance.trial import Trial
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.instance import InstanceState
from deltaic.model.snapshot import SnapshotChanges, SnapshotSpec, SnapshotState

MAKES = ("volumes_create", "volumes_delete", "snapshots_list", "snapshots_create", "snapshots_delete")


@case(*MAKES)
async def life(trial: Trial) -> None:
    """From creation to completed to nothing; it shows what it is a snapshot of."""
    source = await volume(trial)
    made = await snapshot(trial, source.id, description="before the change", created_at=1_790_000_000)
    shown = (made.state, made.volume_id, made.size, made.description)
    wanted = (SnapshotState.COMPLETED, source.id, source.size, "before the change")
    equal("state, volume, size, description", shown, wanted)
    ensure("it tells when it was made, with a time zone", made.created_at and made.created_at.tzinfo)
    listed = await trial.driver.snapshots.list(trial.context(), ids=[made.id, trial.site.unknown_id, "no/such id"])
    equal("snapshots by ids", [one.id for one in listed], [made.id])
    volumes = [one.id for one in await trial.driver.volumes.list(trial.context()) if one.id == made.id]
    equal("volumes of its id: a snapshot is none", volumes, [])
    await trial.patiently(lambda: trial.driver.snapshots.delete(trial.context(), made.id))

    async def gone() -> bool:
        return not await trial.driver.snapshots.list(trial.context(), ids=[made.id])

    await trial.until("the snapshot is gone", gone)
    for verb in (trial.driver.snapshots.get, trial.driver.snapshots.delete):
        async with refused("a verb on what is gone", ErrorKind.NOT_FOUND):
            await verb(trial.context(), made.id)


@case(*MAKES)
async def a_repeated_creation_makes_nothing(trial: Trial) -> None:
    """With the same marker a creation finds what it made, at once and when it is finished."""
    source = await volume(trial)
    wanted = SnapshotSpec(source.id, trial.name("snap"), marker=trial.marker())
    first = await trial.patiently(lambda: trial.driver.snapshots.create(trial.context(), wanted))
    again = await trial.patiently(lambda: trial.driver.snapshots.create(trial.context(), wanted))
    there = await snapshot(trial, source.id, name=wanted.name, marker=wanted.marker)
    equal("what the repeated creations found", {again.id, there.id}, {first.id})
    found = [await _marked(trial, marker) for marker in (wanted.marker, trial.marker(), "")]
    equal("snapshots with its marker, another one and none", found, [[first.id], [], []])
    other = await snapshot(trial, source.id, name=wanted.name)
    named = [one.id for one in await trial.driver.snapshots.list(trial.context()) if one.name == wanted.name]
    equal("snapshots of the name", sorted(named), sorted([first.id, other.id]))


async def _marked(trial: Trial, marker: str) -> list[str]:
    return [one.id for one in await trial.driver.snapshots.find_marked(trial.context(), marker)]


@case(*MAKES, "volumes_attach", "instances_create", "instances_delete")
async def a_snapshot_of_a_volume_in_use(trial: Trial) -> None:
    """A volume in a running machine has snapshots; machine and volume go on as before."""
    host, source = await machine(trial, InstanceState.RUNNING), await volume(trial)
    await attached(trial, source.id, host.id)
    made = await snapshot(trial, source.id)
    equal("size and volume", (made.size, made.volume_id), (source.size, source.id))
    await detached(trial, source.id, host.id)
    equal(
        "state of the machine",
        (await trial.driver.instances.get(trial.context(), host.id)).state,
        InstanceState.RUNNING,
    )


@case(*MAKES, "volumes_create_with_source")
async def a_volume_of_a_snapshot(trial: Trial) -> None:
    """A volume made of a snapshot is at least as large, and tells where it comes from."""
    source = await volume(trial, size=2 * trial.site.volume_size)
    made = await snapshot(trial, source.id)
    there = await finished(trial, volume_spec(trial, source_id=made.id))
    equal("size and source", (there.size, there.source_id), (source.size, made.id))
    async with refused("a volume smaller than its snapshot", ErrorKind.INVALID, fields=["size"]):
        small = volume_spec(trial, source_id=made.id, size=trial.site.volume_size)
        await trial.driver.volumes.create(trial.context(), small)


@case(*MAKES)
async def a_snapshot_and_its_volume(trial: Trial) -> None:
    """A snapshot outlives its volume, or the cloud keeps the volume (IN_USE) as long as there is one."""
    source = await volume(trial)
    made = await snapshot(trial, source.id)
    try:
        await trial.patiently(lambda: trial.driver.volumes.delete(trial.context(), source.id))
    except Error as error:
        equal("kind of the refusal", error.kind, ErrorKind.IN_USE)
    found = await trial.driver.snapshots.get(trial.context(), made.id)
    among("state of the snapshot", found.state, (SnapshotState.COMPLETED,))


@case(*MAKES)
async def a_volume_goes_right_after_its_snapshots(trial: Trial) -> None:
    """Snapshots whose removal is under way keep their volume for a moment at most (BUSY), and never as IN_USE."""
    source = await volume(trial)
    made = [await snapshot(trial, source.id) for _ in range(3)]
    for one in made:
        await trial.driver.snapshots.delete(trial.context(), one.id)
    await trial.patiently(lambda: trial.driver.volumes.delete(trial.context(), source.id))

    async def gone() -> bool:
        left = await trial.driver.snapshots.list(trial.context(), ids=[one.id for one in made])
        return not (left or await trial.driver.volumes.list(trial.context(), ids=[source.id]))

    await trial.until("the volume and its snapshots are gone", gone)


@case(*MAKES, "snapshots_update")
async def a_snapshot_is_renamed(trial: Trial) -> None:
    """Name and description change, each without the other."""
    made = await snapshot(trial, (await volume(trial)).id, description="first")
    renamed = trial.name("snap")
    await trial.driver.snapshots.update(trial.context(), made.id, SnapshotChanges(name=renamed))
    await trial.driver.snapshots.update(trial.context(), made.id, SnapshotChanges(description="second"))
    found = await trial.driver.snapshots.get(trial.context(), made.id)
    equal("the snapshot", found, structs.replace(made, name=renamed, description="second"))


@case(*MAKES, "snapshots_update", "snapshots_update_with_tags")
async def a_snapshot_has_tags(trial: Trial) -> None:
    """Tags of a snapshot replace those that there were."""
    source = await volume(trial)
    given, more = {"with": "creation"}, {"with": "creation", "soon": "after it"}
    wanted = SnapshotSpec(source.id, trial.name("snap"), marker=trial.marker(), tags=given)
    made = await trial.patiently(lambda: trial.driver.snapshots.create(trial.context(), wanted))
    among("tags of what was just created: all of them or none", made.tags, (given, {}))
    # While it is made: kept or refused for now, but not lost.
    await trial.patiently(lambda: trial.driver.snapshots.update(trial.context(), made.id, SnapshotChanges(tags=more)))
    there = await snapshot(trial, source.id, name=wanted.name, marker=wanted.marker)
    equal("tags that it was given while it was made", (there.id, there.tags), (made.id, more))
    for tags in ({"a": "ä b", "b": ""}, {"c": "3"}, {}):
        await trial.driver.snapshots.update(trial.context(), made.id, SnapshotChanges(tags=tags))
        equal("tags", (await trial.driver.snapshots.get(trial.context(), made.id)).tags, tags)


@case(*MAKES)
async def snapshots_of_nothing_are_refused(trial: Trial) -> None:
    """A snapshot of a volume that there is not is NOT_FOUND; withdrawing what was never begun does nothing."""
    wanted = SnapshotSpec(trial.site.unknown_id, trial.name("snap"), marker=trial.marker())
    async with refused("a snapshot of nothing", ErrorKind.NOT_FOUND):
        await trial.driver.snapshots.create(trial.context(), wanted)
    source = await volume(trial)
    await trial.driver.snapshots.withdraw(trial.context(), structs.replace(wanted, volume_id=source.id))
    found = await trial.driver.snapshots.list(trial.context())
    equal("snapshots of the name", [one for one in found if one.name == wanted.name], [])
