"""Configurations and templates of volumes: plain sizes, storage domains, and those that clients make."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from deltaic.frontends.cimi.call import Call
from deltaic.frontends.cimi.common import Document, common
from deltaic.frontends.cimi.kept import Kept
from deltaic.frontends.cimi.tree import Owners
from deltaic.frontends.cimi.volume.sizes import MAPPED, bytes_of

#: Sizes that everybody finds, in gigabytes of 10^9 bytes.
SIZES: Final = (1, 10, 100, 1000)
_GIGABYTE: Final = 10**6


async def configurations(call: Call, owners: Owners) -> Sequence[Document]:
    """Plain sizes, made where there is the most room; and the storage domains, for volumes of any capacity."""
    sizes = [
        common(
            call.links.to("volume_configurations", f"{size}GB"), f"{size}GB", f"{size} GB where there is the most room"
        )
        | {"type": MAPPED, "capacity": size * _GIGABYTE}
        for size in SIZES
    ]
    domains = [
        common(call.links.to("volume_configurations", one.id), one.name, "storage domain; give a capacity with it")
        | {"type": MAPPED}
        for one in await call.world.storage_domains()
    ]
    return [*sizes, *domains]


async def templates(call: Call, owners: Owners) -> Sequence[Document]:
    """One template for each plain size."""
    return [
        common(call.links.to("volume_templates", f"{size}GB"), f"{size}GB", f"an empty volume of {size} GB")
        | {"volumeConfig": call.links.ref("volume_configurations", f"{size}GB")}
        for size in SIZES
    ]


def check_configuration(document: Document) -> Document:
    """Refuse a capacity that no volume can have."""
    if document.get("capacity") is not None:
        bytes_of(document["capacity"])
    return document


def check_template(document: Document) -> Document:
    """Look at a configuration by value."""
    if document.get("volumeConfig"):
        check_configuration(document["volumeConfig"])
    return document


CONFIGURATIONS: Final = Kept("VolumeConfiguration", configurations, check=check_configuration)
TEMPLATES: Final = Kept("VolumeTemplate", templates, check=check_template)
