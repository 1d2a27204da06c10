"""The life of instances through boto3, the newest: clients, waiters and resources."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.clients.gateway import (
    BARCELONA_CENTER,
    DESKTOP_AMI,
    WORKSHOP,
    WORKSHOP_AMI,
    Gateway,
)
from tests.clients.machines import FAST, machines, native, one, run, user_data_attribute, wait
from tests.clients.user_data import guest_of

SCRIPT = b"#!/bin/sh\nprintf 'gr\xc3\xbc\xc3\x9fe\\n' > /tmp/a\n\ttrue   \n"
BINARY = bytes(range(256)) * 4


def test_the_life_of_an_instance(demo: Gateway, ec2: Any) -> None:
    """Key pair, launch with user data and tags, run, stop, start, reboot, terminate; the engine agrees each time."""
    key = ec2.create_key_pair(KeyName="life", KeyType="ed25519")
    tags = [{"Key": "Name", "Value": "life"}, {"Key": "team", "Value": "blue & <green>"}]
    launched = ec2.run_instances(
        ImageId=WORKSHOP_AMI,
        MinCount=1,
        MaxCount=1,
        KeyName="life",
        InstanceType="Small",
        UserData=SCRIPT,
        TagSpecifications=[{"ResourceType": "instance", "Tags": tags}],
    )
    assert launched["ReservationId"].startswith("r-")
    assert launched["OwnerId"].isdecimal()
    assert len(launched["OwnerId"]) == 12
    machine = launched["Instances"][0]
    assert (machine["State"]["Code"], machine["State"]["Name"]) == (0, "pending")
    assert (machine["ImageId"], machine["InstanceType"], machine["KeyName"]) == (WORKSHOP_AMI, "Small", "life")
    assert sorted(machine["Tags"], key=str) == sorted(tags, key=str)
    instance_id = machine["InstanceId"]

    wait(ec2, "instance_exists", InstanceIds=[instance_id])
    wait(ec2, "instance_running", InstanceIds=[instance_id])
    wait(ec2, "instance_status_ok", InstanceIds=[instance_id])
    wait(ec2, "system_status_ok", InstanceIds=[instance_id])

    vm_id = native(demo.engine, instance_id)
    vm = demo.engine.get(f"/vms/{vm_id}")
    assert (vm["name"], vm["status"], vm["template"]["id"]) == ("life", "up", WORKSHOP)
    assert int(vm["memory"]) == 2048 << 20
    guest = guest_of(demo.engine, vm_id)
    assert guest.scripts == [SCRIPT]
    assert guest.host_name == "life"
    assert len(guest.keys) == 1
    assert guest.keys[0].startswith("ssh-ed25519 ")
    assert user_data_attribute(ec2, instance_id) == SCRIPT

    stopping = ec2.stop_instances(InstanceIds=[instance_id])["StoppingInstances"]
    assert [(each["PreviousState"]["Name"], each["CurrentState"]["Name"]) for each in stopping] == [
        ("running", "stopping")
    ]
    wait(ec2, "instance_stopped", InstanceIds=[instance_id])
    assert demo.engine.get(f"/vms/{vm_id}")["status"] == "down"

    starting = ec2.start_instances(InstanceIds=[instance_id])["StartingInstances"]
    assert [(each["PreviousState"]["Code"], each["CurrentState"]["Code"]) for each in starting] == [(80, 0)]
    wait(ec2, "instance_running", InstanceIds=[instance_id])
    again = ec2.start_instances(InstanceIds=[instance_id])["StartingInstances"]
    assert [(each["PreviousState"]["Code"], each["CurrentState"]["Code"]) for each in again] == [(16, 16)]

    ec2.reboot_instances(InstanceIds=[instance_id])
    wait(ec2, "instance_running", InstanceIds=[instance_id])

    ending = ec2.terminate_instances(InstanceIds=[instance_id])["TerminatingInstances"]
    assert [(each["PreviousState"]["Name"], each["CurrentState"]["Name"]) for each in ending] == [
        ("running", "shutting-down")
    ]
    wait(ec2, "instance_terminated", InstanceIds=[instance_id])
    gone = one(ec2, instance_id)
    assert gone["State"] == {"Code": 48, "Name": "terminated"}
    assert gone["StateReason"]["Code"] == "Client.UserInitiatedShutdown"
    assert vm_id not in [each["id"] for each in demo.engine.machines()]
    repeated = ec2.terminate_instances(InstanceIds=[instance_id])["TerminatingInstances"]
    assert repeated[0]["CurrentState"]["Name"] == "terminated"
    assert ec2.delete_key_pair(KeyName="life")["KeyPairId"] == key["KeyPairId"]


def test_every_state_on_the_way_is_one_that_clients_expect(ec2: Any) -> None:
    """Terraform and Packer take any other state on the way for a failure."""
    instance_id = run(ec2)[0]
    seen = _states_until(ec2, instance_id, "running")
    assert seen == ["pending", "running"]
    ec2.terminate_instances(InstanceIds=[instance_id])
    seen = _states_until(ec2, instance_id, "terminated")
    assert seen == ["shutting-down", "terminated"]


def _states_until(ec2: Any, instance_id: str, last: str) -> list[str]:
    seen: list[str] = []
    for _ in range(3000):
        state = one(ec2, instance_id)["State"]["Name"]
        if not seen or seen[-1] != state:
            seen.append(state)
        if state == last:
            return seen
    raise AssertionError(seen)


def test_several_machines_are_one_reservation(demo: Gateway, ec2: Any) -> None:
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "trio"}]}]
    with machines(ec2, MinCount=2, MaxCount=3, TagSpecifications=tags) as ids:
        assert len(set(ids)) == 3
        found = ec2.describe_instances(InstanceIds=ids)["Reservations"]
        assert len(found) == 1
        assert [each["AmiLaunchIndex"] for each in found[0]["Instances"]] == [0, 1, 2]
        names = sorted(demo.engine.get(f"/vms/{native(demo.engine, each)}")["name"] for each in ids)
        assert names == ["trio-1", "trio-2", "trio-3"]


def test_a_client_token_makes_one_machine(demo: Gateway, ec2: Any) -> None:
    """The same call again, one after another and at the same time, gives the same machine in its current state."""
    call = {"ImageId": WORKSHOP_AMI, "MinCount": 1, "MaxCount": 1, "ClientToken": "token-1"}
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: ec2.run_instances(**call), range(4)))
    assert len({answer["Instances"][0]["InstanceId"] for answer in answers}) == 1
    assert len({answer["ReservationId"] for answer in answers}) == 1
    instance_id = answers[0]["Instances"][0]["InstanceId"]
    wait(ec2, "instance_running", InstanceIds=[instance_id])
    later = ec2.run_instances(**call)["Instances"][0]
    assert (later["InstanceId"], later["State"]["Name"]) == (instance_id, "running")
    with pytest.raises(ec2.exceptions.ClientError) as caught:
        ec2.run_instances(**{**call, "InstanceType": "Tiny"})
    assert caught.value.response["Error"]["Code"] == "IdempotentParameterMismatch"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert one(ec2, instance_id)["ClientToken"] == "token-1"
    ec2.terminate_instances(InstanceIds=[instance_id])


@pytest.mark.parametrize(
    "data",
    [
        b"#cloud-config\npackages:\n- vim\nhostname: fr\xc3\xb6hlich\n",
        BINARY,
        b"#include\nhttp://example.com/a\n",
        b"no newline at the end, \r\n and a carriage return",
    ],
    ids=["cloud-config", "binary", "include", "text"],
)
def test_user_data_of_every_kind_comes_back_byte_by_byte(demo: Gateway, ec2: Any, data: bytes) -> None:
    with machines(ec2, UserData=data) as (instance_id,):
        assert user_data_attribute(ec2, instance_id) == data
        guest = guest_of(demo.engine, native(demo.engine, instance_id))
        if data.startswith(b"#cloud-config"):
            assert guest.config["packages"] == ["vim"]
            assert guest.config["hostname"] == "fröhlich"
        else:
            assert guest.drive["openstack/latest/user_data"] == data


def test_user_data_of_a_stopped_machine_can_change(demo: Gateway, ec2: Any) -> None:
    with machines(ec2, state="stopped", UserData=SCRIPT) as (instance_id,):
        ec2.modify_instance_attribute(InstanceId=instance_id, UserData={"Value": b"#!/bin/sh\necho two\n"})
        assert user_data_attribute(ec2, instance_id) == b"#!/bin/sh\necho two\n"
        assert guest_of(demo.engine, native(demo.engine, instance_id)).scripts == [b"#!/bin/sh\necho two\n"]


def test_size_and_protection_can_change(demo: Gateway, ec2: Any) -> None:
    with machines(ec2, state="stopped", InstanceType="Tiny") as (instance_id,):
        vm_id = native(demo.engine, instance_id)
        assert int(demo.engine.get(f"/vms/{vm_id}")["memory"]) == 512 << 20
        ec2.modify_instance_attribute(InstanceId=instance_id, InstanceType={"Value": "Medium"})
        assert one(ec2, instance_id)["InstanceType"] == "Medium"
        assert int(demo.engine.get(f"/vms/{vm_id}")["memory"]) == 4096 << 20
        ec2.modify_instance_attribute(InstanceId=instance_id, DisableApiTermination={"Value": True})
        assert demo.engine.get(f"/vms/{vm_id}")["delete_protected"] == "true"
        with pytest.raises(ec2.exceptions.ClientError) as caught:
            ec2.terminate_instances(InstanceIds=[instance_id])
        assert caught.value.response["Error"]["Code"] == "OperationNotPermitted"
        assert instance_id in caught.value.response["Error"]["Message"]
        attribute = ec2.describe_instance_attribute(InstanceId=instance_id, Attribute="disableApiTermination")
        assert attribute["DisableApiTermination"] == {"Value": True}
        ec2.modify_instance_attribute(InstanceId=instance_id, Attribute="disableApiTermination", Value="false")
        assert demo.engine.get(f"/vms/{vm_id}")["delete_protected"] == "false"


def test_hibernation_keeps_the_memory(demo: Gateway, ec2: Any) -> None:
    with machines(ec2) as (instance_id,):
        ec2.stop_instances(InstanceIds=[instance_id], Hibernate=True)
        wait(ec2, "instance_stopped", InstanceIds=[instance_id])
        assert demo.engine.get(f"/vms/{native(demo.engine, instance_id)}")["status"] == "suspended"
        assert one(ec2, instance_id)["StateReason"]["Code"] == "Client.UserInitiatedHibernate"
        ec2.start_instances(InstanceIds=[instance_id])
        wait(ec2, "instance_running", InstanceIds=[instance_id])


def test_monitoring_and_console(ec2: Any) -> None:
    with machines(ec2, Monitoring={"Enabled": True}) as (instance_id,):
        assert one(ec2, instance_id)["Monitoring"] == {"State": "enabled"}
        off = ec2.unmonitor_instances(InstanceIds=[instance_id])["InstanceMonitorings"]
        assert off == [{"InstanceId": instance_id, "Monitoring": {"State": "disabled"}}]
        assert one(ec2, instance_id)["Monitoring"] == {"State": "disabled"}
        ec2.monitor_instances(InstanceIds=[instance_id])
        assert one(ec2, instance_id)["Monitoring"] == {"State": "enabled"}
        output = ec2.get_console_output(InstanceId=instance_id)
        assert (output["InstanceId"], output.get("Output", "")) == (instance_id, "")
        credits = ec2.describe_instance_credit_specifications(InstanceIds=[instance_id])
        assert credits["InstanceCreditSpecifications"] == [{"InstanceId": instance_id, "CpuCredits": "standard"}]


def test_the_resource_interface(demo: Gateway) -> None:
    """boto3's object layer: its own waiters, refreshes and collections."""
    resource = demo.session().resource("ec2", endpoint_url=demo.url)
    (instance,) = resource.create_instances(ImageId=WORKSHOP_AMI, MinCount=1, MaxCount=1, InstanceType="Small")
    instance.wait_until_running(WaiterConfig=FAST)
    instance.reload()
    assert (instance.state["Name"], instance.instance_type) == ("running", "Small")
    instance.create_tags(Tags=[{"Key": "Name", "Value": "resource"}])
    tagged = resource.instances.filter(Filters=[{"Name": "tag:Name", "Values": ["resource"]}])
    assert [each.id for each in tagged] == [instance.id]
    assert [volume.attachments[0]["InstanceId"] for volume in instance.volumes.all()] == [instance.id]
    assert instance.image.name == "Workshop template"
    assert instance.vpc.vpc_id == instance.subnet.vpc_id
    assert [group["GroupName"] for group in instance.security_groups] == ["default"]
    (nic,) = instance.network_interfaces
    nic.reload()
    assert (nic.attachment["InstanceId"], nic.vpc_id) == (instance.id, instance.vpc_id)
    assert instance.describe_attribute(Attribute="instanceType")["InstanceType"] == {"Value": "Small"}
    assert instance.console_output().get("Output", "") == ""
    instance.stop()
    instance.wait_until_stopped(WaiterConfig=FAST)
    instance.modify_attribute(InstanceType={"Value": "Medium"})
    instance.start()
    instance.wait_until_running(WaiterConfig=FAST)
    instance.reload()
    assert instance.instance_type == "Medium"
    instance.delete_tags(Tags=[{"Key": "Name"}])
    assert list(tagged) == []
    instance.terminate()
    instance.wait_until_terminated(WaiterConfig=FAST)


