"""Volumes through boto3: made, attached, detached and removed; what counts in the end is what the engine has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.clients.gateway import WORKSHOP_AMI, Gateway
from tests.clients.machines import FAST, machines, native, one, wait
from tests.support.processes import until

Make = Callable[..., dict[str, Any]]
TAGS = [{"Key": "Name", "Value": "my data"}, {"Key": "team", "Value": "blue & <green>"}]
UNKNOWN = "vol-0123456789abcdef0"


def code_of(call: Callable[..., Any], **parameters: Any) -> tuple[str, str]:
    """Code and message of the error that a call ends with."""
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def volume(ec2: Any, volume_id: str) -> dict[str, Any]:
    """A volume as DescribeVolumes shows it."""
    found: dict[str, Any] = ec2.describe_volumes(VolumeIds=[volume_id])["Volumes"][0]
    return found


def disk(demo: Gateway, volume_id: str) -> dict[str, Any]:
    """The engine's disk behind a volume."""
    found: dict[str, Any] = demo.engine.get(f"/disks/{native(demo.engine, volume_id, '/disks', 'disk')}")
    return found


def attached(demo: Gateway, instance_id: str) -> set[str]:
    """The ids of the disks that the engine has attached to a machine."""
    found = demo.engine.get(f"/vms/{native(demo.engine, instance_id)}/diskattachments")
    return {each["id"] for each in found.get("disk_attachment", [])}


@pytest.fixture
def make(ec2: Any) -> Iterator[Make]:
    """Makes volumes, available when they are returned, and removes them in the end unless the test did."""
    made: list[str] = []

    def create(**parameters: Any) -> dict[str, Any]:
        wanted = {"AvailabilityZone": "Defaulta", "Size": 1, **parameters}
        found = ec2.create_volume(**{name: value for name, value in wanted.items() if value is not None})
        made.append(found["VolumeId"])
        wait(ec2, "volume_available", VolumeIds=[found["VolumeId"]])
        found.pop("ResponseMetadata")
        return dict(found)

    yield create
    for volume_id in made:
        left = ec2.describe_volumes(Filters=[{"Name": "volume-id", "Values": [volume_id]}])["Volumes"]
        if [each["State"] for each in left] not in ([], ["deleting"]):
            wait(ec2, "volume_available", VolumeIds=[volume_id])
            ec2.delete_volume(VolumeId=volume_id)
        wait(ec2, "volume_deleted", VolumeIds=[volume_id])


def test_the_life_of_a_volume(demo: Gateway, ec2: Any, make: Make) -> None:
    made = make(Size=3, TagSpecifications=[{"ResourceType": "volume", "Tags": TAGS}])
    volume_id = made["VolumeId"]
    assert (made["State"], made["Size"], made["VolumeType"], made["Encrypted"]) == ("creating", 3, "standard", False)
    assert (made["AvailabilityZone"], made["SnapshotId"], made["Tags"]) == ("Defaulta", "", TAGS)
    engine = disk(demo, volume_id)
    assert (engine["alias"], int(engine["provisioned_size"])) == ("my-data", 3 << 30)
    assert volume(ec2, volume_id) == made | {"State": "available", "Attachments": []}
    with machines(ec2, state="stopped") as (instance_id,):
        answer = ec2.attach_volume(VolumeId=volume_id, InstanceId=instance_id, Device="/dev/sdf")
        assert (answer["State"], answer["Device"], answer["VolumeId"]) == ("attaching", "/dev/sdf", volume_id)
        wait(ec2, "volume_in_use", VolumeIds=[volume_id])
        assert engine["id"] in attached(demo, instance_id)
        (plug,) = volume(ec2, volume_id)["Attachments"]
        assert (plug["State"], plug["Device"], plug["InstanceId"]) == ("attached", "/dev/sdf", instance_id)
        assert plug["DeleteOnTermination"] is False
        mappings = {each["DeviceName"]: each["Ebs"] for each in one(ec2, instance_id)["BlockDeviceMappings"]}
        assert (sorted(mappings), mappings["/dev/sdf"]["VolumeId"]) == (["/dev/sdf", "/dev/vda"], volume_id)
        assert [mappings[each]["DeleteOnTermination"] for each in ("/dev/vda", "/dev/sdf")] == [True, False]
        assert code_of(ec2.delete_volume, VolumeId=volume_id)[0] == "VolumeInUse"
        answer = ec2.detach_volume(VolumeId=volume_id)
        assert (answer["State"], answer["InstanceId"], answer["Device"]) == ("detaching", instance_id, "/dev/sdf")
        wait(ec2, "volume_available", VolumeIds=[volume_id])
        assert engine["id"] not in attached(demo, instance_id)
    ec2.delete_volume(VolumeId=volume_id)
    shown = ec2.describe_volumes(Filters=[{"Name": "volume-id", "Values": [volume_id]}])["Volumes"]
    assert [each["State"] for each in shown] in (["deleting"], [])
    wait(ec2, "volume_deleted", VolumeIds=[volume_id])
    until(lambda: engine["id"] not in [each["id"] for each in demo.engine.get("/disks")["disk"]])
    assert code_of(ec2.describe_volumes, VolumeIds=[volume_id])[0] == "InvalidVolume.NotFound"
    assert code_of(ec2.delete_volume, VolumeId=volume_id)[0] == "InvalidVolume.NotFound"


