"""Images through boto3: of stopped and of running machines, under one id from the promise on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.clients.gateway import WORKSHOP_AMI, Gateway
from tests.clients.machines import machines, native, one, run, wait
from tests.clients.test_ec2_volume_writes import Make, code_of, make
from tests.support.processes import until

__all__ = ["make"]
TAGS = [{"Key": "Name", "Value": "golden"}, {"Key": "team", "Value": "blue & <green>"}]
BOTH = [{"ResourceType": kind, "Tags": TAGS} for kind in ("image", "snapshot")]


@pytest.fixture
def capture(demo: Gateway, ec2: Any) -> Iterator[Make]:
    """Makes images and tells their ids; removes them in the end unless the test did."""
    made: list[str] = []
    before = set(templates(demo))

    def create(instance_id: str, name: str, **parameters: Any) -> Any:
        made.append(ec2.create_image(InstanceId=instance_id, Name=name, **parameters)["ImageId"])
        return made[-1]

    yield create
    for image_id in made:
        if ec2.describe_images(Filters=[{"Name": "image-id", "Values": [image_id]}])["Images"]:
            wait(ec2, "image_available", ImageIds=[image_id])
            ec2.deregister_image(ImageId=image_id)
    until(lambda: set(templates(demo)) <= before)


def image(ec2: Any, image_id: str) -> dict[str, Any]:
    """An image as DescribeImages shows it."""
    found: dict[str, Any] = ec2.describe_images(ImageIds=[image_id])["Images"][0]
    return found


def templates(demo: Gateway) -> dict[str, dict[str, Any]]:
    """The engine's templates by name."""
    return {each["name"]: each for each in demo.engine.get("/templates")["template"]}


@pytest.mark.parametrize("state", ["stopped", "running"])
def test_the_life_of_an_image(demo: Gateway, ec2: Any, capture: Make, state: str) -> None:
    name = f"Golden image ({state}) [1]"
    with machines(ec2, state=state) as (instance_id,):
        image_id: Any = capture(instance_id, name, Description="all <in>", NoReboot=True, TagSpecifications=BOTH)
        found = image(ec2, image_id)
        assert (found["ImageId"], found["Name"], found["State"]) == (image_id, name, "pending")
        launch = {"ImageId": image_id, "MinCount": 1, "MaxCount": 1}
        assert code_of(ec2.run_instances, **launch)[0] == "InvalidAMIID.Unavailable"
        wait(ec2, "image_available", ImageIds=[image_id])
        assert one(ec2, instance_id)["State"]["Name"] == state
        duplicate = code_of(ec2.create_image, InstanceId=instance_id, Name=name)
        assert duplicate == ("InvalidAMIName.Duplicate", f"AMI name {name} is already in use by AMI {image_id}")
        machine = native(demo.engine, instance_id)
        until(lambda: len(demo.engine.get(f"/vms/{machine}/snapshots")["snapshot"]) == 1)
    found = image(ec2, image_id)
    assert (found["ImageId"], found["Name"], found["Description"], found["Tags"]) == (image_id, name, "all <in>", TAGS)
    template = templates(demo)[f"Golden-image-{state}-1"]
    assert (template["description"], template["status"]) == ("all <in>", "ok")
    (mapping,) = found["BlockDeviceMappings"]
    snapshot_id = mapping["Ebs"]["SnapshotId"]

    def behind() -> dict[str, Any]:
        shown: dict[str, Any] = ec2.describe_snapshots(SnapshotIds=[snapshot_id])["Snapshots"][0]
        return shown

    assert until(lambda: behind()["Tags"] or None) == TAGS
    assert [
        each["ImageId"] for each in ec2.describe_images(Filters=[{"Name": "name", "Values": [name]}])["Images"]
    ] == [image_id]
    ec2.create_tags(Resources=[image_id, snapshot_id], Tags=[{"Key": "colour", "Value": "red"}])
    assert {"Key": "colour", "Value": "red"} in image(ec2, image_id)["Tags"]
    ec2.delete_tags(Resources=[image_id], Tags=[{"Key": "colour"}, {"Key": "team"}])
    assert image(ec2, image_id)["Tags"] == TAGS[:1]
    ec2.modify_image_attribute(ImageId=image_id, Description={"Value": "newer"})
    ec2.modify_image_attribute(ImageId=image_id, Attribute="description", Value="newest")
    attribute = ec2.describe_image_attribute(ImageId=image_id, Attribute="description")
    assert (attribute["ImageId"], attribute["Description"]) == (image_id, {"Value": "newest"})
    (copy,) = run(ec2, ImageId=image_id)
    try:
        wait(ec2, "instance_running", InstanceIds=[copy])
        assert one(ec2, copy)["ImageId"] == image_id
        shown = ec2.describe_instances(Filters=[{"Name": "image-id", "Values": [image_id]}])["Reservations"]
        assert [each["InstanceId"] for group in shown for each in group["Instances"]] == [copy]
        assert demo.engine.get(f"/vms/{native(demo.engine, copy)}")["original_template"]["id"] == template["id"]
    finally:
        ec2.terminate_instances(InstanceIds=[copy])
        wait(ec2, "instance_terminated", InstanceIds=[copy])
    answer = ec2.deregister_image(ImageId=image_id, DeleteAssociatedSnapshots=True)
    assert answer["DeleteSnapshotResults"] == [{"SnapshotId": snapshot_id, "ReturnCode": "success"}]
    for verb, given in ((ec2.describe_images, {"ImageIds": [image_id]}), (ec2.deregister_image, {"ImageId": image_id})):
        unavailable = ("InvalidAMIID.Unavailable", f"The image ID '{image_id}' is no longer available")
        assert code_of(verb, **given) == unavailable
    assert code_of(ec2.delete_snapshot, SnapshotId=snapshot_id)[0] == "InvalidSnapshot.NotFound"
    until(lambda: template["name"] not in templates(demo))


