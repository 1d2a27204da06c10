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
    """A volume's content at one time. `size` in bytes; `instance_id` where the cloud ties it to a machine."""

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
