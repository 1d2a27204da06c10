"""The image: what instances are made from."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from deltaic.model.annotation import Annotation


class ImageState(StrEnum):
    """Whether an image can be used."""

    PENDING = "pending"
    AVAILABLE = "available"
    ERROR = "error"


class ImageDisk(Struct, frozen=True):
    """A disk that every instance of the image gets. Sizes in bytes."""

    id: str
    size: int = 0
    boot: bool = False
    interface: str = ""


class Image(Struct, frozen=True):
    """A template version. `data_center_ids` is empty for an image that is usable everywhere."""

    id: str
    name: str
    state: ImageState
    description: str = ""
    version_name: str = ""
    version_number: int = 1
    base_id: str = ""
    kind: str = "server"
    memory: int = 0
    cpus: int = 1
    architecture: str = "x86_64"
    os_type: str = ""
    zone_id: str = ""
    data_center_ids: tuple[str, ...] = ()
    owner: str = ""
    created_at: datetime | None = None
    disks: tuple[ImageDisk, ...] = ()
    annotation: Annotation = Annotation()


class ImageSpec(Struct, frozen=True):
    """What to make an image of: a stopped machine, or with `snapshot_id` what that snapshot of it holds.

    `annotation.launch` finds the image again after a repeated step.
    """

    name: str
    instance_id: str
    snapshot_id: str = ""
    description: str = ""
    annotation: Annotation = Annotation()


class ImageChanges(Struct, frozen=True):
    """What to change on an image; None leaves a member as it is."""

    name: str | None = None
    description: str | None = None
