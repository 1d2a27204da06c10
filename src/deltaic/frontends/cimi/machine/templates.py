"""Templates of machines: one for each image, and those that clients make."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from deltaic.frontends.cimi.call import Call
from deltaic.frontends.cimi.common import Document, common
from deltaic.frontends.cimi.credential import credentials
from deltaic.frontends.cimi.kept import Kept
from deltaic.frontends.cimi.links import Links
from deltaic.frontends.cimi.tree import Owners
from deltaic.model.image import Image


async def machine_templates(call: Call, owners: Owners) -> Sequence[Document]:
    """One template for each image."""
    state = call.settings.initial_state
    return [machine_template(call.links, one, state) for one in await call.world.images()]


def machine_template(links: Links, found: Image, initial_state: str) -> Document:
    """The template that an image stands for: the image in its own size."""
    uri = links.to("machine_templates", found.id)
    return common(uri, found.name, found.description, found.created_at) | {
        "initialState": initial_state,
        "machineConfig": links.ref("machine_configurations", "DESKTOP" if found.kind == "desktop" else "SERVER"),
        "machineImage": links.ref("machine_images", found.id),
    }


def check(document: Document) -> Document:
    """Take a credential by value only as one that stands for itself: its key must be a public one."""
    own = document.get("credential")
    return document | {"credential": credentials.check(own)} if own else document


KEPT: Final = Kept("MachineTemplate", machine_templates, check=check)
