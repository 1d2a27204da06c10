"""Making snapshots of volumes and removing them: CreateSnapshot, DeleteSnapshot."""

from __future__ import annotations

from typing import Any, Final

from msgspec.structs import replace

from deltaic.frontends.ec2.honoured import Honoured
from deltaic.frontends.ec2.registry import action
from deltaic.frontends.ec2.request import Ec2Request, invalid_value
from deltaic.frontends.ec2.resolve import all_snapshots, native_id
from deltaic.frontends.ec2.snapshots import snapshot_row
from deltaic.frontends.ec2.tagging import named_after, specified_tags
from deltaic.frontends.ec2.volume_book import one_volume
from deltaic.model.snapshot import SnapshotSpec
from deltaic.model.volume import VolumeState
from deltaic.protocols.aws.errors import AwsError
from deltaic.protocols.aws.kinds import missing_ids

LONGEST_DESCRIPTION: Final = 255

CREATE: Final = Honoured(
    frozenset({"Description", "TagSpecifications", "VolumeId"}),
    harmless={"Location": ("regional",)},
    reasons={"Location": "there are no local zones.", "OutpostArn": "there are no outposts."},
)


@action(
    "CreateSnapshot",
    writes=True,
    unsupported=CREATE.refusals(),
    note="A snapshot does not depend on its volume. Its name in the cloud is that of its tag Name.",
)
async def create_snapshot(request: Ec2Request) -> dict[str, Any]:
    """Copy a volume's content, of a volume in use as well; answers as soon as the cloud accepted it."""
    CREATE.check(request.parameters)
    description = checked_description(request.get("Description", ""))
    tags = specified_tags(request.get("TagSpecifications", ()), ("snapshot",)).get("snapshot", {})
    volume = await one_volume(request)
    if volume.state in (VolumeState.DELETING, VolumeState.ERROR):
        text = f"Volume '{request.written[volume.id]}' is in the '{volume.state}' state."
        raise AwsError("IncorrectState", text)
    request.before_acting()
    spec = SnapshotSpec(volume.id, named_after(tags, "snapshot"), description)
    made = await request.services.snapshots.create(request.context, spec, tags)
    request.learn("snap", [made.id])
    shown = replace(made, description=description, volume_id=volume.id, size=made.size or volume.size)
    return snapshot_row(request, shown, {made.id: tags})


def checked_description(text: str) -> str:
    """A description as it is; InvalidParameterValue for one that is too long."""
    if len(text) > LONGEST_DESCRIPTION:
        raise invalid_value("Description", text, f"It has at most {LONGEST_DESCRIPTION} characters.")
    return text


@action("DeleteSnapshot", writes=True, note="Volumes made from it stay. The snapshot behind an image goes with it.")
async def delete_snapshot(request: Ec2Request) -> dict[str, Any]:
    """Remove a snapshot."""
    text = request.require("SnapshotId")
    native = await native_id(request, "snap", text)
    found = next((one for one in await all_snapshots(request) if one.id == native), None)
    if found is None:
        raise missing_ids("snapshot", [text])
    if found.image_id:
        image = request.id("ami", found.image_id)
        raise AwsError("InvalidSnapshot.InUse", f"The snapshot {text} is currently in use by {image}")
    request.before_acting()
    await request.services.snapshots.delete(request.context, native)
    return {}
