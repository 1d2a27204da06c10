"""The image service's images, and images of servers, which compute takes."""

from __future__ import annotations

import asyncio
import builtins
from collections.abc import Sequence
from functools import partial
from typing import Any, Final
from weakref import WeakValueDictionary

from deltaic.driver import Edit
from deltaic.drivers.openstack import image_notes
from deltaic.drivers.openstack.by_ids import of_ids
from deltaic.drivers.openstack.client import Client, segment
from deltaic.drivers.openstack.decoding import decoded
from deltaic.drivers.openstack.disk_mark import require_characters, require_text
from deltaic.drivers.openstack.errors import Subject, nonsense
from deltaic.drivers.openstack.image_convert import FORGETFUL, STATES, image, is_listed, require_memory
from deltaic.drivers.openstack.metadata import PREFIX
from deltaic.drivers.openstack.wire_image import Image, ImageId, Images, Record, image_of
from deltaic.model import image as neutral
from deltaic.model.annotation import Annotation
from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind, not_found
from deltaic.model.image import ImageChanges, ImageSpec

SERVICE: Final = "image"
PATCH: Final = "application/openstack-images-v2.1-json-patch"
#: The most that the service puts on a page; by itself it puts 25 there.
PAGE: Final = "1000"


class OpenstackImages:
    """Images that the project may use: its own, the public ones, those that others share with it and it accepted.

    One of the community, or hidden by its owner, is found by its id. Source page: Image API v2, "Images".
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def list(self, context: Context, *, ids: Sequence[str] = ()) -> builtins.list[neutral.Image]:
        """List the images by name."""
        everything = partial(self._all, context)
        found = await (of_ids(ids, partial(self._one, context), everything) if ids else everything())
        return await self._shown(context, found)

    async def get(self, context: Context, image_id: str) -> neutral.Image:
        """Read one image."""
        return image(await self._one(context, image_id), await self._client.region(context))

    async def find_marked(self, context: Context, marker: str) -> Sequence[neutral.Image]:
        """Find the images that this marker made; no marker, no image."""
        if not marker:
            return []
        found = await self._all(context, **{f"{PREFIX}launch": marker})
        return [one for one in await self._shown(context, found) if one.annotation.launch == marker]

    async def create(self, context: Context, spec: ImageSpec) -> neutral.Image:
        """Take an image of a server; one that runs is paused for a moment at most.

        What compute hands down stays with one that is still to be uploaded until its first change, and a long
        description is cut.
        """
        if spec.snapshot_id:
            message = "This cloud makes images of machines, not of their snapshots"
            raise Error(ErrorKind.UNSUPPORTED, message, resource="image", field="snapshot_id")
        require_text("image", name=spec.name)
        require_characters("image", "description", spec.description)
        made = await self._one(context, await self._take(context, spec))
        if made.status not in FORGETFUL:
            # What the server's own image has in its properties was handed down, tags included.
            changes = image_notes.patch(made, spec.annotation, spec.description)
            made = await self._patch(context, made.id, changes) if changes else made
        return image(made, await self._client.region(context))

    async def update(self, context: Context, image_id: str, changes: ImageChanges) -> None:
        """Change members; BUSY until it is made."""
        require_text("image", name=changes.name)
        require_characters("image", "description", changes.description)
        wanted = {"name": changes.name, image_notes.DESCRIPTION: changes.description}
        body = [{"op": "add", "path": f"/{key}", "value": value} for key, value in wanted.items() if value is not None]
        if body:
            async with self._lock(image_id):
                require_memory(await self._one(context, image_id))
                await self._patch(context, image_id, body)

    async def delete(self, context: Context, image_id: str) -> None:
        """Remove an image; of a server that starts from a volume, the snapshots stay."""
        await self._client.remove(context, SERVICE, f"images/{segment(image_id)}", subject=Subject("image", image_id))

    async def interfaces(self, context: Context, image_id: str) -> int:
        """None: a server gets those that it is made with."""
        await self._one(context, image_id)
        return 0

    async def annotate(self, context: Context, image_id: str, edit: Edit) -> Annotation:
        """Change what of the properties the edit changes; edits of one image happen one after another.

        BUSY until it is made. The first change of one that was taken of a server removes what was handed down to it.
        """
        async with self._lock(image_id):
            try:
                return await self._annotate(context, image_id, edit)
            except Error as error:
                if error.kind is not ErrorKind.CONFLICT:
                    raise
                # Somebody else removed the same property: once more, with what there is now.
                return await self._annotate(context, image_id, edit)

    async def _annotate(self, context: Context, image_id: str, edit: Edit) -> Annotation:
        found = await self._one(context, image_id)
        after = edit(image_notes.note_of(found))
        changes = image_notes.patch(found, after)
        if changes:
            require_memory(found)
            await self._patch(context, found.id, changes)
        return after

    def _lock(self, image_id: str) -> asyncio.Lock:
        return self._locks.setdefault(image_id, asyncio.Lock())

    async def _take(self, context: Context, spec: ImageSpec) -> str:
        """Have compute take the image; its id."""
        items = image_notes.first_items(spec.annotation, spec.description)
        body = {"createImage": {"name": spec.name, "metadata": items}}
        path, subject = f"servers/{segment(spec.instance_id)}/action", Subject("instance", spec.instance_id)
        answer = await self._client.act(context, "compute", path, body, subject=subject)
        # Before microversion 2.45 the image's address is all that is told.
        image_id = decoded(ImageId, answer.body).image_id if answer.body else ""
        image_id = image_id or answer.headers.get("location", "").rstrip("/").rpartition("/")[2]
        if not image_id:
            raise nonsense("an image without an id")
        return image_id

    async def _all(self, context: Context, **query: str) -> builtins.list[Image]:
        query["limit"] = PAGE
        records = await self._client.pages(context, SERVICE, "images", Images, lambda page: page.images, query=query)
        return [image_of(record) for record in records]

    async def _one(self, context: Context, image_id: str) -> Image:
        path, subject = f"images/{segment(image_id)}", Subject("image", image_id)
        found = image_of(await self._client.read(context, SERVICE, path, Record, subject=subject))
        if found.status not in STATES:
            raise not_found("image", image_id)
        return found

    async def _patch(self, context: Context, image_id: str, changes: builtins.list[dict[str, Any]]) -> Image:
        path, subject = f"images/{segment(image_id)}", Subject("image", image_id)
        answer = await self._client.update(
            context, SERVICE, path, changes, Record, method="PATCH", content_type=PATCH, subject=subject
        )
        return image_of(answer)

    async def _shown(self, context: Context, found: Sequence[Image]) -> builtins.list[neutral.Image]:
        region = await self._client.region(context)
        images = [image(one, region) for one in found if is_listed(one)]
        return sorted(images, key=lambda one: (one.name, one.id))
