"""How large volumes may be, and what new ones may be copies of."""

from __future__ import annotations

from typing import Final

from deltaic.frontends.ec2.devices import gibibytes
from deltaic.frontends.ec2.request import Ec2Request, invalid_value, unsupported
from deltaic.frontends.ec2.resolve import all_snapshots, native_id
from deltaic.model.snapshot import Snapshot, SnapshotState
from deltaic.protocols.aws.errors import AwsError, missing_parameter
from deltaic.protocols.aws.kinds import missing_ids

GIBIBYTE: Final = 1 << 30
#: The largest volume, GiB.
LARGEST: Final = 65_536


def check_size(size: int, parameter: str = "Size") -> None:
    """Refuse sizes (GiB) that no volume has."""
    if not 1 <= size <= LARGEST:
        raise invalid_value(parameter, size, f"A volume has 1 to {LARGEST} GiB.")


async def source_snapshot(request: Ec2Request, text: str, parameter: str = "SnapshotId") -> Snapshot | None:
    """The snapshot that a new volume is to be a copy of, None without one; that of an image's disk can't be copied."""
    if not text:
        return None
    native = await native_id(request, "snap", text)
    found = next((one for one in await all_snapshots(request) if one.id == native), None)
    if found is None:
        raise missing_ids("snapshot", [text])
    if found.image_id:
        raise unsupported(parameter, "an image's disk is given to the image's machines only.")
    if found.state is not SnapshotState.COMPLETED:
        raise AwsError("IncorrectState", f"Snapshot {text} is in invalid state - {found.state}")
    return found


def wanted_size(size: int | None, snapshot: Snapshot | None, parameter: str = "Size") -> int:
    """The bytes of a new volume for a size in GiB; 0 for just its snapshot's."""
    if size is None:
        if snapshot is None:
            raise missing_parameter(f"{parameter} or SnapshotId")
        return 0
    check_size(size, parameter)
    if snapshot is not None and size < gibibytes(snapshot.size):
        raise invalid_value(parameter, size, f"The snapshot has {gibibytes(snapshot.size)} GiB.")
    return size * GIBIBYTE