def test_other_waiters(ec2: Any) -> None:
    ec2.create_key_pair(KeyName="waited")
    wait(ec2, "key_pair_exists", KeyNames=["waited"])
    ec2.delete_key_pair(KeyName="waited")
    wait(ec2, "image_exists", ImageIds=[WORKSHOP_AMI])
    wait(ec2, "image_available", ImageIds=[WORKSHOP_AMI, DESKTOP_AMI])
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    wait(ec2, "vpc_exists", VpcIds=[vpc])
    wait(ec2, "vpc_available", VpcIds=[vpc])
    wait(ec2, "subnet_available", SubnetIds=[vpc.replace("vpc-", "subnet-")])
    wait(ec2, "security_group_exists", GroupIds=[vpc.replace("vpc-", "sg-")])
    volume = next(each for each in ec2.describe_volumes()["Volumes"] if each["State"] == "in-use")
    wait(ec2, "volume_in_use", VolumeIds=[volume["VolumeId"]])


def test_regions(demo: Gateway) -> None:
    """A region that names no data center means the default; one that does narrows what is seen and made."""
    barcelona, elsewhere = demo.client(region="barcelona"), demo.client(region="eu-west-1")
    zones = barcelona.describe_availability_zones()["AvailabilityZones"]
    assert [(zone["ZoneName"], zone["RegionName"]) for zone in zones] == [("barcelonaa", "barcelona")]
    everywhere = elsewhere.describe_availability_zones()["AvailabilityZones"]
    assert [zone["ZoneName"] for zone in everywhere] == ["Defaulta", "barcelonaa"]
    assert [each["RegionName"] for each in barcelona.describe_regions()["Regions"]] == ["Default", "barcelona"]
    with machines(barcelona, ImageId=DESKTOP_AMI) as (instance_id,):
        vm = demo.engine.get(f"/vms/{native(demo.engine, instance_id)}?follow=cluster")
        assert vm["cluster"]["data_center"]["id"] == BARCELONA_CENTER
        assert one(barcelona, instance_id)["Placement"]["AvailabilityZone"] == "barcelonaa"
        default = demo.client(region="Default")
        with pytest.raises(default.exceptions.ClientError) as caught:
            one(default, instance_id)
        assert caught.value.response["Error"]["Code"] == "InvalidInstanceID.NotFound"


