"""The snapshot: a volume's content at one time."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import Struct


class SnapshotState(StrEnum):
    """Whether a snapshot can be used."""

    PENDING = "pending"
    COMPLETED = "completed"
    ERROR = "error"


class Snapshot(Struct, frozen=True):
    """A volume's content at one time. `size` in bytes; `instance_id` where the cloud ties it to a machine.

    `made` tells by which marker the gateway made it: the beginning of its `marks.digest`; empty where nothing tells.
    """

    id: str
    name: str
    state: SnapshotState
    size: int = 0
    volume_id: str = ""
    image_id: str = ""
    instance_id: str = ""
    description: str = ""
    created_at: datetime | None = None
    tags: dict[str, str] = {}
    bootable: bool = False
    made: str = ""


class SnapshotSpec(Struct, frozen=True):
    """What to create: a copy of a volume's content. Some clouds keep the volume as long as it has one.

    `marker` identifies the creation, so that a repeated one finds what it already made; `created_at` is Unix seconds.
    `bootable` is the volume's unless it is given. `tags` are for clouds that take them with the creation.
    """

    volume_id: str
    name: str
    description: str = ""
    marker: str = ""
    created_at: int = 0
    bootable: bool | None = None
    tags: dict[str, str] = {}


class SnapshotChanges(Struct, frozen=True):
    """What to change on a snapshot; None leaves a member as it is. `tags` replace all that there are."""

    name: str | None = None
    description: str | None = None
    bootable: bool | None = None
    tags: dict[str, str] | None = None
