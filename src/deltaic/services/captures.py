"""Making images of machines, and changing and removing images."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from deltaic.model.annotation import Annotation
from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind, not_found
from deltaic.model.image import Image, ImageChanges, ImageState
from deltaic.ports import captures
from deltaic.ports.store import Store
from deltaic.services.flows import FlowStarter
from deltaic.services.identity import Clouds
from deltaic.services.names import instance_name
from deltaic.services.tags import check_tags

_CAPTURE, _DELETE = "image-capture", "image-delete"


class CaptureRequest(Struct, frozen=True):
    """What to make an image of, a machine or with `snapshot_id` a snapshot of it, and how to call it.

    `traits` are kept with the image, `disk_tags` are for its disks.
    """

    instance_id: str
    snapshot_id: str = ""
    name: str = ""
    description: str = ""
    tags: dict[str, str] = {}
    traits: dict[str, str] = {}
    disk_tags: dict[str, str] = {}


class CaptureService:
    """The verbs on images that change something.

    An image of a running machine is shown under its marker until the cloud has it; the marker leads to it for ever.
    """

    def __init__(self, clouds: Clouds, store: Store, flows: FlowStarter) -> None:
        self._clouds = clouds
        self._records = store.records
        self._tags = store.resource_tags
        self._flows = flows

    async def list(self, context: Context) -> Sequence[Image]:
        """The images of the scope, those being removed left out, and those that the caller is still to get."""
        kept = await captures.read_all(self._records, context.owner)
        # Before the images: one whose removal ends in between is no longer among them.
        leaving = await self._leaving()
        late = await self._late_tags()
        found = await self._clouds.of(context).images.list(context)
        images = [_with_tags(image, late) for image in found if image.id not in leaving]
        markers = {image.annotation.launch for image in images}
        return [*images, *(capture.image for capture in kept if capture.image.id not in markers)]

    async def get(self, context: Context, image_id: str) -> Image:
        """One image by its id, or by the marker under which it was promised; NOT_FOUND."""
        kept = next((c for c in await captures.read_all(self._records, context.owner) if c.image.id == image_id), None)
        images = self._clouds.of(context).images
        late = await self._late_tags()
        try:
            found = await images.get(context, image_id)
        except Error as error:
            if error.kind is not ErrorKind.NOT_FOUND:
                raise
            marked = await images.find_marked(context, image_id) if _is_marker(image_id) else ()
            if not marked:
                if kept is None:
                    raise not_found("image", image_id) from None
                return kept.image
            if len(marked) > 1:
                # Whoever sees an image may write its marker to another one: which was promised can't be told any more.
                raise Error(
                    ErrorKind.CONFLICT, "Several images have this marker", resource="image", resource_id=image_id
                ) from None
            found = await images.get(context, marked[0].id)
        if found.id in await self._leaving():
            raise not_found("image", image_id)
        return _with_tags(found, late)

    async def reason(self, context: Context, image_id: str) -> str:
        """Why a promised image never came; empty for any other."""
        kept = await captures.read_all(self._records, context.owner)
        return next((capture.reason for capture in kept if capture.image.id == image_id), "")

    async def create(self, context: Context, request: CaptureRequest) -> Image:
        """Make an image of a machine, of a running one by way of a temporary snapshot; as soon as it is accepted."""
        check_tags(request.tags)
        check_tags(request.disk_tags)
        marker = str(uuid.uuid4())
        note = Annotation(tags=request.tags, launch=marker, owner=context.principal.user, traits=request.traits)
        given = {
            "instance_id": request.instance_id,
            "snapshot_id": request.snapshot_id,
            "name": instance_name(request.name, f"image-{marker}", 0, 1),
            "description": request.description,
            "annotation": note,
            "disk_tags": request.disk_tags,
        }
        flow_id = f"{_CAPTURE}:{marker}"
        await self._flows.start(context, _CAPTURE, flow_id, given)
        return msgspec.json.decode(await self._flows.accepted(context, flow_id), type=Image)

    async def edit(
        self, context: Context, image_id: str, changes: ImageChanges, tags: Mapping[str, str] | None = None
    ) -> None:
        """Change name, description and tags; a name that another image has is kept among the tags alone."""
        check_tags(tags or {})
        image = await self._made(context, image_id)
        driver = self._clouds.of(context).images
        name = instance_name(changes.name, image.id, 0, 1) if changes.name else None
        wanted = {"name": name if name != image.name else None, "description": changes.description}
        if wanted["description"] == image.description:
            wanted["description"] = None
        if wanted["name"] is not None:
            try:
                await driver.update(context, image.id, ImageChanges(name=wanted["name"]))
            except Error as error:
                if error.kind is not ErrorKind.ALREADY_EXISTS:
                    raise
        if wanted["description"] is not None:
            await driver.update(context, image.id, ImageChanges(description=wanted["description"]))
        if tags is not None and dict(tags) != image.annotation.tags:
            await driver.annotate(context, image.id, lambda note: replace(note, tags=dict(tags)))
            if image.id in await self._flows.tagged_late():
                await self._tags.edit("image", image.id, lambda _: dict(tags))

    async def delete(self, context: Context, image_id: str) -> None:
        """Remove an image, durably; it is no longer shown as soon as this returns. IN_USE, BUSY."""
        image = await self.get(context, image_id)
        if image.id == image.annotation.launch and image.state is ImageState.ERROR:
            await captures.drop(self._records, context.owner, image.id)
            return
        image = await self._made(context, image_id)
        note = image.annotation
        await self._flows.until_known(context, _CAPTURE, note.launch, "made" if note.promised else "accepted")
        flow_id = f"{_DELETE}:{image.id}"
        await self._flows.start(context, _DELETE, flow_id, {"id": image.id})
        await self._flows.accepted(context, flow_id)

    async def _made(self, context: Context, image_id: str) -> Image:
        """An image that the cloud has; BUSY for one that is still to come."""
        image = await self.get(context, image_id)
        if image.id == image.annotation.launch:
            raise Error(ErrorKind.BUSY, "The image is still to be made", resource="image", resource_id=image_id)
        return image

    async def _leaving(self) -> frozenset[str]:
        prefix = f"{_DELETE}:"
        ids = await self._flows.under_way(_DELETE)
        return frozenset(flow_id.removeprefix(prefix) for flow_id in ids if flow_id.startswith(prefix))

    async def _late_tags(self) -> Mapping[str, Mapping[str, str]]:
        """The tags that wait in the store until the cloud takes them, by native id; read before what they belong to."""
        waiting = await self._flows.tagged_late()
        return await self._tags.get(sorted(waiting)) if waiting else {}


def _with_tags(image: Image, late: Mapping[str, Mapping[str, str]]) -> Image:
    if image.id not in late:
        return image
    return replace(image, annotation=replace(image.annotation, tags={**image.annotation.tags, **late[image.id]}))


def _is_marker(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False
