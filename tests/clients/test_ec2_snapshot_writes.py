"""Snapshots through boto3: made of volumes that are free or in use, made volumes of, removed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.clients.gateway import WORKSHOP_AMI, Gateway
from tests.clients.machines import machines, native, wait
from tests.clients.test_ec2_volume_writes import Make, code_of, disk, make, volume
from tests.support.processes import until

__all__ = ["make"]
TAGS = [{"Key": "Name", "Value": "Monday"}, {"Key": "kept", "Value": "1 week"}]


@pytest.fixture
def take(ec2: Any) -> Iterator[Make]:
    """Takes snapshots, completed when they are returned, and removes them in the end unless the test did."""
    taken: list[str] = []

    def snapshot(volume_id: str, **parameters: Any) -> dict[str, Any]:
        found = ec2.create_snapshot(VolumeId=volume_id, **parameters)
        taken.append(found["SnapshotId"])
        wait(ec2, "snapshot_completed", SnapshotIds=[found["SnapshotId"]])
        return dict(found)

    yield snapshot
    for snapshot_id in taken:
        if ec2.describe_snapshots(Filters=[{"Name": "snapshot-id", "Values": [snapshot_id]}])["Snapshots"]:
            ec2.delete_snapshot(SnapshotId=snapshot_id)


def shown(ec2: Any, snapshot_id: str) -> dict[str, Any]:
    """A snapshot as DescribeSnapshots shows it."""
    found: dict[str, Any] = ec2.describe_snapshots(SnapshotIds=[snapshot_id])["Snapshots"][0]
    return found


def test_the_life_of_a_snapshot(demo: Gateway, ec2: Any, make: Make, take: Make) -> None:
    volume_id = make(Size=2)["VolumeId"]
    specification = [{"ResourceType": "snapshot", "Tags": TAGS}]
    taken = take(volume_id, Description="before the <upgrade>", TagSpecifications=specification)
    snapshot_id = taken["SnapshotId"]
    assert (taken["State"], taken["VolumeId"], taken["VolumeSize"]) == ("pending", volume_id, 2)
    assert (taken["Description"], taken["Tags"]) == ("before the <upgrade>", TAGS)
    found = shown(ec2, snapshot_id)
    assert (found["State"], found["Progress"], found["VolumeId"]) == ("completed", "100%", volume_id)
    assert (found["Description"], found["Tags"], found["OwnerId"]) == (taken["Description"], TAGS, taken["OwnerId"])
    assert disk(demo, snapshot_id.replace("snap-", "vol-"))["alias"] == "Monday"
    assert [each["SnapshotId"] for each in ec2.describe_volumes()["Volumes"] if each["VolumeId"] == snapshot_id] == []
    ec2.delete_volume(VolumeId=volume_id)
    wait(ec2, "volume_deleted", VolumeIds=[volume_id])
    restored = make(SnapshotId=snapshot_id, Size=3)
    for each in (restored, volume(ec2, restored["VolumeId"])):
        assert (each["SnapshotId"], each["Size"]) == (snapshot_id, 3)
    assert make(SnapshotId=snapshot_id, Size=None)["Size"] == 2
    small = code_of(ec2.create_volume, AvailabilityZone="Defaulta", SnapshotId=snapshot_id, Size=1)
    assert (small[0], "2 GiB" in small[1]) == ("InvalidParameterValue", True)
    ec2.delete_snapshot(SnapshotId=snapshot_id)
    assert code_of(ec2.describe_snapshots, SnapshotIds=[snapshot_id])[0] == "InvalidSnapshot.NotFound"
    assert code_of(ec2.delete_snapshot, SnapshotId=snapshot_id)[0] == "InvalidSnapshot.NotFound"
    digits = snapshot_id.removeprefix("snap-")
    until(lambda: digits not in "".join(each["id"].replace("-", "") for each in demo.engine.get("/disks")["disk"]))
    assert volume(ec2, restored["VolumeId"])["State"] == "available"


def test_of_a_volume_in_use(demo: Gateway, ec2: Any, make: Make, take: Make) -> None:
    volume_id = make()["VolumeId"]
    with machines(ec2) as (instance_id,):
        ec2.attach_volume(VolumeId=volume_id, InstanceId=instance_id, Device="/dev/sdf")
        wait(ec2, "volume_in_use", VolumeIds=[volume_id])
        taken = take(volume_id)
        assert volume(ec2, volume_id)["State"] == "in-use"
        assert (shown(ec2, taken["SnapshotId"])["Description"], taken["Description"]) == ("", "")
        machine = native(demo.engine, instance_id)
        until(lambda: len(demo.engine.get(f"/vms/{machine}/snapshots")["snapshot"]) == 1)


def test_tags(ec2: Any, make: Make, take: Make) -> None:
    snapshot_id = take(make()["VolumeId"])["SnapshotId"]
    ec2.create_tags(Resources=[snapshot_id], Tags=[{"Key": "colour", "Value": "blue"}])
    assert shown(ec2, snapshot_id)["Tags"] == [{"Key": "colour", "Value": "blue"}]
    ec2.delete_tags(Resources=[snapshot_id], Tags=[{"Key": "colour"}])
    assert shown(ec2, snapshot_id)["Tags"] == []
    answer = ec2.describe_snapshot_attribute(SnapshotId=snapshot_id, Attribute="createVolumePermission")
    assert (answer["SnapshotId"], answer["CreateVolumePermissions"]) == (snapshot_id, [])


def test_refusals(ec2: Any, make: Make) -> None:
    (image,) = ec2.describe_images(ImageIds=[WORKSHOP_AMI])["Images"]
    behind = image["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"]
    code, message = code_of(ec2.delete_snapshot, SnapshotId=behind)
    assert (code, WORKSHOP_AMI in message) == ("InvalidSnapshot.InUse", True)
    unsupported = code_of(ec2.create_volume, AvailabilityZone="Defaulta", SnapshotId=behind)
    assert unsupported[0] == "UnsupportedOperation"
    volume_id = make()["VolumeId"]
    for parameters, expected in (
        ({"VolumeId": "vol-0123456789abcdef0"}, "InvalidVolume.NotFound"),
        ({"VolumeId": volume_id, "Description": "x" * 256}, "InvalidParameterValue"),
        ({"VolumeId": volume_id, "OutpostArn": "arn:x"}, "UnsupportedOperation"),
        ({"VolumeId": volume_id, "DryRun": True}, "DryRunOperation"),
    ):
        assert code_of(ec2.create_snapshot, **parameters)[0] == expected
