"""The collections of volumes and what they are made from."""

from __future__ import annotations

from typing import Final

from deltaic.frontends.cimi.declaring import entry_collection, part_collection
from deltaic.frontends.cimi.record import meters
from deltaic.frontends.cimi.tree import Collection
from deltaic.frontends.cimi.volume import images, volumes
from deltaic.frontends.cimi.volume.configurations import CONFIGURATIONS, TEMPLATES

_PARTS: Final = (
    part_collection(
        "VolumeVolumeImage",
        "images",
        "volume_image",
        images.of_volume,
        "the images made of a volume",
        shows=("volumeImage",),
        create=images.create_below,
        needs={"": "snapshots_list", "create": "snapshots_create"},
    ),
    Collection(
        "Meter",
        "meters",
        meters.of_volume,
        meters.get_of_volume,
        "the meters of one volume",
        meters.SHOWS,
        create=meters.create_at_volume,
        needs={"": "metrics_read_volume"},
    ),
)

COLLECTIONS: Final[tuple[Collection, ...]] = (
    entry_collection(
        "Volume",
        volumes.volumes,
        "disks that stand for themselves: made or attached as volumes, shared, or in no machine",
        volumes.get,
        shows=("state", "type", "capacity", "bootable", "images", "meters"),
        create=volumes.create,
        edit=volumes.edit,
        delete=volumes.delete,
        below=_PARTS,
        needs={
            "": "volumes_list",
            "create": "volumes_create",
            "edit": "volumes_update",
            "delete": "volumes_delete",
            "images": "snapshots_list",
            "meters": "metrics_read_volume",
        },
    ),
    TEMPLATES.collection(
        "one for each plain size, and those that users make",
        shows=("volumeConfig", "volumeImage", "meterTemplates"),
        needs={"": "volumes_create"},
    ),
    CONFIGURATIONS.collection("plain sizes, storage domains, and those that users make", needs={"": "volumes_create"}),
    entry_collection(
        "VolumeImage",
        images.images,
        "copies of the contents of volumes, which do not depend on them",
        images.get,
        shows=("state", "imageLocation", "bootable"),
        create=images.create,
        edit=images.edit,
        delete=images.delete,
        needs={
            "": "snapshots_list",
            "create": "snapshots_create",
            "edit": "snapshots_update",
            "delete": "snapshots_delete",
        },
    ),
)
