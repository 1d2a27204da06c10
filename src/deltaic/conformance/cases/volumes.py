"""The life of a volume."""

from __future__ import annotations

import asyncio

from msgspec import structs

from deltaic.conformance.case import case
from deltaic.conformance.checks import among, ensure, equal, refused
from deltaic.conformance.machines import finished, listed_volume, volume, volume_spec
from deltaic.conformance.trial import Trial
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.volume import VolumeChanges, VolumeState

MAKES = ("volumes_list", "volumes_create", "volumes_delete")
CREATED_AT = 1_790_000_000


@case(*MAKES)
async def life(trial: Trial) -> None:
    """From creation to available to nothing; it shows what it was asked to be."""
    wanted = volume_spec(trial, description="of Ann", created_at=CREATED_AT)
    made = await trial.driver.volumes.create(trial.context(), wanted)
    among("first state", made.state, (VolumeState.CREATING, VolumeState.AVAILABLE))
    there = await finished(trial, wanted)
    equal(
        "name, description and size", (there.name, there.description, there.size), (wanted.name, "of Ann", wanted.size)
    )
    ensure("it stands for itself", there.independent)
    ensure("it tells when it was made, with a time zone", there.created_at and there.created_at.tzinfo)
    equal("where it is attached", there.attachments, ())
    await trial.driver.volumes.delete(trial.context(), made.id)
    await _gone(trial, made.id)
    async with refused("a second removal", ErrorKind.NOT_FOUND):
        await trial.driver.volumes.delete(trial.context(), made.id)


async def _gone(trial: Trial, volume_id: str) -> None:
    async def probe() -> bool:
        try:
            await trial.driver.volumes.get(trial.context(), volume_id)
        except Error as error:
            equal("kind of the error", error.kind, ErrorKind.NOT_FOUND)
            return True
        return False

    await trial.until("the volume is gone", probe)
    equal("it in the list", await listed_volume(trial, volume_id), None)


@case(*MAKES)
async def a_repeated_creation_makes_nothing(trial: Trial) -> None:
    """With the same marker a creation finds what it made: at once, when it is finished, and from another process."""
    wanted = volume_spec(trial)
    first = await trial.driver.volumes.create(trial.context(), wanted)
    equal("volumes with its marker", await _marked(trial, wanted.marker), [first.id])
    again = await trial.patiently(lambda: trial.driver.volumes.create(trial.context(), wanted))
    equal("the repeated creation's volume", again.id, first.id)
    there = await finished(trial, wanted)
    fresh = trial.harness.factory.create(trial.site.cloud.cloud().config)
    try:
        equal("another process's volume", (await fresh.volumes.create(trial.context(), wanted)).id, first.id)
    finally:
        await fresh.close()
    other = await finished(trial, structs.replace(wanted, marker=trial.marker()))
    ensure("another marker's volume is another one", other.id != there.id)
    found = [await _marked(trial, marker) for marker in (wanted.marker, trial.marker(), "")]
    equal("volumes with its marker, another one and none", found, [[first.id], [], []])
    named = [one.id for one in await trial.driver.volumes.list(trial.context()) if one.name == wanted.name]
    equal("volumes of the name", sorted(named), sorted([there.id, other.id]))


async def _marked(trial: Trial, marker: str) -> list[str]:
    return [one.id for one in await trial.driver.volumes.find_marked(trial.context(), marker)]


@case(*MAKES)
async def finishing_what_is_finished(trial: Trial) -> None:
    """Finishing twice changes nothing."""
    wanted = volume_spec(trial)
    there = await finished(trial, wanted)
    equal("the volume", await trial.driver.volumes.finish(trial.context(), there.id, wanted), there)


@case(*MAKES)
async def volumes_are_listed_by_name_or_by_id(trial: Trial) -> None:
    """All come by name; asked for by id, the known ones come and the unknown ones are left out."""
    made = [await volume(trial), await volume(trial)]
    everything = await trial.driver.volumes.list(trial.context())
    equal("order", [one.name for one in everything], sorted(one.name for one in everything))
    equal("ids that are there twice", len({one.id for one in everything}), len(everything))
    found = await trial.driver.volumes.list(trial.context(), ids=[made[1].id, trial.site.unknown_id, "no/such id"])
    equal("volumes by ids", [(one.id, one.size) for one in found], [(made[1].id, made[1].size)])
    equal("volumes of unknown ids alone", await trial.driver.volumes.list(trial.context(), ids=["no/such id"]), [])


