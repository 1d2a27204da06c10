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
    """Where a volume is plugged; `pending` until the cloud has done what is asked for already."""

    instance_id: str
    device: str = ""
    boot: bool = False
    active: bool = True
    attached_at: datetime | None = None
    pending: bool = False


class Volume(Struct, frozen=True):
    """A disk. `size` and `used` in bytes; `format` is the cloud's own word (`cow`, `raw`).

    `kept` tells that it was made, or attached by a caller, to stand for itself; `instance_id` names the machine that
    it was made for, attached yet or not. `source_id` is the volume or snapshot whose copy it is. `zone_id` is the zone
    that it belongs to, or was made for where volumes belong to none; empty where nothing tells. `leaving` are
    attachments that are being taken away, and no longer among the others. `made` tells by which marker the gateway made
    it: the beginning of its `marks.digest`; empty where nothing tells.
    """

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
    kept: bool = False
    instance_id: str = ""
    source_id: str = ""
    zone_id: str = ""
    leaving: tuple[VolumeAttachment, ...] = ()
    made: str = ""

    @property
    def independent(self) -> bool:
        """Whether it outlives the machines it is attached to; any other disk goes with its machine."""
        return self.kept or self.shareable or not (self.attachments or self.instance_id)


class VolumeSpec(Struct, frozen=True):
    """What to create. Ids are native; empty leaves the choice to the cloud, sizes are bytes.

    `source_id` is a volume or snapshot to copy; the size is then at least the source's, 0 means just that. With
    `instance_id` it is a disk of that machine, to be attached next (`device` is where its user says it is), and goes
    with it. `zone_id` is the zone that it is for. `marker` identifies the creation, so that a repeated one finds what
    it already made; `created_at` is Unix seconds.
    """

    name: str
    size: int = 0
    description: str = ""
    format: str = ""
    shareable: bool = False
    bootable: bool = False
    storage_domain_id: str = ""
    data_center_id: str = ""
    zone_id: str = ""
    source_id: str = ""
    instance_id: str = ""
    device: str = ""
    marker: str = ""
    created_at: int = 0


class VolumeChanges(Struct, frozen=True):
    """What to change on a volume; None leaves a member as it is. `size` (bytes) can only grow.

    `device` is where its user says it is in the machine. `tags` replace all that there are.
    """

    name: str | None = None
    description: str | None = None
    size: int | None = None
    device: str | None = None
    tags: dict[str, str] | None = None


class VolumeWish(Struct, frozen=True):
    """A volume that a new machine is to have: the existing one `volume_id`, or a new one made from `spec`.

    `own` makes a new one a disk of the machine, which goes with it. `device` is where its user says it is, `boot`
    whether the machine starts from it.
    """

    volume_id: str = ""
    spec: VolumeSpec | None = None
    device: str = ""
    boot: bool = False
    own: bool = False
