"""Machine images: templates of the engine, and snapshots of machines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from deltaic.frontends.cimi.call import Call
from deltaic.frontends.cimi.common import Document, common, operation
from deltaic.frontends.cimi.labels import relabelled, shown_name, shown_properties
from deltaic.frontends.cimi.links import Links
from deltaic.frontends.cimi.machine import snapshots
from deltaic.frontends.cimi.machine.urns import urn
from deltaic.frontends.cimi.tree import Owners
from deltaic.model.image import Image, ImageChanges, ImageState

STATES: Final = {
    ImageState.PENDING: "CREATING",
    ImageState.AVAILABLE: "AVAILABLE",
    ImageState.ERROR: "ERROR",
}


async def images(call: Call, owners: Owners) -> Sequence[Document]:
    """The templates of the engine, what is to become one, and the snapshots that the caller knows."""
    found = await call.world.all_images()
    return [*(image(call.links, one) for one in found), *(await snapshots.known_images(call))]


async def get(call: Call, owners: Owners, wanted: str) -> Document:
    """One image; one that was promised for a running machine also under the id that it was promised with."""
    parts = snapshots.parts_of(wanted)
    if parts is not None:
        return await snapshots.get_image(call, *parts)
    if call.world.has_read("images"):
        for one in await call.world.all_images():
            if one.id == wanted:
                return image(call.links, one)
    return image(call.links, await _one(call, wanted))


async def edit(call: Call, owners: Owners, wanted: str, changes: Document) -> None:
    """Give the attributes among `changes` their new values; None erases."""
    parts = snapshots.parts_of(wanted)
    if parts is not None:
        await snapshots.edit_image(call, *parts, changes)
        return
    found = await _one(call, wanted)
    description = changes["description"] or "" if "description" in changes else None
    name = changes.get("name")
    given = ImageChanges(name=name if name != _name(found) else None, description=description)
    tags = relabelled(found.annotation.tags, _name(found), changes)
    await call.services.captures.edit(call.context, found.id, given, tags)


async def delete(call: Call, owners: Owners, wanted: str) -> None:
    """Remove an image, durably; it is no longer shown as soon as this returns."""
    parts = snapshots.parts_of(wanted)
    if parts is not None:
        await snapshots.delete_image(call, *parts)
    else:
        await call.services.captures.delete(call.context, wanted)


async def _one(call: Call, wanted: str) -> Image:
    return await call.world.once(("image", wanted), lambda: call.services.captures.get(call.context, wanted))


def _name(found: Image) -> str:
    return shown_name(found.annotation.tags, found.name)


def image(links: Links, found: Image) -> Document:
    """An image. Its location is the URN of the engine's id for it."""
    uri = links.to("machine_images", found.id)
    properties = shown_properties(found.annotation.tags)
    document = common(uri, _name(found), found.description, found.created_at, properties)
    document |= {"state": STATES[found.state], "type": "IMAGE"}
    promised = found.id == found.annotation.launch
    if location := "" if promised else urn(found.id):
        document["imageLocation"] = location
    return document | _offered(found, uri, promised=promised)


def _offered(found: Image, uri: str, *, promised: bool) -> Document:
    """The engine's own empty template belongs nowhere and stays; what is still being made can't be changed."""
    if promised:
        return {"operations": [operation("delete", uri)]} if found.state is ImageState.ERROR else {}
    if found.state is ImageState.PENDING or not (found.zone_id or found.data_center_ids):
        return {}
    return {"operations": [operation("edit", uri), operation("delete", uri)]}