@case(*MAKES)
async def wrong_volumes_are_refused(trial: Trial) -> None:
    """Sizes and places that can't be are INVALID and named; nothing is made."""
    wrong = {"size": volume_spec(trial, size=-5), "size ": volume_spec(trial, size=1 << 62)}
    if trial.driver.capability.volumes_create_with_source:
        wrong["source_id"] = volume_spec(trial, source_id=trial.site.unknown_id)
    wrong["storage_domain_id"] = volume_spec(trial, storage_domain_id=trial.name("nowhere"))
    for field, wanted in wrong.items():
        kinds = (ErrorKind.INVALID, ErrorKind.NOT_FOUND, ErrorKind.QUOTA, ErrorKind.CAPACITY)
        async with refused(f"a volume with a wrong {field}", *kinds) as refusal:
            await trial.driver.volumes.create(trial.context(), wanted)
        if refusal.error.kind is ErrorKind.INVALID:
            equal("field that the error names", refusal.error.field, field.strip())
    names = {wanted.name for wanted in wrong.values()}
    equal(
        "volumes of refused creations",
        [x for x in await trial.driver.volumes.list(trial.context()) if x.name in names],
        [],
    )


@case(*MAKES)
async def storage_domains_have_room(trial: Trial) -> None:
    """Where volumes can be made is told with the room that is there, the roomiest first; a volume can be made there."""
    found = await trial.driver.volumes.storage_domains(trial.context())
    ensure("there is a place for volumes", found)
    rooms = [one.available for one in found]
    equal("order by room", rooms, sorted(rooms, reverse=True))
    made = await volume(trial, storage_domain_id=found[0].id)
    equal("where the volume is", made.storage_domain_id, found[0].id)


@case(*MAKES, "volumes_update")
async def a_volume_is_renamed_and_grows(trial: Trial) -> None:
    """Name, description and size change, each without the others; a volume can't become smaller."""
    made = await volume(trial)
    update, renamed = trial.driver.volumes.update, trial.name("vol")
    await trial.patiently(lambda: update(trial.context(), made.id, VolumeChanges(name=renamed)))
    await trial.patiently(lambda: update(trial.context(), made.id, VolumeChanges(description="changed")))
    await trial.patiently(lambda: update(trial.context(), made.id, VolumeChanges(size=2 * made.size)))

    async def grown() -> bool:
        found = await trial.driver.volumes.get(trial.context(), made.id)
        equal("name and description", (found.name, found.description), (renamed, "changed"))
        return found.size == 2 * made.size and found.state is VolumeState.AVAILABLE

    await trial.until("the volume has grown", grown)
    async with refused("a smaller size", ErrorKind.INVALID, fields=["size"]):
        await trial.patiently(lambda: update(trial.context(), made.id, VolumeChanges(size=made.size)))


@case(*MAKES, "volumes_update", "volumes_update_with_tags")
async def a_volume_has_tags(trial: Trial) -> None:
    """Tags of a volume replace those that there were."""
    made = await volume(trial)
    for tags in ({"a": "ä b", "b": ""}, {"c": "3"}, {}):
        await trial.driver.volumes.update(trial.context(), made.id, VolumeChanges(tags=tags))
        found = await trial.driver.volumes.get(trial.context(), made.id)
        equal("tags", (found.tags, found.name), (tags, made.name))


@case(*MAKES, "volumes_create_with_source")
async def a_copy_of_a_volume(trial: Trial) -> None:
    """A copy has its own name and at least its source's size, outlives it, and is made once."""
    source = await volume(trial)
    wanted = volume_spec(trial, source_id=source.id, size=2 * source.size, description="a copy")
    made = await trial.patiently(lambda: trial.driver.volumes.create(trial.context(), wanted))
    for _ in range(3):
        again = await trial.driver.volumes.create(trial.context(), wanted)
        equal("the repeated creation's volume", again.id, made.id)
        # Whoever repeats it a second later means the same one.
        await asyncio.sleep(0.4)
    there = await finished(trial, wanted)
    shown = (there.name, there.size, there.description, there.source_id)
    equal("name, size, description, source", shown, (wanted.name, 2 * source.size, "a copy", source.id))
    async with refused("a copy smaller than its source", ErrorKind.INVALID, fields=["size"]):
        await trial.driver.volumes.create(trial.context(), volume_spec(trial, source_id=there.id, size=source.size))
    await trial.patiently(lambda: trial.driver.volumes.delete(trial.context(), source.id))
    await _gone(trial, source.id)
    equal("the copy's state", (await trial.driver.volumes.get(trial.context(), there.id)).state, VolumeState.AVAILABLE)


@case("volumes_list")
async def an_unknown_volume_is_not_found(trial: Trial) -> None:
    """An id of nothing is NOT_FOUND, and one that can't be an id is never more than that."""
    for volume_id in (trial.site.unknown_id, "no/such id", "../images", ""):
        async with refused(f"volume '{volume_id}'", ErrorKind.NOT_FOUND, ErrorKind.MALFORMED_ID) as refusal:
            await trial.driver.volumes.get(trial.context(), volume_id)
        equal("what was not found", refusal.error.resource, "volume")
