"""The image service's answers: one flat record of its own members and everybody's properties.

Source page: Image API v2, "Images". Sizes in bytes, `min_disk` in GiB, `min_ram` in MiB.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from msgspec import Struct

from deltaic.drivers.openstack.errors import nonsense

#: An answer as it comes.
Record = dict[str, Any]

#: Members that the service adds where its operator wants to show more.
_MORE: Final = frozenset(
    {"self", "file", "schema", "stores", "direct_url", "locations", "first", "next", "os_glance_importing_to_stores",
     "os_glance_failed_import", "deleted", "deleted_at", "validation_data"}
)  # fmt: skip


class Image(Struct, frozen=True):
    """An image; `properties` are what people and other services wrote to it."""

    id: str = ""
    name: str | None = ""
    status: str = ""
    visibility: str = ""
    owner: str | None = ""
    size: int | None = 0
    virtual_size: int | None = 0
    min_disk: int = 0
    min_ram: int = 0
    protected: bool = False
    disk_format: str | None = ""
    container_format: str | None = ""
    checksum: str | None = ""
    os_hidden: bool = False
    os_hash_algo: str | None = ""
    os_hash_value: str | None = ""
    created_at: str | None = ""
    updated_at: str | None = ""
    tags: tuple[str, ...] = ()
    properties: dict[str, str] = {}


#: Names that are not properties.
MEMBERS: Final = frozenset(Image.__struct_fields__) - {"properties"} | _MORE


class Images(Struct, frozen=True):
    """A page of `GET /images`."""

    images: tuple[Record, ...] = ()


class ImageId(Struct, frozen=True):
    """What compute answers when it takes an image of a server, since microversion 2.45."""

    image_id: str = ""


class Disk(Struct, frozen=True):
    """A disk of the image of a server that starts from a volume. `volume_size` in GiB."""

    snapshot_id: str | None = None
    volume_size: int | None = None
    boot_index: int | None = None


def image_of(record: Record) -> Image:
    """An image and its properties."""
    properties = {key: value for key, value in record.items() if key not in MEMBERS and isinstance(value, str)}
    own = {key: value for key, value in record.items() if key in MEMBERS and value is not None}
    try:
        return msgspec.convert({**own, "properties": properties}, Image, strict=False)
    except msgspec.ValidationError as error:
        raise nonsense(str(error)[:200]) from None


def mappings(properties: Mapping[str, str]) -> tuple[Disk, ...]:
    """The disks that compute noted at the image of a server that starts from a volume."""
    try:
        text = properties.get("block_device_mapping", "[]")
        return msgspec.json.decode(text, type=tuple[Disk, ...], strict=False)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return ()
