"""Images: what machines are made of."""

from __future__ import annotations

from msgspec import structs

from deltaic.conformance.case import case
from deltaic.conformance.checks import ensure, equal, only, refused
from deltaic.conformance.machines import machine, reached
from deltaic.conformance.trial import Trial
from deltaic.model.annotation import Annotation
from deltaic.model.errors import ErrorKind
from deltaic.model.image import Image, ImageChanges, ImageSpec, ImageState
from deltaic.model.instance import InstanceState

MAKES = ("images_create", "images_delete", "instances_create", "instances_delete")


@case("images_list")
async def images_are_listed_by_name(trial: Trial) -> None:
    """Images are listed by name, each once, and the site's is available."""
    found = await trial.driver.images.list(trial.context())
    equal("order of the images", [one.name for one in found], sorted(one.name for one in found))
    equal("ids that are there twice", len({one.id for one in found}), len(found))
    mine = only("the site's image", [one for one in found if one.id == trial.site.image_id])
    equal("its state", mine.state, ImageState.AVAILABLE)


@case("images_list")
async def images_are_found_by_id(trial: Trial) -> None:
    """Asked for by id, the known ones come and the unknown ones are left out; one alone is read the same."""
    ids = [trial.site.unknown_id, trial.site.image_id, "no/such id"]
    mine = only("images by ids", await trial.driver.images.list(trial.context(), ids=ids))
    alone = await trial.driver.images.get(trial.context(), trial.site.image_id)
    equal("the image read alone", (alone.id, alone.name, alone.state), (mine.id, mine.name, mine.state))
    equal("images of unknown ids alone", await trial.driver.images.list(trial.context(), ids=ids[:1]), [])


@case("images_list")
async def an_unknown_image_is_not_found(trial: Trial) -> None:
    """An id of nothing is NOT_FOUND, and one that can't be an id is never more than that."""
    for image_id in (trial.site.unknown_id, "no/such id", "../images", "%2e%2e"):
        async with refused(f"image '{image_id}'", ErrorKind.NOT_FOUND, ErrorKind.MALFORMED_ID) as refusal:
            await trial.driver.images.get(trial.context(), image_id)
        equal("what was not found", refusal.error.resource, "image")


@case("images_list")
async def interfaces_of_an_image_are_counted(trial: Trial) -> None:
    """An image tells how many network interfaces its machines get by themselves."""
    count = await trial.driver.images.interfaces(trial.context(), trial.site.image_id)
    ensure(f"{count} interfaces are a number that machines can have", 0 <= count <= 16)


@case(*MAKES)
async def an_image_of_a_stopped_machine(trial: Trial) -> None:
    """From a stopped machine to an image, to a machine made of it, to nothing."""
    source = await machine(trial)
    marker = trial.marker()
    note = Annotation(launch=marker, tags={"made by": "conformance", "long": "x" * 200})
    wanted = ImageSpec(trial.name("image"), source.id, description="of a machine", annotation=note)
    made = await trial.patiently(lambda: trial.driver.images.create(trial.context(), wanted))
    equal("name of the new image", made.name, wanted.name)
    there = await available(trial, made.id)
    equal("its description", there.description, "of a machine")
    equal("its tags", there.annotation.tags, note.tags)
    equal("images with its marker", [one.id for one in await _marked(trial, marker)], [made.id])
    equal("images with another marker", await _marked(trial, trial.marker()), [])
    await reached(trial, source.id, InstanceState.STOPPED)
    await machine(trial, image_id=made.id)


async def _marked(trial: Trial, marker: str) -> list[Image]:
    return list(await trial.driver.images.find_marked(trial.context(), marker))


async def available(trial: Trial, image_id: str) -> Image:
    """Wait until an image can be used."""

    async def probe() -> Image | None:
        found = only("the new image", await trial.driver.images.list(trial.context(), ids=[image_id]))
        ensure("the image is not broken", found.state is not ImageState.ERROR)
        return found if found.state is ImageState.AVAILABLE else None

    return await trial.until("the image is available", probe)


async def new_image(trial: Trial) -> Image:
    """An image of a new machine."""
    source = await machine(trial)
    wanted = ImageSpec(trial.name("image"), source.id, annotation=Annotation(launch=trial.marker()))
    made = await trial.patiently(lambda: trial.driver.images.create(trial.context(), wanted))
    return await available(trial, made.id)


@case(*MAKES)
async def an_image_is_changed_and_annotated(trial: Trial) -> None:
    """Name, description and annotation change, each without the others; while it is made, too, or that is refused."""
    source, images = await machine(trial), trial.driver.images
    note = Annotation(launch=trial.marker(), tags={"with": "creation"})
    wanted = ImageSpec(trial.name("image"), source.id, description="its own", annotation=note)
    made = await trial.patiently(lambda: images.create(trial.context(), wanted))
    # What is not refused for now must not be lost, nor may the image be lost by it.
    more = {**note.tags, "soon": "after it"}
    await trial.patiently(
        lambda: images.annotate(trial.context(), made.id, lambda old: structs.replace(old, tags=more))
    )
    there = await available(trial, made.id)
    equal("the image", (there.name, there.description, there.annotation.tags), (wanted.name, "its own", more))
    renamed = trial.name("other")
    await images.annotate(trial.context(), made.id, lambda old: structs.replace(old, tags={"a": "ä b"}))
    await images.update(trial.context(), made.id, ImageChanges(name=renamed, description="changed"))
    found = await images.get(trial.context(), made.id)
    equal("the image", (found.name, found.description), (renamed, "changed"))
    equal("its tags and marker", (found.annotation.tags, found.annotation.launch), ({"a": "ä b"}, note.launch))


@case(*MAKES)
async def a_removed_image_is_gone(trial: Trial) -> None:
    """A removed image is not found any more, and can't be removed twice."""
    made = await new_image(trial)
    await trial.patiently(lambda: trial.driver.images.delete(trial.context(), made.id))

    async def probe() -> bool:
        return not await trial.driver.images.list(trial.context(), ids=[made.id])

    await trial.until("the image is gone", probe)
    async with refused("a second removal", ErrorKind.NOT_FOUND):
        await trial.driver.images.delete(trial.context(), made.id)
    async with refused(
        "a machine of an image that is gone", ErrorKind.NOT_FOUND, ErrorKind.INVALID, fields=["image_id"]
    ):
        await machine(trial, image_id=made.id)


@case(*MAKES)
async def images_of_nothing_are_refused(trial: Trial) -> None:
    """An image of a machine that there is not is refused, and leaves nothing."""
    wanted = ImageSpec(trial.name("image"), trial.site.unknown_id)
    async with refused("an image of nothing", ErrorKind.NOT_FOUND, ErrorKind.INVALID):
        await trial.driver.images.create(trial.context(), wanted)
    found = await trial.driver.images.list(trial.context())
    equal("images of its name", [one for one in found if one.name == wanted.name], [])


@case(*MAKES, "instances_start")
async def an_image_of_a_running_machine(trial: Trial) -> None:
    """An image of a running machine is made where the cloud can, and a conflict elsewhere; the machine goes on."""
    source = await machine(trial, InstanceState.RUNNING)
    wanted = ImageSpec(trial.name("image"), source.id, annotation=Annotation(launch=trial.marker()))
    if trial.driver.capability.images_create_from_running:
        made = await trial.patiently(lambda: trial.driver.images.create(trial.context(), wanted))
        await available(trial, made.id)
    else:
        async with refused("an image of a running machine", ErrorKind.CONFLICT):
            await trial.driver.images.create(trial.context(), wanted)
    await reached(trial, source.id, InstanceState.RUNNING)
