"""Block storage's answers, and what compute tells of volumes. Sizes are GiB, times ISO 8601 in UTC without a zone.

Source pages: Block Storage API v3, "Volumes", "Volume snapshots", "Volume types", "Limits"; Compute API, "Servers".
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct, field


class Attachment(Struct, frozen=True):
    """Where a volume is plugged; `device` is the name that compute chose."""

    server_id: str = ""
    device: str | None = ""
    attached_at: str | None = None


class Volume(Struct, frozen=True):
    """A volume. `volume_type` is a name; `source_volid` the volume that it was cloned from."""

    id: str = ""
    name: str | None = ""
    description: str | None = ""
    status: str = ""
    size: int = 0
    availability_zone: str | None = ""
    created_at: str | None = ""
    volume_type: str | None = ""
    snapshot_id: str | None = ""
    source_volid: str | None = ""
    metadata: dict[str, str] = {}
    bootable: bool = False
    multiattach: bool = False
    attachments: tuple[Attachment, ...] = ()


class VolumeAnswer(Struct, frozen=True):
    """`GET /volumes/ID`, `POST /volumes`."""

    volume: Volume


class Volumes(Struct, frozen=True):
    """A page of `GET /volumes/detail`."""

    volumes: tuple[Volume, ...] = ()


class Snapshot(Struct, frozen=True):
    """A snapshot; it needs its volume."""

    id: str = ""
    name: str | None = ""
    description: str | None = ""
    status: str = ""
    size: int = 0
    volume_id: str | None = ""
    created_at: str | None = ""
    metadata: dict[str, str] = {}


class SnapshotAnswer(Struct, frozen=True):
    """`GET /snapshots/ID`, `POST /snapshots`."""

    snapshot: Snapshot


class Snapshots(Struct, frozen=True):
    """A page of `GET /snapshots/detail`."""

    snapshots: tuple[Snapshot, ...] = ()


class VolumeType(Struct, frozen=True):
    """A kind of storage."""

    id: str = ""
    name: str = ""


class VolumeTypes(Struct, frozen=True):
    """A page of `GET /types`."""

    volume_types: tuple[VolumeType, ...] = ()


class VolumeTypeAnswer(Struct, frozen=True):
    """`GET /types/default`."""

    volume_type: VolumeType


class Absolute(Struct, frozen=True):
    """The project's limits, -1 for none, and what it uses of them."""

    gigabytes: int = field(name="maxTotalVolumeGigabytes", default=-1)
    gigabytes_used: int = field(name="totalGigabytesUsed", default=0)


class Limits(Struct, frozen=True):
    """The limits that hold for the project."""

    absolute: Absolute = Absolute()


class LimitsAnswer(Struct, frozen=True):
    """`GET /limits`."""

    limits: Limits = Limits()


class Plug(Struct, frozen=True):
    """A volume of a server. `own`: it goes with the server (since compute's microversion 2.3)."""

    id: str = ""
    own: bool = field(name="delete_on_termination", default=False)


class Server(Struct, frozen=True):
    """A server and its volumes. `image` is empty for one that starts from a volume."""

    id: str = ""
    image: str | dict[str, Any] | None = ""
    volumes: tuple[Plug, ...] = field(name="os-extended-volumes:volumes_attached", default=())


class ServerAnswer(Struct, frozen=True):
    """`GET /servers/ID`."""

    server: Server


class Servers(Struct, frozen=True):
    """A page of `GET /servers/detail`."""

    servers: tuple[Server, ...] = ()
