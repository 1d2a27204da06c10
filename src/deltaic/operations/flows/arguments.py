"""The arguments of flows."""

from __future__ import annotations

from msgspec import Struct

from deltaic.model.annotation import Annotation
from deltaic.model.instance_snapshot import InstanceSnapshotSpec
from deltaic.model.snapshot import SnapshotSpec
from deltaic.model.volume import VolumeSpec


class InstanceArguments(Struct, frozen=True):
    """Of `terminate` and `start`."""

    id: str


class TagArguments(Struct, frozen=True):
    """Of `tag`: `noun` is `instance`, or one whose tags the cloud holds."""

    id: str
    noun: str = "instance"


class StopArguments(Struct, frozen=True):
    """Of `stop`: the power is cut `grace` seconds after the guest was asked to shut down (None: the gateway's own).

    `run` is the machine's run that is to end (`Instance.run`): another one was begun by somebody after that. With 0
    it is the one that the flow finds.
    """

    id: str
    grace: float | None = None
    run: int = 0


class VolumeArguments(Struct, frozen=True):
    """Of `volume-create`."""

    spec: VolumeSpec
    tags: dict[str, str] = {}


class SnapshotArguments(Struct, frozen=True):
    """Of `snapshot-create`."""

    spec: SnapshotSpec
    tags: dict[str, str] = {}


class DeleteArguments(Struct, frozen=True):
    """Of `volume-delete` and `snapshot-delete`: `noun` is `volume` or `snapshot`."""

    noun: str
    id: str


class AttachArguments(Struct, frozen=True):
    """Of `volume-attach` and `volume-detach`."""

    volume_id: str
    instance_id: str
    device: str = ""
    boot: bool = False


class InstanceSnapshotArguments(Struct, frozen=True):
    """Of `instance-snapshot-create`."""

    spec: InstanceSnapshotSpec
    properties: dict[str, str] = {}


class InstanceSnapshotReference(Struct, frozen=True):
    """Of `instance-snapshot-delete` and `instance-restore`."""

    instance_id: str
    id: str


class CaptureArguments(Struct, frozen=True):
    """Of `image-capture`. `annotation.launch` is the marker by which a repeated step finds the image; the temporary
    snapshot of a running machine has the same one. With `snapshot_id` the image is of that snapshot. `disk_tags` are
    for the image's disks, as snapshots.
    """

    instance_id: str
    name: str
    snapshot_id: str = ""
    description: str = ""
    annotation: Annotation = Annotation()
    disk_tags: dict[str, str] = {}
