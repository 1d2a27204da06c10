"""Launches in other forms than the plain one: places, networks, odd user data, many at once, and at odd moments."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.clients.gateway import DESKTOP_AMI, WORKSHOP_AMI, Gateway
from tests.clients.machines import machines, native, one, run, user_data_attribute, wait
from tests.clients.user_data import guest_of
from tests.support.processes import until

PARTS = b"""\
Content-Type: multipart/mixed; boundary="==B=="
MIME-Version: 1.0

--==B==
Content-Type: text/cloud-config; charset="us-ascii"

#cloud-config
packages:
- vim

--==B==
Content-Type: text/x-shellscript; charset="us-ascii"

#!/bin/sh
echo parts

--==B==--
"""


def network(ec2: Any, name: str) -> str:
    """The 17 digits that a network's VPC, subnet and group share."""
    (vpc,) = ec2.describe_vpcs(Filters=[{"Name": "tag:Name", "Values": [name]}])["Vpcs"]
    return str(vpc["VpcId"]).removeprefix("vpc-")


@pytest.mark.parametrize(
    "form",
    [
        lambda digits: {"SubnetId": f"subnet-{digits}"},
        lambda digits: {"SubnetId": f"subnet-{digits}", "SecurityGroupIds": [f"sg-{digits}"]},
        lambda digits: {"NetworkInterfaces": [{"DeviceIndex": 0, "SubnetId": f"subnet-{digits}"}]},
        lambda digits: {
            "NetworkInterfaces": [
                {
                    "DeviceIndex": 0,
                    "SubnetId": f"subnet-{digits}",
                    "Groups": [f"sg-{digits}"],
                    "AssociatePublicIpAddress": True,
                    "DeleteOnTermination": True,
                }
            ]
        },
    ],
    ids=["subnet", "subnet and group", "interface", "Terraform's interface"],
)
def test_a_network_is_chosen(demo: Gateway, ec2: Any, form: Any) -> None:
    digits = network(ec2, "workshop")
    with machines(ec2, **form(digits)) as (instance_id,):
        shown = one(ec2, instance_id)
        assert (shown["SubnetId"], shown["VpcId"]) == (f"subnet-{digits}", f"vpc-{digits}")
        assert [group["GroupId"] for group in shown["SecurityGroups"]] == [f"sg-{digits}"]
        assert [each["Attachment"]["DeviceIndex"] for each in shown["NetworkInterfaces"]] == [0]
        nics = demo.engine.get(f"/vms/{native(demo.engine, instance_id)}/nics?follow=vnic_profile")["nic"]
        assert [each["vnic_profile"]["name"] for each in nics] == ["workshop"]


@pytest.mark.parametrize("zone", ["Defaulta", "Default", "99408929-82cf-4dc7-a532-9d998063fa95"])
def test_a_zone_has_three_names(ec2: Any, zone: str) -> None:
    (instance_id,) = run(ec2, Placement={"AvailabilityZone": zone})
    assert one(ec2, instance_id)["Placement"]["AvailabilityZone"] == "Defaulta"
    ec2.terminate_instances(InstanceIds=[instance_id])


def test_an_image_of_another_data_center(ec2: Any) -> None:
    with pytest.raises(ec2.exceptions.ClientError) as caught:
        run(ec2, ImageId=DESKTOP_AMI, Placement={"AvailabilityZone": "Defaulta"})
    assert caught.value.response["Error"]["Code"] == "InvalidParameterValue"
    assert "Placement.AvailabilityZone" in caught.value.response["Error"]["Message"]


def test_the_image_s_own_disks_may_be_named(ec2: Any) -> None:
    (own,) = ec2.describe_images(ImageIds=[WORKSHOP_AMI])["Images"][0]["BlockDeviceMappings"]
    (instance_id,) = run(ec2, BlockDeviceMappings=[own])
    ec2.terminate_instances(InstanceIds=[instance_id])
    sized = {"DeviceName": own["DeviceName"], "Ebs": {"VolumeSize": 10}}
    typed = {"DeviceName": own["DeviceName"], "Ebs": {"VolumeType": "io2"}}
    for mapping in (sized, typed, {"DeviceName": "/dev/vdz", "VirtualName": "ephemeral0"}):
        with pytest.raises(ec2.exceptions.ClientError) as caught:
            run(ec2, BlockDeviceMappings=[mapping])
        assert caught.value.response["Error"]["Code"] in ("InvalidParameterValue", "UnsupportedOperation")
        assert "BlockDeviceMapping.1" in caught.value.response["Error"]["Message"]