def test_attached_volumes_are_no_part(ec2: Any, capture: Make, make: Make) -> None:
    volume_id = make()["VolumeId"]
    with machines(ec2, state="stopped") as (instance_id,):
        ec2.attach_volume(VolumeId=volume_id, InstanceId=instance_id, Device="/dev/sdf")
        wait(ec2, "volume_in_use", VolumeIds=[volume_id])
        without = [{"DeviceName": "/dev/sdf", "NoDevice": ""}]
        image_id: Any = capture(instance_id, "without", BlockDeviceMappings=without)
        wait(ec2, "image_available", ImageIds=[image_id])
        assert [each["DeviceName"] for each in image(ec2, image_id)["BlockDeviceMappings"]] == ["/dev/vda"]
        larger = [{"DeviceName": "/dev/vda", "Ebs": {"VolumeSize": 100}}]
        refused = code_of(ec2.create_image, InstanceId=instance_id, Name="larger", BlockDeviceMappings=larger)
        assert (refused[0], "BlockDeviceMapping.1" in refused[1]) == ("UnsupportedOperation", True)


@pytest.mark.parametrize(
    ("verb", "parameters", "code"),
    [
        ("create_image", {"InstanceId": "i-0123456789abcdef0", "Name": "nobody"}, "InvalidInstanceID.NotFound"),
        ("create_image", {"InstanceId": "i-0123456789abcdef0", "Name": "a;b;c"}, "InvalidAMIName.Malformed"),
        ("create_image", {"InstanceId": "i-0123456789abcdef0", "Name": "a <b>"}, "InvalidAMIName.Malformed"),
        ("create_image", {"InstanceId": "i-0123456789abcdef0", "Name": "abc", "Description": "x" * 256},
         "InvalidParameterValue"),
        ("deregister_image", {"ImageId": "ami-0123456789abcdef0"}, "InvalidAMIID.NotFound"),
        ("deregister_image", {"ImageId": WORKSHOP_AMI, "DryRun": True}, "DryRunOperation"),
        ("modify_image_attribute", {"ImageId": WORKSHOP_AMI}, "MissingParameter"),
        ("modify_image_attribute", {"ImageId": WORKSHOP_AMI, "Attribute": "kernel", "Value": "x"},
         "InvalidParameterValue"),
        ("modify_image_attribute", {"ImageId": WORKSHOP_AMI, "LaunchPermission": {"Add": [{"Group": "all"}]}},
         "UnsupportedOperation"),
        ("modify_image_attribute", {"ImageId": "ami-0123456789abcdef0", "Description": {"Value": "x"}},
         "InvalidAMIID.NotFound"),
    ],
)  # fmt: skip
def test_refusals(ec2: Any, verb: str, parameters: dict[str, Any], code: str) -> None:
    assert code_of(getattr(ec2, verb), **parameters)[0] == code
