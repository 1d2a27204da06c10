"""Templates of machines: one for each image, and those that clients make."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Final

from deltaic.frontends.cimi.call import Call
from deltaic.frontends.cimi.common import Document, common
from deltaic.frontends.cimi.credential import credentials
from deltaic.frontends.cimi.kept import Kept
from deltaic.frontends.cimi.labels import shown_name
from deltaic.frontends.cimi.links import Links
from deltaic.frontends.cimi.machine import configurations
from deltaic.frontends.cimi.settings import INITIAL_STATES, default_state
from deltaic.frontends.cimi.tree import Owners
from deltaic.model.errors import invalid
from deltaic.model.image import Image
from deltaic.services.instance_types import OPEN_TYPES, InstanceTypeView


async def machine_templates(call: Call, owners: Owners) -> Sequence[Document]:
    """One template for each image."""
    state = default_state(call.settings, call.capability)
    sizes = await call.world.sizes()
    return [machine_template(call.links, one, state, _size(one, sizes)) for one in await call.world.images()]


def machine_template(links: Links, found: Image, initial_state: str, size: str) -> Document:
    """The template that an image stands for, in a size that it fits into; an empty one leaves it to the cloud."""
    uri = links.to("machine_templates", found.id)
    name = shown_name(found.annotation.tags, found.name)
    document = common(uri, name, found.description, found.created_at) | {"initialState": initial_state}
    if size:
        document["machineConfig"] = links.ref("machine_configurations", size)
    return document | {"machineImage": links.ref("machine_images", found.id)}


def _size(found: Image, sizes: Sequence[InstanceTypeView]) -> str:
    """The image's own size where it has one, else none: the cloud takes the smallest that the image fits into."""
    wanted = OPEN_TYPES.get(found.kind, OPEN_TYPES["server"]).name
    return next((configurations.configuration_id(one) for one in sizes if one.open and one.type.name == wanted), "")


def user_data(given: object) -> bytes:
    """The bytes that a template's userData stands for; INVALID when it is no base64. It may lack its padding."""
    text = "".join(str(given or "").split())
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise invalid("userData", "The userData must be base64") from None


def initial_state(given: object) -> str:
    """A state that new machines can be brought to; INVALID for another one."""
    state = str(given).strip().upper()
    if state not in INITIAL_STATES:
        raise invalid("initialState", f"A new machine can be brought to {' or '.join(INITIAL_STATES)}")
    return state


def check(document: Document) -> Document:
    """The document with its values in their own writing; what it refers to is looked at when it is used."""
    user_data(document.get("userData"))
    changed: Document = {}
    if document.get("initialState"):
        changed["initialState"] = initial_state(document["initialState"])
    if document.get("credential"):
        changed["credential"] = credentials.check(document["credential"])
    if document.get("machineConfig"):
        configurations.check(document["machineConfig"])
    return document | changed


KEPT: Final = Kept("MachineTemplate", machine_templates, check=check)
