"""DryRun: everything is validated, nothing is done, and the answer is AWS's 412."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from deltaic.frontends.ec2.actions import ACTIONS
from deltaic.model.address import Address
from deltaic.model.security_group import Direction, Rule, SecurityGroup
from deltaic.model.snapshot import Snapshot, SnapshotState
from deltaic.model.volume import Volume, VolumeAttachment, VolumeState
from tests.support.aws_client import AwsClient, AwsFault
from tests.unit.frontends.conftest import SECOND_NETWORK, VM, Gateway

I = "i-8462303649fe4f22a"  # noqa: E741
FREE, HELD = "vol-d15c1111111142228", "vol-d15c2222111142228"
PUBLIC_KEY = b"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBKLiSG5s2eJjJjDs0LcLjCkWyCQgEPC8nKTzPnHy3Vo me"
SECOND_VPC = f"vpc-{SECOND_NETWORK.replace('-', '')[:17]}"
GROUP = "sg-56aa0000000040008"
RULE, ENI = "sgr-56ee0000000040008", "eni-21c00000111142228"
SSH = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "192.0.2.0/24"}]}
ARGUMENTS: dict[str, dict[str, Any]] = {
    "RunInstances": {"ImageId": "ami-77ea752130174ee9b", "MinCount": 1, "MaxCount": 1},
    "StartInstances": {"InstanceIds": [I]},
    "StopInstances": {"InstanceIds": [I]},
    "RebootInstances": {"InstanceIds": [I]},
    "TerminateInstances": {"InstanceIds": [I]},
    "MonitorInstances": {"InstanceIds": [I]},
    "UnmonitorInstances": {"InstanceIds": [I]},
    "ModifyInstanceAttribute": {"InstanceId": I, "DisableApiTermination": {"Value": True}},
    "CreateTags": {"Resources": [I], "Tags": [{"Key": "a", "Value": "b"}]},
    "DeleteTags": {"Resources": [I], "Tags": [{"Key": "a"}]},
    "CreateKeyPair": {"KeyName": "k"},
    "ImportKeyPair": {"KeyName": "k", "PublicKeyMaterial": PUBLIC_KEY},
    "DeleteKeyPair": {"KeyName": "k"},
    "DescribeInstanceAttribute": {"InstanceId": I, "Attribute": "userData"},
    "DescribeVpcAttribute": {"VpcId": "vpc-00000000000000000", "Attribute": "enableDnsSupport"},
    "DescribeImageAttribute": {"ImageId": "ami-77ea752130174ee9b", "Attribute": "description"},
    "DescribeSnapshotAttribute": {"SnapshotId": "snap-aaaa752130174ee9b", "Attribute": "productCodes"},
    "CreateVolume": {"AvailabilityZone": "Defaulta", "Size": 1},
    "DeleteVolume": {"VolumeId": FREE},
    "AttachVolume": {"VolumeId": FREE, "InstanceId": I, "Device": "/dev/sdf"},
    "DetachVolume": {"VolumeId": HELD},
    "ModifyVolume": {"VolumeId": FREE, "Size": 2},
    "DescribeVolumeAttribute": {"VolumeId": FREE, "Attribute": "autoEnableIO"},
    "ModifyVolumeAttribute": {"VolumeId": FREE, "AutoEnableIO": {"Value": False}},
    "EnableVolumeIO": {"VolumeId": FREE},
    "CreateSnapshot": {"VolumeId": FREE},
    "DeleteSnapshot": {"SnapshotId": "snap-5aa50000111142228"},
    "CreateImage": {"InstanceId": I, "Name": "golden"},
    "DeregisterImage": {"ImageId": "ami-77ea752130174ee9b"},
    "ModifyImageAttribute": {"ImageId": "ami-77ea752130174ee9b", "Description": {"Value": "new"}},
    "CreateVpc": {"CidrBlock": "10.3.0.0/16"},
    "DeleteVpc": {"VpcId": SECOND_VPC},
    "CreateSubnet": {"VpcId": SECOND_VPC, "CidrBlock": "10.1.1.0/24"},
    "DeleteSubnet": {"SubnetId": SECOND_VPC.replace("vpc", "subnet")},
    "CreateSecurityGroup": {"GroupName": "web", "Description": "Web"},
    "DeleteSecurityGroup": {"GroupId": GROUP},
    "AuthorizeSecurityGroupIngress": {"GroupId": GROUP, "IpPermissions": [SSH]},
    "AuthorizeSecurityGroupEgress": {"GroupId": GROUP, "IpPermissions": [SSH]},
    "RevokeSecurityGroupIngress": {"GroupId": GROUP, "IpPermissions": [SSH]},
    "RevokeSecurityGroupEgress": {"GroupId": GROUP, "IpPermissions": [SSH]},
    "ModifySecurityGroupRules": {
        "GroupId": GROUP,
        "SecurityGroupRules": [
            {
                "SecurityGroupRuleId": RULE,
                "SecurityGroupRule": {"IpProtocol": "tcp", "FromPort": 23, "ToPort": 23, "CidrIpv4": "192.0.2.0/24"},
            }
        ],
    },
    "UpdateSecurityGroupRuleDescriptionsIngress": {"GroupId": GROUP, "IpPermissions": [SSH]},
    "UpdateSecurityGroupRuleDescriptionsEgress": {"GroupId": GROUP, "IpPermissions": [SSH]},
    "ModifyNetworkInterfaceAttribute": {"NetworkInterfaceId": ENI, "SourceDestCheck": {"Value": True}},
    "AssociateAddress": {"PublicIp": "203.0.113.9", "InstanceId": I},
    "DisassociateAddress": {"PublicIp": "203.0.113.9"},
    "ReleaseAddress": {"PublicIp": "203.0.113.9"},
    "GetConsoleOutput": {"InstanceId": I},
    "GetConsoleScreenshot": {"InstanceId": I},
}


#: AWS gives these no DryRun.
WITHOUT = {"ModifyVpcAttribute", "ModifySubnetAttribute"}


@pytest.mark.parametrize("action", sorted(set(ACTIONS) - WITHOUT))
async def test_a_dry_run_changes_nothing(gateway: Gateway, client: AwsClient, action: str) -> None:
    plug = VolumeAttachment(VM, "/dev/sdg")
    held = Volume(
        "d15c2222-1111-4222-8333-444455556666", "held", VolumeState.AVAILABLE, 1, attachments=(plug,), kept=True
    )
    gateway.driver.volumes.rows.append(held)
    gateway.driver.snapshots.rows.append(
        Snapshot("5aa50000-1111-4222-8333-444455556666", "own", SnapshotState.COMPLETED)
    )
    ways = zip(Direction, ("56ee0000-0000-4000-8000-000000000001", "56ef0000-0000-4000-8000-000000000001"), strict=True)
    rules = tuple(Rule(way, "tcp", 22, 22, cidr="192.0.2.0/24", id=own) for way, own in ways)
    own = SecurityGroup("56aa0000-0000-4000-8000-000000000001", "own", rules=rules)
    gateway.driver.security_groups.rows.append(own)
    gateway.driver.addresses.rows.append(Address("ad000000-0000-4000-8000-000000000001", "203.0.113.9"))
    gateway.driver.capability = replace(
        gateway.driver.capability,
        security_groups_list=True,
        addresses_list=True,
        networks_create_with_subnets=True,
    )
    with pytest.raises(AwsFault) as caught:
        await client.call(action, **ARGUMENTS.get(action, {}), DryRun=True)
    assert caught.value.status == 412
    assert caught.value.code == "DryRunOperation"
    assert caught.value.message == "Request would have succeeded, but DryRun flag is set."
    assert gateway.driver.instances.changes == gateway.driver.volumes.changes == gateway.driver.snapshots.changes == []
    assert gateway.driver.security_groups.changes == gateway.driver.addresses.changes == []
    assert gateway.operations.started == []
    assert gateway.store.key_pairs.rows == {}
    stored = await gateway.services.tags.stored()
    assert [own for own in stored.values() if set(own) != {"letters"}] == []  # zones keep their letters there


@pytest.mark.parametrize(
    ("action", "parameters", "expected"),
    [
        ("StartInstances", {"InstanceIds": ["i-11111111111111111"]}, "InvalidInstanceID.NotFound"),
        (
            "TerminateInstances",
            {"InstanceIds": ["i-00000000-0000-4000-8000-000000000000"]},
            "InvalidInstanceID.NotFound",
        ),
        ("RunInstances", {"ImageId": "ami-11111111111111111", "MinCount": 1, "MaxCount": 1}, "InvalidAMIID.NotFound"),
        ("CreateTags", {"Resources": ["vol-11111111111111111"], "Tags": [{"Key": "a"}]}, "InvalidVolume.NotFound"),
    ],
)
async def test_a_dry_run_tells_what_is_wrong(
    client: AwsClient, action: str, parameters: dict[str, Any], expected: str
) -> None:
    with pytest.raises(AwsFault) as caught:
        await client.call(action, **parameters, DryRun=True)
    assert (caught.value.status, caught.value.code) == (400, expected)
