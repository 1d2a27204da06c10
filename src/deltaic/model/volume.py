"""The volume: a disk, attached or floating."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import Struct


class VolumeState(StrEnum):
    """Whether a volume can be used; `in use` is told by its attachments."""

    CREATING = "creating"
    AVAILABLE = "available"
    DELETING = "deleting"
    ERROR = "error"


class VolumeAttachment(Struct, frozen=True):
    """Where a volume is plugged."""

    instance_id: str
    device: str = ""
    boot: bool = False
    active: bool = True
    attached_at: datetime | None = None


class Volume(Struct, frozen=True):
    """A disk. `size` and `used` in bytes; `format` is the cloud's own word (`cow`, `raw`)."""

    id: str
    name: str
    state: VolumeState
    size: int
    used: int = 0
    description: str = ""
    format: str = ""
    bootable: bool = False
    shareable: bool = False
    storage_domain_id: str = ""
    data_center_id: str = ""
    created_at: datetime | None = None
    attachments: tuple[VolumeAttachment, ...] = ()
    tags: dict[str, str] = {}