def test_attached_to_a_running_machine_and_kept_when_it_goes(demo: Gateway, ec2: Any, make: Make) -> None:
    made = make()
    with machines(ec2) as (instance_id,):
        where = {"VolumeId": made["VolumeId"], "InstanceId": instance_id}
        ec2.attach_volume(**where, Device="/dev/xvdg")
        wait(ec2, "volume_in_use", VolumeIds=[made["VolumeId"]])
        assert code_of(ec2.attach_volume, **where, Device="/dev/xvdh")[0] == "VolumeInUse"
        filters = [
            {"Name": "attachment.instance-id", "Values": [instance_id]},
            {"Name": "attachment.device", "Values": ["/dev/xvdg"]},
        ]
        (found,) = ec2.describe_volumes(VolumeIds=[made["VolumeId"]], Filters=filters)["Volumes"]
        assert found["State"] == "in-use"
        (root,) = [each for each in one(ec2, instance_id)["BlockDeviceMappings"] if each["DeviceName"] == "/dev/vda"]
        refused = code_of(ec2.detach_volume, VolumeId=root["Ebs"]["VolumeId"])
        assert refused[0] == "OperationNotPermitted"
    wait(ec2, "volume_available", VolumeIds=[made["VolumeId"]])
    assert disk(demo, made["VolumeId"])["status"] == "ok"


def test_a_volume_keeps_its_zone(demo: Gateway, ec2: Any, make: Make) -> None:
    """Declarative tools replace what moved to another zone."""
    zones = {each["ZoneId"]: each["ZoneName"] for each in ec2.describe_availability_zones()["AvailabilityZones"]}
    for zone_id, name in zones.items():
        for parameters in ({"AvailabilityZone": name}, {"AvailabilityZone": None, "AvailabilityZoneId": zone_id}):
            made = make(**parameters)
            assert (made["AvailabilityZone"], volume(ec2, made["VolumeId"])["AvailabilityZone"]) == (name, name)


def test_a_token_makes_one_volume(ec2: Any, make: Make) -> None:
    made = make(ClientToken="volume-once", Size=2)
    again = ec2.create_volume(AvailabilityZone="Defaulta", Size=2, ClientToken="volume-once")
    assert again["VolumeId"] == made["VolumeId"]
    refused = code_of(ec2.create_volume, AvailabilityZone="Defaulta", Size=3, ClientToken="volume-once")
    assert refused[0] == "IdempotentParameterMismatch"


