"""Block storage's statuses of volumes and snapshots -> neutral states.

Source pages: Block Storage API v3, "Volumes (status)", "Volume snapshots (status)".
"""

from __future__ import annotations

from typing import Final

from deltaic.drivers.openstack.wire_storage import Snapshot, Volume
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.snapshot import SnapshotState
from deltaic.model.volume import VolumeState

#: Whatever is in none of these is there to be read and written, whoever has it.
VOLUMES: Final[dict[str, VolumeState]] = {
    "creating": VolumeState.CREATING,
    "downloading": VolumeState.CREATING,
    "managing": VolumeState.CREATING,
    "restoring-backup": VolumeState.CREATING,
    "deleting": VolumeState.DELETING,
    "unmanaging": VolumeState.DELETING,
}
SNAPSHOTS: Final[dict[str, SnapshotState]] = {
    "creating": SnapshotState.PENDING,
    "deleting": SnapshotState.PENDING,
    "unmanaging": SnapshotState.PENDING,
}

#: Statuses of volumes that compute has accepted for a server; the attachment is listed when it is done.
ON_THE_WAY: Final = frozenset({"reserved", "attaching"})
#: The status of a volume that compute is taking from a server; the attachment is listed until that is done.
LEAVING: Final = "detaching"
#: Statuses of snapshots that are about to be gone; until then block storage keeps their volume.
LEAVING_SNAPSHOTS: Final = frozenset({"deleting", "unmanaging"})
#: Statuses that pass by themselves, and in which nothing else can be done.
PASSING_VOLUMES: Final = frozenset(
    {
        *VOLUMES, *ON_THE_WAY, LEAVING, "extending", "retyping", "uploading", "backing-up",
    }
)  # fmt: skip
PASSING_SNAPSHOTS: Final = frozenset({*SNAPSHOTS, "backing-up", "restoring"})
#: At the end of these block storage writes back the metadata that a snapshot had at their beginning: what was set or
#: removed in between is answered with a success, and lost. Source: cinder.objects.snapshot, which unlike
#: cinder.objects.volume takes all metadata of a message for changed (seen in 29.0).
FORGETFUL: Final = frozenset({"creating", "restoring"})

#: `error`, `error_deleting`, `error_extending` ...: an administrator has to look.
_BROKEN: Final = "error"


def volume_state(volume: Volume) -> VolumeState:
    """The neutral state of a volume."""
    if volume.status.startswith(_BROKEN):
        return VolumeState.ERROR
    return VOLUMES.get(volume.status, VolumeState.AVAILABLE)


def snapshot_state(snapshot: Snapshot) -> SnapshotState:
    """The neutral state of a snapshot."""
    if snapshot.status.startswith(_BROKEN):
        return SnapshotState.ERROR
    return SNAPSHOTS.get(snapshot.status, SnapshotState.COMPLETED)


def is_free(volume: Volume) -> bool:
    """Whether block storage knows of nobody who has the volume, or waits for it."""
    return volume.status == "available" and not volume.attachments


def require_rest(volume: Volume) -> None:
    """BUSY while something is being done to a volume."""
    if volume.status in PASSING_VOLUMES:
        raise _busy("volume", volume.id, volume.status)


def require_snapshot_rest(snapshot: Snapshot) -> None:
    """BUSY while something is being done to a snapshot."""
    if snapshot.status in PASSING_SNAPSHOTS:
        raise _busy("snapshot", snapshot.id, snapshot.status)


def require_memory(snapshot: Snapshot) -> None:
    """BUSY while block storage would lose a change of a snapshot's metadata."""
    if snapshot.status in FORGETFUL:
        raise _busy("snapshot", snapshot.id, snapshot.status)


def require_sound(volume: Volume) -> None:
    """CONFLICT for a volume that is broken."""
    if volume.status.startswith(_BROKEN):
        message = f"The volume is in the state '{volume.status}'"
        raise Error(ErrorKind.CONFLICT, message, resource="volume", resource_id=volume.id)


def _busy(resource: str, resource_id: str, status: str) -> Error:
    message = f"The {resource} is in the state '{status}', which passes"
    return Error(ErrorKind.BUSY, message, resource=resource, resource_id=resource_id)
