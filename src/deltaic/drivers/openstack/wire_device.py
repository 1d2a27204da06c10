"""What of block storage's volumes tells the devices of servers. Source page: Block Storage API v3, "Volumes"."""

from __future__ import annotations

from msgspec import Struct


class Attachment(Struct, frozen=True):
    """Where a volume is plugged."""

    server_id: str | None = ""
    volume_id: str | None = ""
    device: str | None = ""


class Volume(Struct, frozen=True):
    """A volume with its places."""

    id: str = ""
    attachments: tuple[Attachment, ...] = ()


class Volumes(Struct, frozen=True):
    """A page of volumes."""

    volumes: tuple[Volume, ...] = ()
