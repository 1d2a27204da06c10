"""Security groups of a cloud that has them, as EC2's clients make, change and remove them."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from tests.support.aws_client import AwsClient, AwsFault
from tests.unit.frontends.conftest import NETWORK, SECOND_NETWORK, VM, Gateway

MACHINE = "i-8462303649fe4f22a"
VPC = f"vpc-{NETWORK.replace('-', '')[:17]}"
OTHER_VPC = f"vpc-{SECOND_NETWORK.replace('-', '')[:17]}"
SSH = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "192.0.2.0/24", "Description": "us"}]}
ANYBODY = [{"CidrIp": "0.0.0.0/0"}]
TCP = {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 2}
EVERYTHING = {"IpProtocol": "-1", "UserIdGroupPairs": [], "PrefixListIds": [],
              "IpRanges": [{"CidrIp": "0.0.0.0/0"}], "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}  # fmt: skip


@pytest.fixture
def cloud(gateway: Gateway) -> Gateway:
    """A gateway whose cloud has security groups."""
    gateway.driver.capability = replace(
        gateway.driver.capability, security_groups_list=True, security_groups_create=True,
        security_groups_update=True, security_groups_delete=True,
    )  # fmt: skip
    return gateway


async def made(client: AwsClient, name: str = "web", **more: Any) -> str:
    answer = await client.call("CreateSecurityGroup", GroupName=name, Description=f"The {name} servers", **more)
    return str(answer["GroupId"])


async def described(client: AwsClient, group_id: str) -> dict[str, Any]:
    (group,) = (await client.call("DescribeSecurityGroups", GroupIds=[group_id]))["SecurityGroups"]
    return dict(group)


async def refused(client: AwsClient, action: str, **parameters: Any) -> str:
    with pytest.raises(AwsFault) as caught:
        await client.call(action, **parameters)
    assert caught.value.status == 400
    return caught.value.code


async def test_a_new_group_lets_everything_out_and_nothing_in(cloud: Gateway, client: AwsClient) -> None:
    group = await described(client, await made(client))
    assert (group["GroupName"], group["Description"], group["VpcId"]) == ("web", "The web servers", VPC)
    assert (group["IpPermissions"], group["IpPermissionsEgress"]) == ([], [EVERYTHING])


async def test_rules_come_and_go(cloud: Gateway, client: AwsClient) -> None:
    group_id = await made(client)
    source = await made(client, "db")
    permissions = [
        SSH,
        {"IpProtocol": "udp", "FromPort": 53, "ToPort": 53, "UserIdGroupPairs": [{"GroupId": source}]},
        {"IpProtocol": "icmp", "FromPort": 8, "ToPort": -1, "Ipv6Ranges": [{"CidrIpv6": "2001:db8::/32"}]},
    ]
    answer = await client.call("AuthorizeSecurityGroupIngress", GroupId=group_id, IpPermissions=permissions)
    rules = answer["SecurityGroupRules"]
    assert [(one["IpProtocol"], one["FromPort"], one["ToPort"], one["IsEgress"]) for one in rules] == [
        ("tcp", 22, 22, False), ("udp", 53, 53, False), ("icmp", 8, -1, False),
    ]  # fmt: skip
    assert (rules[0]["CidrIpv4"], rules[0]["Description"]) == ("192.0.2.0/24", "us")
    assert rules[1]["ReferencedGroupInfo"]["GroupId"] == source
    shown = {one["IpProtocol"]: one for one in (await described(client, group_id))["IpPermissions"]}
    assert shown["tcp"]["IpRanges"] == SSH["IpRanges"]
    assert [(one["GroupId"], one["GroupName"]) for one in shown["udp"]["UserIdGroupPairs"]] == [(source, "db")]
    assert shown["icmp"]["Ipv6Ranges"] == [{"CidrIpv6": "2001:db8::/32"}]
    gone = await client.call("RevokeSecurityGroupIngress", GroupId=group_id, IpPermissions=[permissions[0]])
    ids = [one["SecurityGroupRuleId"] for one in rules]
    assert [one["SecurityGroupRuleId"] for one in gone["RevokedSecurityGroupRules"]] == ids[:1]
    await client.call("RevokeSecurityGroupIngress", GroupId=group_id, SecurityGroupRuleIds=ids[1:2])
    left = await client.call("DescribeSecurityGroupRules", Filters=[{"Name": "group-id", "Values": [group_id]}])
    assert [one["IpProtocol"] for one in left["SecurityGroupRules"] if not one["IsEgress"]] == ["icmp"]


async def test_the_old_flat_form(cloud: Gateway, client: AwsClient) -> None:
    await made(client)
    flat = {"GroupName": "web", "IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "CidrIp": "0.0.0.0/0"}
    await client.call("AuthorizeSecurityGroupIngress", **flat)
    assert await refused(client, "AuthorizeSecurityGroupIngress", **flat) == "InvalidPermission.Duplicate"
    await client.call("RevokeSecurityGroupIngress", **flat)
    assert await refused(client, "RevokeSecurityGroupIngress", **flat) == "InvalidPermission.NotFound"


@pytest.mark.parametrize(
    ("permission", "code"),
    [
        ({"FromPort": 1, "ToPort": 2, "IpRanges": ANYBODY}, "MissingParameter"),
        ({"IpProtocol": "tcp", "IpRanges": ANYBODY}, "MissingParameter"),
        (TCP, "MissingParameter"),
        ({**TCP, "ToPort": 0, "IpRanges": ANYBODY}, "InvalidParameterValue"),
        ({**TCP, "IpRanges": [{"CidrIp": "nowhere"}]}, "InvalidParameterValue"),
        ({**TCP, "IpProtocol": "fog", "IpRanges": ANYBODY}, "InvalidParameterValue"),
        ({**TCP, "PrefixListIds": [{"PrefixListId": "pl-1"}]}, "UnsupportedOperation"),
        ({**TCP, "UserIdGroupPairs": [{"GroupId": "sg-11111111111111111"}]}, "InvalidGroup.NotFound"),
        ({**TCP, "UserIdGroupPairs": [{"GroupName": "web", "UserId": "1"}]}, "InvalidParameterValue"),
    ],
)  # fmt: skip
async def test_rules_that_can_not_be(cloud: Gateway, client: AwsClient, permission: dict[str, Any], code: str) -> None:
    group_id = await made(client)
    before = list(cloud.driver.security_groups.changes)
    assert await refused(client, "AuthorizeSecurityGroupIngress", GroupId=group_id, IpPermissions=[permission]) == code
    assert cloud.driver.security_groups.changes == before


async def test_names_are_taken_once_in_a_vpc(cloud: Gateway, client: AwsClient) -> None:
    group_id = await made(client)
    again = {"GroupName": "web", "Description": "again"}
    assert await refused(client, "CreateSecurityGroup", **again) == "InvalidGroup.Duplicate"
    assert await refused(client, "CreateSecurityGroup", **again, VpcId=VPC) == "InvalidGroup.Duplicate"
    assert await made(client, VpcId=OTHER_VPC) != group_id
    for name in ("default", "sg-1"):
        assert await refused(client, "CreateSecurityGroup", GroupName=name, Description="x") == "InvalidParameterValue"


async def test_removal(cloud: Gateway, client: AwsClient) -> None:
    group_id = await made(client)
    answer = await client.call("DeleteSecurityGroup", GroupId=group_id)
    assert answer["GroupId"] == group_id
    assert await refused(client, "DeleteSecurityGroup", GroupId=group_id) == "InvalidGroup.NotFound"
    assert await refused(client, "DeleteSecurityGroup", GroupName="default") == "CannotDelete"


async def test_a_machine_shows_its_groups_and_holds_them(cloud: Gateway, client: AwsClient) -> None:
    group_id = await made(client)
    (native,) = [row.id for row in cloud.driver.security_groups.rows if row.name == "web"]
    machine = cloud.machines[VM]
    nics = tuple(replace(nic, security_group_ids=(native,)) for nic in machine.nics)
    cloud.machines[VM] = replace(machine, nics=nics)
    (found,) = (await client.call("DescribeInstances", InstanceIds=[MACHINE]))["Reservations"]
    assert found["Instances"][0]["SecurityGroups"] == [{"GroupId": group_id, "GroupName": "web"}]
    where = [{"Name": "instance.group-name", "Values": ["web"]}]
    assert len((await client.call("DescribeInstances", Filters=where))["Reservations"]) == 1
    assert await refused(client, "DeleteSecurityGroup", GroupId=group_id) == "DependencyViolation"


async def test_tags_of_groups_are_the_clouds(cloud: Gateway, client: AwsClient) -> None:
    specification = [{"ResourceType": "security-group", "Tags": [{"Key": "a", "Value": "1"}]}]
    group_id = await made(client, TagSpecifications=specification)
    await client.call("CreateTags", Resources=[group_id], Tags=[{"Key": "b", "Value": "2"}])
    assert (await described(client, group_id))["Tags"] == [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
    assert [row.tags for row in cloud.driver.security_groups.rows if row.name == "web"] == [{"a": "1", "b": "2"}]


async def test_a_cloud_without_them_says_so(gateway: Gateway, client: AwsClient) -> None:
    assert await refused(client, "CreateSecurityGroup", GroupName="web", Description="x") == "UnsupportedOperation"


async def test_tags_that_the_cloud_holds_are_told_among_all_tags(cloud: Gateway, client: AwsClient) -> None:
    group_id = await made(
        client, TagSpecifications=[{"ResourceType": "security-group", "Tags": [{"Key": "team", "Value": "blue"}]}]
    )
    rows = (await client.call("DescribeTags", Filters=[{"Name": "resource-id", "Values": [group_id]}]))["Tags"]
    assert rows == [{"ResourceId": group_id, "ResourceType": "security-group", "Key": "team", "Value": "blue"}]