def test_resources(demo: Gateway, make: Make) -> None:
    """boto3's objects: a volume's own verbs."""
    resource = demo.session().resource("ec2", endpoint_url=demo.url)
    found = resource.Volume(make()["VolumeId"])
    found.create_tags(Tags=[{"Key": "colour", "Value": "red"}])
    assert found.tags == [{"Key": "colour", "Value": "red"}]
    found.delete()
    wait(resource.meta.client, "volume_deleted", VolumeIds=[found.id])


@pytest.mark.parametrize(
    ("verb", "parameters", "code", "words"),
    [
        ("create_volume", {"Size": 1}, "MissingParameter", "AvailabilityZone"),
        ("create_volume", {"AvailabilityZone": "Defaulta"}, "MissingParameter", "Size"),
        ("create_volume", {"AvailabilityZone": "Defaulta", "Size": 0}, "InvalidParameterValue", "Size"),
        ("create_volume", {"AvailabilityZone": "Defaulta", "Size": 1 << 20}, "InvalidParameterValue", "Size"),
        ("create_volume", {"AvailabilityZone": "mars-1a", "Size": 1}, "InvalidZone.NotFound", "mars-1a"),
        ("create_volume", {"AvailabilityZone": "Defaulta", "Size": 1, "Encrypted": True}, "UnsupportedOperation",
         "Encrypted"),
        ("create_volume", {"AvailabilityZone": "Defaulta", "Size": 1, "VolumeType": "io2"}, "UnsupportedOperation",
         "VolumeType"),
        ("create_volume", {"AvailabilityZone": "Defaulta", "Size": 1, "Iops": 100}, "UnsupportedOperation", "Iops"),
        ("create_volume", {"AvailabilityZone": "Defaulta", "SnapshotId": "snap-0123456789abcdef0"},
         "InvalidSnapshot.NotFound", "snap-0123456789abcdef0"),
        ("create_volume", {"AvailabilityZone": "Defaulta", "Size": 1, "DryRun": True}, "DryRunOperation", "would have"),
        ("create_volume", {"AvailabilityZone": "Defaulta", "Size": 1, "ClientToken": "x" * 65},
         "InvalidParameterValue", "ClientToken"),
        ("delete_volume", {"VolumeId": UNKNOWN}, "InvalidVolume.NotFound", UNKNOWN),
        ("delete_volume", {"VolumeId": "disk-1"}, "InvalidVolumeID.Malformed", "disk-1"),
        ("attach_volume", {"VolumeId": UNKNOWN, "InstanceId": "i-0123456789abcdef0", "Device": "/dev/sdf"},
         "InvalidVolume.NotFound", UNKNOWN),
        ("detach_volume", {"VolumeId": UNKNOWN}, "InvalidVolume.NotFound", UNKNOWN),
    ],
)  # fmt: skip
def test_refusals(ec2: Any, verb: str, parameters: dict[str, Any], code: str, words: str) -> None:
    found, message = code_of(getattr(ec2, verb), **parameters)
    assert (found, words in message) == (code, True), message


def test_refusals_of_attachments(ec2: Any, make: Make) -> None:
    first, second = make()["VolumeId"], make()["VolumeId"]
    assert code_of(ec2.detach_volume, VolumeId=first) == (
        "IncorrectState", f"Volume '{first}' is in the 'available' state.",
    )  # fmt: skip
    unknown = code_of(ec2.attach_volume, VolumeId=first, InstanceId="i-0123456789abcdef0", Device="/dev/sdf")
    assert unknown[0] == "InvalidInstanceID.NotFound"
    with machines(ec2, state="stopped") as (instance_id,):
        for device in ("/dev/vda", "floppy", "/dev/sdf; rm"):
            code, message = code_of(ec2.attach_volume, VolumeId=first, InstanceId=instance_id, Device=device)
            assert (code, device in message) == ("InvalidParameterValue", True)
        dry = code_of(ec2.attach_volume, VolumeId=first, InstanceId=instance_id, Device="/dev/sdf", DryRun=True)
        assert dry[0] == "DryRunOperation"
        ec2.attach_volume(VolumeId=first, InstanceId=instance_id, Device="/dev/sdf")
        wait(ec2, "volume_in_use", VolumeIds=[first])
        taken = code_of(ec2.attach_volume, VolumeId=second, InstanceId=instance_id, Device="/dev/sdf")
        assert (taken[0], "already in use" in taken[1]) == ("InvalidParameterValue", True)
        for wrong in ({"Device": "/dev/sdg"}, {"InstanceId": "i-8462303649fe4f22a"}):
            found = code_of(ec2.detach_volume, VolumeId=first, **wrong)[0]
            assert found in ("InvalidAttachment.NotFound", "InvalidInstanceID.NotFound")
        ec2.detach_volume(VolumeId=first, InstanceId=instance_id, Device="/dev/sdf", Force=True)
        ec2.get_waiter("volume_available").wait(VolumeIds=[first], WaiterConfig=FAST)
    gone = code_of(ec2.attach_volume, VolumeId=first, InstanceId=instance_id, Device="/dev/sdf")
    assert gone[0] == "IncorrectState"


