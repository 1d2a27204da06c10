"""The calls that Terraform's provider makes for volumes, attachments, snapshots and images, one after another."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.clients.machines import machines
from tests.clients.test_ec2_volume_writes import code_of
from tests.support.processes import until

TAGS = [{"Key": "Name", "Value": "tf-data"}]
#: What the provider reads of each.
VOLUME = "VolumeId AvailabilityZone CreateTime Encrypted MultiAttachEnabled Size SnapshotId State VolumeType Tags"
SNAPSHOT = "SnapshotId Description Encrypted OwnerId Progress StartTime State StorageTier VolumeId VolumeSize Tags"


def until_state(ask: Any, passing: set[str], target: str) -> Any:
    """What is asked for, once it has the target state; any state that is neither passing nor the target is an error."""

    def look() -> Any:
        found = ask()
        assert found["State"] in passing | {target}
        return found if found["State"] == target else None

    return until(look)


@pytest.fixture
def volume(ec2: Any, request: pytest.FixtureRequest) -> Any:
    """`aws_ebs_volume`: made, awaited, read; destroyed in the end."""
    specification = [{"ResourceType": "volume", "Tags": TAGS}]
    token = f"terraform-{request.node.name}"
    made = ec2.create_volume(AvailabilityZone="Defaulta", ClientToken=token, Size=1, TagSpecifications=specification)

    def read() -> Any:
        (found,) = ec2.describe_volumes(VolumeIds=[made["VolumeId"]])["Volumes"]
        return found

    found = until_state(read, {"creating"}, "available")
    for name in VOLUME.split():
        assert name in found
    for name in ("AvailabilityZone", "Size", "VolumeType", "SnapshotId", "Encrypted", "Tags"):
        assert found[name] == made[name]
    yield found["VolumeId"]
    ec2.delete_volume(VolumeId=found["VolumeId"])

    def gone() -> bool:
        try:
            assert read()["State"] == "deleting"
        except ClientError as error:
            return bool(error.response["Error"]["Code"] == "InvalidVolume.NotFound")
        return False

    until(gone)


def attachments(ec2: Any, volume_id: str, instance_id: str) -> list[dict[str, Any]]:
    """`aws_volume_attachment` looks for exactly one volume, or none."""
    filters = [
        {"Name": "attachment.device", "Values": ["/dev/sdh"]},
        {"Name": "attachment.instance-id", "Values": [instance_id]},
    ]
    found = ec2.describe_volumes(VolumeIds=[volume_id], Filters=filters)["Volumes"]
    return [plug for each in found for plug in each["Attachments"]]


def test_volume_and_attachment(ec2: Any, volume: str) -> None:
    with machines(ec2) as (instance_id,):
        assert attachments(ec2, volume, instance_id) == []
        ec2.attach_volume(Device="/dev/sdh", InstanceId=instance_id, VolumeId=volume)
        plugs = until(lambda: [p for p in attachments(ec2, volume, instance_id) if p["State"] == "attached"])
        assert [(plug["Device"], plug["InstanceId"]) for plug in plugs] == [("/dev/sdh", instance_id)]
        ec2.modify_volume(VolumeId=volume, Size=2)

        def modification() -> Any:
            (found,) = ec2.describe_volumes_modifications(VolumeIds=[volume])["VolumesModifications"]
            return found | {"State": found["ModificationState"]}

        until_state(modification, {"modifying", "optimizing"}, "completed")
        ec2.detach_volume(Device="/dev/sdh", InstanceId=instance_id, VolumeId=volume, Force=False)
        until(lambda: attachments(ec2, volume, instance_id) == [])
        code, message = code_of(ec2.detach_volume, Device="/dev/sdh", InstanceId=instance_id, VolumeId=volume)
        assert (code, "available" in message) == ("IncorrectState", True)
    (found,) = ec2.describe_volumes(VolumeIds=[volume])["Volumes"]
    assert (found["Size"], found["AvailabilityZone"]) == (2, "Defaulta")


def test_snapshot(ec2: Any, volume: str) -> None:
    specification = [{"ResourceType": "snapshot", "Tags": TAGS}]
    taken = ec2.create_snapshot(VolumeId=volume, TagSpecifications=specification)["SnapshotId"]

    def read() -> Any:
        (found,) = ec2.describe_snapshots(SnapshotIds=[taken])["Snapshots"]
        return found

    found = until_state(read, {"pending"}, "completed")
    for name in SNAPSHOT.split():
        assert name in found
    # An empty description stays one: another would make the next plan replace the snapshot.
    assert (found["Description"], found["VolumeId"], found["Tags"]) == ("", volume, TAGS)
    ec2.delete_snapshot(SnapshotId=taken)
    assert code_of(read)[0] == "InvalidSnapshot.NotFound"


def test_ami_from_instance(ec2: Any) -> None:
    with machines(ec2) as (instance_id,):
        specification = [{"ResourceType": "image", "Tags": TAGS}]
        made = ec2.create_image(
            InstanceId=instance_id, Name="tf golden", NoReboot=False, TagSpecifications=specification
        )["ImageId"]

        def read() -> Any:
            (found,) = ec2.describe_images(ImageIds=[made])["Images"]
            assert found["ImageId"] == made
            return found

        found = until_state(read, {"pending"}, "available")
        assert (found["Name"], found["Tags"], found["RootDeviceName"]) == ("tf golden", TAGS, "/dev/vda")
        ec2.deregister_image(ImageId=made)
        assert code_of(read)[0] == "InvalidAMIID.Unavailable"
        for mapping in found["BlockDeviceMappings"]:
            behind = code_of(ec2.delete_snapshot, SnapshotId=mapping["Ebs"]["SnapshotId"])
            assert behind[0] == "InvalidSnapshot.NotFound"
