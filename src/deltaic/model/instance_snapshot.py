"""The instance snapshot: a whole machine at one time, kept beside it and gone with it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import Struct


class InstanceSnapshotState(StrEnum):
    """Whether a machine can be brought back to a snapshot."""

    PENDING = "pending"  # being made, merged away or restored from
    AVAILABLE = "available"
    ERROR = "error"


class InstanceSnapshot(Struct, frozen=True):
    """A machine at one time: its disks and its configuration, and with `memory` what it was doing.

    `marker` is the one of the request that made it, empty for snapshots that others made. A `temporary` one serves
    an operation that is under way, and goes with it.
    """

    id: str
    instance_id: str
    name: str
    state: InstanceSnapshotState
    description: str = ""
    memory: bool = False
    created_at: datetime | None = None
    marker: str = ""
    temporary: bool = False


class InstanceSnapshotSpec(Struct, frozen=True):
    """What to take a snapshot of, and how to call it. `marker` finds it again after a repeated step."""

    instance_id: str
    name: str
    description: str = ""
    marker: str = ""
    memory: bool = False
    temporary: bool = False
