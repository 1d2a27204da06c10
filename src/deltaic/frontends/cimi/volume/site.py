"""The collections of volumes and what they are made from."""

from __future__ import annotations

from typing import Final

from deltaic.frontends.cimi.members import entry_collection
from deltaic.frontends.cimi.tree import Collection
from deltaic.frontends.cimi.volume import volumes

COLLECTIONS: Final[tuple[Collection, ...]] = (
    entry_collection(
        "Volume",
        volumes.volumes,
        "disks that no machine has, or that several may share",
        shows=("state", "type", "capacity", "bootable"),
    ),
)
