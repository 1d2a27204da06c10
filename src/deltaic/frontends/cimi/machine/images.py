"""Images: templates of the engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from deltaic.frontends.cimi.call import Call
from deltaic.frontends.cimi.common import Document, common
from deltaic.frontends.cimi.links import Links
from deltaic.frontends.cimi.tree import Owners
from deltaic.model.image import Image, ImageState

STATES: Final = {
    ImageState.PENDING: "CREATING",
    ImageState.AVAILABLE: "AVAILABLE",
    ImageState.ERROR: "ERROR",
}


async def images(call: Call, owners: Owners) -> Sequence[Document]:
    """The templates of the engine."""
    return [image(call.links, one) for one in await call.world.images()]


def image(links: Links, found: Image) -> Document:
    """An image. Its location is the engine's own id for it: where it lies there is nobody's business."""
    document = common(links.to("machine_images", found.id), found.name, found.description, found.created_at)
    document |= {"state": STATES[found.state], "type": "IMAGE"}
    return document | ({"imageLocation": location} if (location := _urn(found.id)) else {})


def _urn(native: str) -> str:
    try:
        return UUID(native).urn
    except ValueError:
        return ""