def test_user_data_in_several_parts(demo: Gateway, ec2: Any) -> None:
    (instance_id,) = run(ec2, UserData=PARTS)
    guest = guest_of(demo.engine, native(demo.engine, instance_id))
    assert user_data_attribute(ec2, instance_id) == PARTS
    assert guest.config["packages"] == ["vim"]
    assert guest.scripts == [b"#!/bin/sh\necho parts\n"]
    ec2.terminate_instances(InstanceIds=[instance_id])


def test_the_longest_script(demo: Gateway, ec2: Any) -> None:
    script = b"#!/bin/sh\n: '" + b"\xff\x00" * 8185
    assert len(script) == 16383
    (instance_id,) = run(ec2, UserData=script)
    assert user_data_attribute(ec2, instance_id) == script
    assert guest_of(demo.engine, native(demo.engine, instance_id)).scripts == [script]
    ec2.terminate_instances(InstanceIds=[instance_id])


def test_a_payload_carries_host_name_and_keys_too(demo: Gateway, ec2: Any) -> None:
    """User data that can't be cloud-config replaces the engine's own CD: what that one told must be on it."""
    ec2.create_key_pair(KeyName="payload", KeyType="ed25519")
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "payload"}]}]
    (instance_id,) = run(ec2, UserData=b"\x00\x01", KeyName="payload", TagSpecifications=tags)
    meta_data = guest_of(demo.engine, native(demo.engine, instance_id)).drive["openstack/latest/meta_data.json"]
    assert b'"hostname":"payload"' in meta_data
    assert b"ssh-ed25519 " in meta_data
    ec2.delete_key_pair(KeyName="payload")
    ec2.terminate_instances(InstanceIds=[instance_id])


def test_fifty_tags_of_full_length(ec2: Any) -> None:
    tags = [{"Key": f"{number:02}" + "ä" * 120, "Value": "ü" * 255} for number in range(50)]
    (instance_id,) = run(ec2, TagSpecifications=[{"ResourceType": "instance", "Tags": tags}])
    assert one(ec2, instance_id)["Tags"] == tags
    wait(ec2, "instance_running", InstanceIds=[instance_id])
    with pytest.raises(ec2.exceptions.ClientError) as caught:
        ec2.create_tags(Resources=[instance_id], Tags=[{"Key": "one more", "Value": ""}])
    assert caught.value.response["Error"]["Code"] == "TagLimitExceeded"
    ec2.terminate_instances(InstanceIds=[instance_id])


def test_a_machine_answers_to_every_form_of_its_id(demo: Gateway, ec2: Any) -> None:
    (instance_id,) = run(ec2)
    uuid = native(demo.engine, instance_id)
    digits = uuid.replace("-", "")
    for ids in (
        [instance_id] * 2,
        [uuid],
        [uuid.upper()],
        [f"i-{digits}"],
        [f"i-{digits[:17].upper()}"],
        [uuid, instance_id],
    ):
        (reservation,) = ec2.describe_instances(InstanceIds=ids)["Reservations"]
        assert [each["InstanceId"] for each in reservation["Instances"]] == [instance_id]
    ec2.terminate_instances(InstanceIds=[instance_id])


def test_ending_what_has_hardly_begun(demo: Gateway, ec2: Any) -> None:
    (instance_id,) = run(ec2)
    with pytest.raises(ec2.exceptions.ClientError) as caught:
        ec2.stop_instances(InstanceIds=[instance_id])
    assert caught.value.response["Error"]["Code"] == "IncorrectInstanceState"
    change = ec2.terminate_instances(InstanceIds=[instance_id])["TerminatingInstances"][0]
    assert change["CurrentState"]["Name"] == "shutting-down"
    wait(ec2, "instance_terminated", InstanceIds=[instance_id])
    digits = instance_id.removeprefix("i-")
    assert [vm for vm in demo.engine.machines() if vm["id"].replace("-", "").startswith(digits)] == []


