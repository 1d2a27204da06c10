"""Templates of systems: a sample that can be used as it is, and those that clients make."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from deltaic.frontends.cimi.call import Call
from deltaic.frontends.cimi.common import KILOBYTE, Document, common
from deltaic.frontends.cimi.kept import Kept
from deltaic.frontends.cimi.links import Links
from deltaic.frontends.cimi.system.components import check
from deltaic.frontends.cimi.tree import Owners
from deltaic.model.capability import Capability
from deltaic.model.image import Image, ImageState
from deltaic.protocols.cimi.kinds import NAMESPACE

#: The id of the sample.
SAMPLE: Final = "sample"
#: Bytes of its volume.
VOLUME_SIZE: Final = 1_000_000_000


async def provided(call: Call, owners: Owners) -> Sequence[Document]:
    """The sample, where there is an image to make it from."""
    usable = [one for one in await call.world.images() if one.state is ImageState.AVAILABLE]
    chosen = next((one for one in usable if one.disks), None) or next(iter(usable), None)
    return [sample(call.links, chosen, call.capability)] if chosen else []


def sample(links: Links, image: Image, cloud: Capability) -> Document:
    """Two machines of one image, a volume for one of them where there are some, and a user that both have."""
    stores = cloud.volumes_create and cloud.volumes_attach
    machine = links.ref("machine_templates", image.id) | {"credential": {"href": "#login"}}
    volume = {"volumeConfig": {"capacity": VOLUME_SIZE // KILOBYTE}}
    has = "a volume that the first of them has, " if stores else ""
    return common(
        links.to("system_templates", SAMPLE),
        SAMPLE,
        f"Two machines made from {image.name}, {has}and one credential for both",
        image.created_at,
    ) | {
        "componentDescriptors": [
            _component("login", "Credential", {"userName": "user"}, description="How to log in to both machines"),
            *([_component("data", "Volume", volume)] if stores else []),
            _component("server", "Machine", machine | ({"volumes": [{"href": "#data"}]} if stores else {})),
            _component("client", "Machine", machine),
        ]
    }


def _component(name: str, kind: str, template: Document, **more: object) -> Document:
    key = f"{kind[0].lower()}{kind[1:]}Template"
    return {"name": name, "type": f"{NAMESPACE}/{kind}", key: template, **more}


KEPT: Final = Kept("SystemTemplate", provided=provided, check=check, siblings=True)