def test_grown_while_it_is_in_use(demo: Gateway, ec2: Any, make: Make) -> None:
    volume_id = make()["VolumeId"]
    assert code_of(ec2.describe_volumes_modifications, VolumeIds=[volume_id])[0] == "InvalidVolumeModification.NotFound"
    with machines(ec2) as (instance_id,):
        ec2.attach_volume(VolumeId=volume_id, InstanceId=instance_id, Device="/dev/sdf")
        wait(ec2, "volume_in_use", VolumeIds=[volume_id])
        begun = ec2.modify_volume(VolumeId=volume_id, Size=5)["VolumeModification"]
        assert (begun["OriginalSize"], begun["TargetSize"], begun["ModificationState"]) == (1, 5, "modifying")

        def modification() -> dict[str, Any]:
            (found,) = ec2.describe_volumes_modifications(VolumeIds=[volume_id])["VolumesModifications"]
            assert found["ModificationState"] in ("modifying", "optimizing", "completed")
            return dict(found)

        done = until(lambda: modification() if modification()["ModificationState"] == "completed" else None)
        assert (done["OriginalSize"], done["TargetSize"], done["Progress"]) == (1, 5, 100)
        assert done["StartTime"] == begun["StartTime"]
    assert volume(ec2, volume_id)["Size"] == 5
    assert int(disk(demo, volume_id)["provisioned_size"]) == 5 << 30
    completed = [{"Name": "modification-state", "Values": ["completed"]}]
    shown = ec2.describe_volumes_modifications(Filters=completed)["VolumesModifications"]
    assert volume_id in [each["VolumeId"] for each in shown]
    code, message = code_of(ec2.modify_volume, VolumeId=volume_id, Size=4)
    assert (code, "smaller" in message) == ("InvalidParameterValue", True)
    assert code_of(ec2.modify_volume, VolumeId=volume_id, VolumeType="gp3")[0] == "UnsupportedOperation"


def test_status_and_attributes(ec2: Any, make: Make) -> None:
    volume_id = make()["VolumeId"]
    (status,) = ec2.describe_volume_status(VolumeIds=[volume_id])["VolumeStatuses"]
    assert (status["AvailabilityZone"], status["VolumeStatus"]["Status"]) == ("Defaulta", "ok")
    healthy = [{"Name": "volume-status.status", "Values": ["ok"]}]
    assert volume_id in [each["VolumeId"] for each in ec2.describe_volume_status(Filters=healthy)["VolumeStatuses"]]
    attribute = ec2.describe_volume_attribute(VolumeId=volume_id, Attribute="autoEnableIO")
    assert (attribute["VolumeId"], attribute["AutoEnableIO"]) == (volume_id, {"Value": False})
    ec2.modify_volume_attribute(VolumeId=volume_id, AutoEnableIO={"Value": False})
    assert code_of(ec2.modify_volume_attribute, VolumeId=volume_id, AutoEnableIO={"Value": True})[0] == (
        "UnsupportedOperation"
    )
    ec2.enable_volume_io(VolumeId=volume_id)
    assert code_of(ec2.enable_volume_io, VolumeId=UNKNOWN)[0] == "InvalidVolume.NotFound"