def test_what_tools_do_right_after_a_launch(demo: Gateway, ec2: Any) -> None:
    """The engine refuses every change of a machine that it is still making; callers must not notice."""
    (instance_id,) = run(ec2)
    ec2.create_tags(Resources=[instance_id], Tags=[{"Key": "Name", "Value": "early"}, {"Key": "a", "Value": "b"}])
    assert one(ec2, instance_id)["Tags"] == [{"Key": "Name", "Value": "early"}, {"Key": "a", "Value": "b"}]
    ec2.modify_instance_attribute(InstanceId=instance_id, DisableApiTermination={"Value": False})
    ec2.unmonitor_instances(InstanceIds=[instance_id])
    volume = one(ec2, instance_id)["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]
    ec2.create_tags(Resources=[volume], Tags=[{"Key": "a", "Value": "b"}])
    wait(ec2, "instance_running", InstanceIds=[instance_id])
    vm_id = native(demo.engine, instance_id)
    until(lambda: '"early"' in demo.engine.get(f"/vms/{vm_id}").get("comment", ""))
    assert one(ec2, instance_id)["Tags"] == [{"Key": "Name", "Value": "early"}, {"Key": "a", "Value": "b"}]
    ec2.terminate_instances(InstanceIds=[instance_id])


def test_ending_the_same_machine_at_the_same_time(ec2: Any) -> None:
    with machines(ec2) as (instance_id,), ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: ec2.terminate_instances(InstanceIds=[instance_id]), range(4)))
        states = {each["TerminatingInstances"][0]["CurrentState"]["Name"] for each in answers}
        assert states == {"shutting-down"}
        wait(ec2, "instance_terminated", InstanceIds=[instance_id])


def test_a_token_outlives_its_machine(ec2: Any) -> None:
    (instance_id,) = run(ec2, ClientToken="outlived")
    ec2.terminate_instances(InstanceIds=[instance_id])
    wait(ec2, "instance_terminated", InstanceIds=[instance_id])
    launched = ec2.run_instances(ImageId=WORKSHOP_AMI, MinCount=1, MaxCount=1, ClientToken="outlived")
    (again,) = launched["Instances"]
    assert (again["InstanceId"], again["State"]["Name"]) == (instance_id, "terminated")


def test_thirty_machines_at_once(demo: Gateway, ec2: Any) -> None:
    with machines(ec2, MinCount=30, MaxCount=30) as ids:
        assert len(set(ids)) == 30
        up = [vm["id"].replace("-", "")[:17] for vm in demo.engine.machines() if vm["status"] == "up"]
        assert {each.removeprefix("i-") for each in ids} <= set(up)


def test_a_machine_that_can_not_start_says_why(demo: Gateway, ec2: Any) -> None:
    """Blank has no disk: the engine makes the machine, and refuses to start it."""
    (instance_id,) = run(ec2, ImageId="ami-00000000000000000")
    until(lambda: one(ec2, instance_id)["State"]["Name"] == "stopped")
    shown = one(ec2, instance_id)
    assert shown["StateReason"]["Code"] == "Client.InternalError"
    assert "disk" in shown["StateReason"]["Message"]
    assert demo.engine.get(f"/vms/{native(demo.engine, instance_id)}")["status"] == "down"
    ec2.terminate_instances(InstanceIds=[instance_id])
    wait(ec2, "instance_terminated", InstanceIds=[instance_id])


def test_the_time_of_launch_does_not_move(ec2: Any) -> None:
    (launched,) = ec2.run_instances(ImageId=WORKSHOP_AMI, MinCount=1, MaxCount=1)["Instances"]
    instance_id = launched["InstanceId"]
    wait(ec2, "instance_running", InstanceIds=[instance_id])
    assert one(ec2, instance_id)["LaunchTime"] == launched["LaunchTime"]
    ec2.stop_instances(InstanceIds=[instance_id], Force=True)
    wait(ec2, "instance_stopped", InstanceIds=[instance_id])
    ec2.start_instances(InstanceIds=[instance_id])
    wait(ec2, "instance_running", InstanceIds=[instance_id])
    assert one(ec2, instance_id)["LaunchTime"] > launched["LaunchTime"]
    ec2.terminate_instances(InstanceIds=[instance_id])
