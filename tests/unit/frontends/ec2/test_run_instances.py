"""RunInstances: what is launched, what is refused and how, and idempotency."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.support.aws_client import AwsClient, AwsFault
from tests.unit.frontends.conftest import CLUSTER, IMAGE, NETWORK, SECOND_CLUSTER, SECOND_NETWORK, Gateway

AMI = "ami-77ea752130174ee9b"
SUBNET = "subnet-00000000000000000"
SECOND_SUBNET = "subnet-0e7b0000111142228"
SCRIPT = b"#!/bin/sh\necho \xc3\xa4\n"


async def run(client: AwsClient, **parameters: Any) -> dict[str, Any]:
    return await client.call("RunInstances", **{"ImageId": AMI, "MinCount": 1, "MaxCount": 1} | parameters)


async def fault(client: AwsClient, **parameters: Any) -> AwsFault:
    with pytest.raises(AwsFault) as caught:
        await run(client, **parameters)
    return caught.value


async def test_a_launch_answers_pending_and_hands_everything_on(gateway: Gateway, client: AwsClient) -> None:
    await client.call("CreateKeyPair", KeyName="mine")
    answer = await run(
        client,
        KeyName="mine",
        UserData=base64.b64encode(SCRIPT).decode(),
        InstanceType="Small",
        DisableApiTermination=True,
        Monitoring={"Enabled": True},
        TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "web"}]}],
    )
    made = answer["Instances"][0]
    assert made["State"] == {"Code": 0, "Name": "pending"}
    assert made["KeyName"] == "mine"
    assert made["ImageId"] == AMI
    assert made["Monitoring"] == {"State": "enabled"}
    assert {"Key": "Name", "Value": "web"} in made["Tags"]
    assert answer["ReservationId"].startswith("r-")
    (spec,) = gateway.driver.instances.given.values()
    assert (spec.name, spec.image_id, spec.user_data) == ("web", IMAGE, SCRIPT)
    assert spec.instance_type_id == "0000000b-000b-000b-000b-00000000021f"
    assert spec.delete_protected is True
    assert len(spec.authorized_keys) == 1


async def test_several_machines_are_one_reservation(client: AwsClient) -> None:
    answer = await run(client, MinCount=3, MaxCount=3)
    ids = [made["InstanceId"] for made in answer["Instances"]]
    assert len(set(ids)) == 3
    shown = await client.call("DescribeInstances", InstanceIds=ids)
    assert [group["ReservationId"] for group in shown["Reservations"]] == [answer["ReservationId"]]


async def test_the_same_token_gives_the_same_machine(gateway: Gateway, client: AwsClient) -> None:
    first = await run(client, ClientToken="token-1")
    again = await run(client, ClientToken="token-1")
    assert [i["InstanceId"] for i in again["Instances"]] == [i["InstanceId"] for i in first["Instances"]]
    assert again["ReservationId"] == first["ReservationId"]
    assert len(gateway.driver.instances.given) == 1
    assert (await fault(client, ClientToken="token-1", InstanceType="Small")).code == "IdempotentParameterMismatch"
    assert (await fault(client, ClientToken="x" * 65)).code == "InvalidParameterValue"


@pytest.mark.parametrize(
    ("parameters", "networks", "zone"),
    [
        ({"SubnetId": SUBNET}, (NETWORK,), CLUSTER.id),
        ({"SubnetId": SECOND_SUBNET}, (SECOND_NETWORK,), SECOND_CLUSTER.id),
        ({"SubnetId": SUBNET, "Placement": {"AvailabilityZone": "Defaultb"}}, (NETWORK,), SECOND_CLUSTER.id),
        ({"SecurityGroupIds": ["sg-0e7b0000111142228"]}, (SECOND_NETWORK,), SECOND_CLUSTER.id),
        ({"SecurityGroups": ["default"]}, (), None),
        ({"Placement": {"AvailabilityZone": "Second"}}, (), SECOND_CLUSTER.id),
        (
            {"NetworkInterfaces": [{"DeviceIndex": 0, "SubnetId": SUBNET, "AssociatePublicIpAddress": True}]},
            (NETWORK,),
            CLUSTER.id,
        ),
        ({"NetworkInterfaces": [{"DeviceIndex": 0, "AssociatePublicIpAddress": True}]}, (), None),
        (
            {
                "NetworkInterfaces": [
                    {"DeviceIndex": 1, "SubnetId": SUBNET},
                    {"DeviceIndex": 0, "SubnetId": SECOND_SUBNET, "Groups": ["sg-0e7b0000111142228"]},
                ]
            },
            (SECOND_NETWORK, NETWORK),
            SECOND_CLUSTER.id,
        ),
    ],
)
async def test_where_a_machine_goes(
    gateway: Gateway, client: AwsClient, parameters: dict[str, Any], networks: tuple[str, ...], zone: str | None
) -> None:
    await run(client, **parameters)
    (spec,) = gateway.driver.instances.given.values()
    assert spec.network_ids == networks
    assert zone in (None, spec.zone_id)


@pytest.mark.parametrize(
    ("parameters", "code", "named"),
    [
        ({"IamInstanceProfile": {"Name": "x"}}, "UnsupportedOperation", "IamInstanceProfile.Name"),
        ({"EbsOptimized": True}, "UnsupportedOperation", "EbsOptimized"),
        ({"InstanceInitiatedShutdownBehavior": "terminate"}, "UnsupportedOperation", "InstanceInitiatedShutdown"),
        ({"MetadataOptions": {"HttpEndpoint": "enabled"}}, "UnsupportedOperation", "MetadataOptions.HttpEndpoint"),
        ({"CreditSpecification": {"CpuCredits": "unlimited"}}, "UnsupportedOperation", "CreditSpecification"),
        ({"Placement": {"Tenancy": "dedicated"}}, "UnsupportedOperation", "Placement.Tenancy"),
        ({"PrivateIpAddress": "10.0.0.1"}, "UnsupportedOperation", "PrivateIpAddress"),
        ({"LaunchTemplate": {"LaunchTemplateName": "x"}}, "UnsupportedOperation", "LaunchTemplate"),
        ({"InstanceType": "t9.huge"}, "InvalidInstanceType", "t9.huge"),
        ({"ImageId": "ami-11111111111111111"}, "InvalidAMIID.NotFound", "ami-11111111111111111"),
        ({"ImageId": "nonsense"}, "InvalidAMIID.Malformed", "nonsense"),
        ({"KeyName": "none"}, "InvalidKeyPair.NotFound", "none"),
        ({"Placement": {"AvailabilityZone": "mars"}}, "InvalidZone.NotFound", "mars"),
        ({"SubnetId": "subnet-11111111111111111"}, "InvalidSubnetID.NotFound", "subnet-11111111111111111"),
        ({"SubnetId": "subnet-" + "1" * 32}, "InvalidSubnetID.NotFound", "subnet-" + "1" * 32),
        (
            {"SubnetId": SECOND_SUBNET, "Placement": {"AvailabilityZone": "Defaulta"}},
            "InvalidParameterValue",
            "availabilityZone",
        ),
        ({"SecurityGroups": ["web"]}, "InvalidGroup.NotFound", "web"),
        ({"SubnetId": SUBNET, "SecurityGroupIds": ["sg-0e7b0000111142228"]}, "InvalidParameter", "sg-0e7b"),
        (
            {"SubnetId": SUBNET, "NetworkInterfaces": [{"DeviceIndex": 0, "SubnetId": SUBNET}]},
            "InvalidParameterCombination",
            "subnet ID",
        ),
        (
            {"NetworkInterfaces": [{"DeviceIndex": 1, "SubnetId": SUBNET}]},
            "InvalidParameterValue",
            "NetworkInterface.N.DeviceIndex",
        ),
        (
            {"NetworkInterfaces": [{"DeviceIndex": 0, "SubnetId": SUBNET, "PrivateIpAddress": "10.0.0.1"}]},
            "UnsupportedOperation",
            "NetworkInterface.1.PrivateIpAddress",
        ),
        ({"UserData": "%%%"}, "InvalidUserData.Malformed", None),
        ({"UserData": base64.b64encode(b"x" * 16385).decode()}, "InvalidParameterValue", "16384"),
        ({"MinCount": 2}, "InvalidParameterValue", "MinCount"),
        (
            {"TagSpecifications": [{"ResourceType": "spot-instances-request", "Tags": [{"Key": "a"}]}]},
            "InvalidParameterValue",
            "spot-instances-request",
        ),
        (
            {"TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "aws:x", "Value": ""}]}]},
            "InvalidParameterValue",
            "aws:",
        ),
    ],
)
async def test_what_can_t_be_done_is_refused_by_name(
    gateway: Gateway, client: AwsClient, parameters: dict[str, Any], code: str, named: str | None
) -> None:
    error = await fault(client, **parameters)
    assert (error.status, error.code) == (400, code)
    assert named is None or named in error.message
    assert gateway.driver.instances.given == {}


@pytest.mark.parametrize(
    "parameters",
    [
        {"EbsOptimized": False, "DisableApiStop": False, "InstanceInitiatedShutdownBehavior": "stop"},
        {"MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 2}},
        {"CreditSpecification": {"CpuCredits": "standard"}},
        {"Placement": {"Tenancy": "default"}},
        {"BlockDeviceMappings": [{"DeviceName": "/dev/vda", "Ebs": {"VolumeSize": 10, "DeleteOnTermination": True}}]},
        {"BlockDeviceMappings": [{"DeviceName": "/dev/vda", "Ebs": {"SnapshotId": "snap-aaaa752130174ee9b"}}]},
    ],
)
async def test_what_is_the_case_anyway_is_accepted(client: AwsClient, parameters: dict[str, Any]) -> None:
    assert (await run(client, **parameters))["Instances"][0]["State"]["Name"] == "pending"


@pytest.mark.parametrize(
    ("mapping", "code", "named"),
    [
        ({"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 1, "Iops": 9}}, "UnsupportedOperation", "Ebs.Iops"),
        ({"DeviceName": "/dev/vda", "Ebs": {"VolumeSize": 20}}, "InvalidParameterValue", "10 GiB"),
        ({"DeviceName": "/dev/vda", "Ebs": {"Encrypted": True}}, "UnsupportedOperation", "Ebs.Encrypted"),
        ({"DeviceName": "/dev/vda", "Ebs": {"DeleteOnTermination": False}}, "UnsupportedOperation", "DeleteOnTerm"),
        ({"DeviceName": "/dev/vda", "NoDevice": ""}, "UnsupportedOperation", "BlockDeviceMapping.1.NoDevice"),
        ({"Ebs": {"VolumeSize": 10}}, "MissingParameter", "BlockDeviceMapping.1.DeviceName"),
    ],
)
async def test_other_disks_than_the_image_s_are_refused(
    client: AwsClient, mapping: dict[str, Any], code: str, named: str
) -> None:
    error = await fault(client, BlockDeviceMappings=[mapping])
    assert error.code == code
    assert named in error.message


async def test_new_volumes_beside_the_image_s_disks(gateway: Gateway, client: AwsClient) -> None:
    own, kept = {"VolumeSize": 2}, {"VolumeSize": 1, "DeleteOnTermination": False}
    mappings = [{"DeviceName": "/dev/sdf", "Ebs": own}, {"DeviceName": "/dev/sdg", "Ebs": kept}]
    await run(client, BlockDeviceMappings=mappings)
    (spec,) = gateway.driver.instances.given.values()
    assert [(wish.device, wish.own, wish.spec.size) for wish in spec.volumes if wish.spec] == [
        ("/dev/sdf", True, 2 << 30),
        ("/dev/sdg", False, 1 << 30),
    ]


async def test_the_image_is_required(client: AwsClient) -> None:
    with pytest.raises(AwsFault) as caught:
        await client.call("RunInstances", MinCount=1, MaxCount=1)
    assert caught.value.code == "MissingParameter"
    assert caught.value.message == "The request must contain the parameter ImageId"