def test_caller_identity(demo: Gateway, ec2: Any) -> None:
    found = demo.client("sts").get_caller_identity()
    assert found["Account"] == ec2.describe_vpcs()["Vpcs"][0]["OwnerId"]
    assert found["Arn"] == f"arn:aws:iam::{found['Account']}:user/admin@internal"
    assert found["UserId"].isalnum()


def test_collections_and_their_batch_verbs(demo: Gateway) -> None:
    resource = demo.session().resource("ec2", endpoint_url=demo.url)
    made = resource.create_instances(ImageId=WORKSHOP_AMI, MinCount=6, MaxCount=6)
    ids = {each.id for each in made}
    for each in made:
        each.wait_until_running(WaiterConfig=FAST)
    collection = resource.instances.filter(Filters=[{"Name": "instance-id", "Values": sorted(ids)}])
    assert {each.id for each in collection.page_size(5)} == ids
    assert len(list(collection.limit(2))) == 2
    answers = collection.stop()
    assert {change["InstanceId"] for answer in answers for change in answer["StoppingInstances"]} == ids
    for each in made:
        each.wait_until_stopped(WaiterConfig=FAST)
    own = [{"Name": "attachment.instance-id", "Values": sorted(ids)}]
    assert {volume.attachments[0]["InstanceId"] for volume in resource.volumes.filter(Filters=own)} == ids
    vpc = resource.Vpc(made[0].vpc_id)
    assert ids <= {each.id for each in vpc.instances.all()}
    (subnet,) = vpc.subnets.all()
    assert ids <= {each.id for each in subnet.instances.all()}
    collection.terminate()
    for each in made:
        each.wait_until_terminated(WaiterConfig=FAST)