def test_volumes_of_a_launch(demo: Gateway, ec2: Any) -> None:
    """New ones beside the image's disk: one that goes with its machine, as by default, and one that stays."""
    mappings = [
        {"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 2, "DeleteOnTermination": False, "VolumeType": "standard"}},
        {"DeviceName": "/dev/xvdg", "Ebs": {"VolumeSize": 1}},
        {"DeviceName": "/dev/sdz", "NoDevice": ""},
    ]
    specification = [{"ResourceType": "volume", "Tags": TAGS}]
    with machines(ec2, BlockDeviceMappings=mappings, TagSpecifications=specification) as (instance_id,):
        shown = {each["DeviceName"]: each["Ebs"] for each in one(ec2, instance_id)["BlockDeviceMappings"]}
        gone = {name: ebs["DeleteOnTermination"] for name, ebs in shown.items()}
        assert gone == {"/dev/vda": True, "/dev/sdf": False, "/dev/xvdg": True}
        volumes = {name: volume(ec2, ebs["VolumeId"]) for name, ebs in shown.items()}
        assert [volumes[name]["Size"] for name in ("/dev/sdf", "/dev/xvdg")] == [2, 1]
        assert [each.get("Tags") for each in volumes.values()] == [TAGS, TAGS, TAGS]
        assert attached(demo, instance_id) == {disk(demo, ebs["VolumeId"])["id"] for ebs in shown.values()}
        ec2.modify_instance_attribute(
            InstanceId=instance_id,
            BlockDeviceMappings=[{"DeviceName": "/dev/sdf", "Ebs": {"DeleteOnTermination": False}}],
        )
        other = [{"DeviceName": "/dev/sdf", "Ebs": {"DeleteOnTermination": True}}]
        refused = code_of(ec2.modify_instance_attribute, InstanceId=instance_id, BlockDeviceMappings=other)
        assert refused[0] == "UnsupportedOperation"
    wait(ec2, "instance_terminated", InstanceIds=[instance_id])
    kept = shown["/dev/sdf"]["VolumeId"]
    assert volume(ec2, kept)["State"] == "available"
    for name in ("/dev/vda", "/dev/xvdg"):
        wait(ec2, "volume_deleted", VolumeIds=[shown[name]["VolumeId"]])
    ec2.delete_volume(VolumeId=kept)
    wait(ec2, "volume_deleted", VolumeIds=[kept])


@pytest.mark.parametrize(
    ("mapping", "code", "words"),
    [
        ({"DeviceName": "/dev/sdf", "Ebs": {}}, "MissingParameter", "BlockDeviceMapping.1.Ebs.VolumeSize"),
        ({"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 0}}, "InvalidParameterValue", "Ebs.VolumeSize"),
        ({"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 1, "Encrypted": True}}, "UnsupportedOperation", "Encrypted"),
        ({"DeviceName": "/dev/sdf", "VirtualName": "ephemeral0"}, "UnsupportedOperation", "VirtualName"),
        ({"DeviceName": "attic", "Ebs": {"VolumeSize": 1}}, "InvalidParameterValue", "attic"),
        ({"DeviceName": "/dev/sdf", "Ebs": {"SnapshotId": "snap-0123456789abcdef0"}}, "InvalidSnapshot.NotFound", ""),
        ({"DeviceName": "/dev/vda", "Ebs": {"VolumeSize": 500}}, "InvalidParameterValue", "Ebs.VolumeSize"),
    ],
)
def test_mappings_that_are_refused(ec2: Any, mapping: dict[str, Any], code: str, words: str) -> None:
    launch = {"ImageId": WORKSHOP_AMI, "MinCount": 1, "MaxCount": 1}
    found, message = code_of(ec2.run_instances, **launch, BlockDeviceMappings=[mapping])
    assert (found, words in message) == (code, True), message
    twice = [{"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 1}}] * 2
    assert code_of(ec2.run_instances, **launch, BlockDeviceMappings=twice)[0] == "InvalidBlockDeviceMapping"
