"""Changing, describing and tagging rules of security groups, and giving interfaces other groups."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from deltaic.model.errors import Error, ErrorKind
from tests.support.aws_client import AwsClient, AwsFault
from tests.unit.frontends.conftest import NIC, VM, Gateway
from tests.unit.frontends.ec2.test_security_groups import ANYBODY, SSH, TCP, cloud, described, made, refused

__all__ = ["cloud"]

TAGS = [{"Key": "Name", "Value": "ssh"}]
ENI = f"eni-{NIC.replace('-', '')[:17]}"
SINGLE = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIpv4": "192.0.2.0/24"}
MACHINE = "i-8462303649fe4f22a"


async def ruled(client: AwsClient, **more: Any) -> tuple[str, str]:
    """A group with one rule: their ids."""
    group = await made(client)
    answer = await client.call("AuthorizeSecurityGroupIngress", GroupId=group, IpPermissions=[SSH], **more)
    return group, str(answer["SecurityGroupRules"][0]["SecurityGroupRuleId"])


async def rule_of(client: AwsClient, rule: str) -> dict[str, Any]:
    (found,) = (await client.call("DescribeSecurityGroupRules", SecurityGroupRuleIds=[rule]))["SecurityGroupRules"]
    return dict(found)


def update(rule: str, **members: Any) -> dict[str, Any]:
    return {"SecurityGroupRules": [{"SecurityGroupRuleId": rule, "SecurityGroupRule": {**SINGLE, **members}}]}


async def test_a_modified_rule_keeps_its_id_and_tags(cloud: Gateway, client: AwsClient) -> None:
    group, rule = await ruled(client, TagSpecifications=[{"ResourceType": "security-group-rule", "Tags": TAGS}])
    answer = await client.call(
        "ModifySecurityGroupRules", GroupId=group, **update(rule, FromPort=2222, ToPort=2223, Description="elsewhere")
    )
    assert answer["Return"] is True
    found = await rule_of(client, rule)
    assert (found["FromPort"], found["ToPort"], found["CidrIpv4"]) == (2222, 2223, "192.0.2.0/24")
    assert (found["Description"], found["GroupId"], found["IsEgress"], found["Tags"]) == (
        "elsewhere", group, False, TAGS,
    )  # fmt: skip
    (permission,) = (await described(client, group))["IpPermissions"]
    assert (permission["FromPort"], permission["IpRanges"]) == (
        2222, [{"CidrIp": "192.0.2.0/24", "Description": "elsewhere"}],
    )  # fmt: skip
    await client.call("ModifySecurityGroupRules", GroupId=group, **update(rule, FromPort=2222, ToPort=2223))
    assert "Description" not in await rule_of(client, rule)
    gone = await client.call("RevokeSecurityGroupIngress", GroupId=group, SecurityGroupRuleIds=[rule])
    assert [one["SecurityGroupRuleId"] for one in gone["RevokedSecurityGroupRules"]] == [rule]
    assert (await described(client, group))["IpPermissions"] == []
    assert await cloud.services.tags.stored() == {}


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"CidrIpv6": "::/0"}, "InvalidParameterCombination"),
        ({"CidrIpv4": ""}, "MissingParameter"),
        ({"FromPort": 23}, "InvalidParameterValue"),
        ({"IpProtocol": "fog"}, "InvalidParameterValue"),
        ({"CidrIpv4": "", "PrefixListId": "pl-1"}, "UnsupportedOperation"),
        ({"CidrIpv4": "", "ReferencedGroupId": "sg-11111111111111111"}, "InvalidGroup.NotFound"),
        ({"FromPort": 80, "ToPort": 80}, "InvalidPermission.Duplicate"),
    ],
)  # fmt: skip
async def test_rules_that_can_not_become_that(
    cloud: Gateway, client: AwsClient, members: dict[str, Any], code: str
) -> None:
    group, rule = await ruled(client)
    web = {**TCP, "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": "192.0.2.0/24"}]}
    await client.call("AuthorizeSecurityGroupIngress", GroupId=group, IpPermissions=[web])
    before = list(cloud.driver.security_groups.changes)
    assert await refused(client, "ModifySecurityGroupRules", GroupId=group, **update(rule, **members)) == code
    assert cloud.driver.security_groups.changes == before


async def test_rules_that_are_not_there(cloud: Gateway, client: AwsClient) -> None:
    group, rule = await ruled(client)
    unknown = update("sgr-11111111111111111")
    assert await refused(client, "ModifySecurityGroupRules", GroupId=group, **unknown) == (
        "InvalidSecurityGroupRuleId.NotFound"
    )
    twice = {"SecurityGroupRules": update(rule)["SecurityGroupRules"] * 2}
    assert await refused(client, "ModifySecurityGroupRules", GroupId=group, **twice) == "InvalidParameterValue"
    describe = "UpdateSecurityGroupRuleDescriptionsIngress"
    assert await refused(client, describe, GroupId=group) == "MissingParameter"
    other = [{**TCP, "IpRanges": ANYBODY}]
    assert await refused(client, describe, GroupId=group, IpPermissions=other) == "InvalidPermission.NotFound"
    wrong = {"SecurityGroupRuleDescriptions": [{"SecurityGroupRuleId": rule, "Description": "x"}]}
    egress = "UpdateSecurityGroupRuleDescriptionsEgress"
    assert await refused(client, egress, GroupId=group, **wrong) == "InvalidParameterValue"
    both = {"IpPermissions": [SSH], **wrong}
    assert await refused(client, describe, GroupId=group, **both) == "InvalidParameterCombination"


async def test_descriptions_by_traffic_and_by_id(cloud: Gateway, client: AwsClient) -> None:
    group, rule = await ruled(client)
    action = "UpdateSecurityGroupRuleDescriptionsIngress"
    before = list(cloud.driver.security_groups.changes)
    by_traffic = {**SSH, "IpRanges": [{"CidrIp": "192.0.2.0/24", "Description": "desk"}]}
    assert (await client.call(action, GroupName="web", IpPermissions=[by_traffic]))["Return"] is True
    assert (await rule_of(client, rule))["Description"] == "desk"
    entry = {"SecurityGroupRuleId": rule, "Description": "home"}
    await client.call(action, GroupId=group, SecurityGroupRuleDescriptions=[entry])
    assert (await described(client, group))["IpPermissions"][0]["IpRanges"] == [
        {"CidrIp": "192.0.2.0/24", "Description": "home"}
    ]
    await client.call(action, GroupId=group, SecurityGroupRuleDescriptions=[{"SecurityGroupRuleId": rule}])
    assert "Description" not in await rule_of(client, rule)
    assert cloud.driver.security_groups.changes == before


async def test_a_new_rule_is_not_what_an_old_one_was(cloud: Gateway, client: AwsClient) -> None:
    """Neither a removed rule nor a removed group leaves a description, an id or tags behind."""
    group, rule = await ruled(client)
    await client.call("CreateTags", Resources=[rule], Tags=TAGS)
    (row,) = (await client.call("DescribeTags", Filters=[{"Name": "resource-id", "Values": [rule]}]))["Tags"]
    assert (row["ResourceType"], row["Key"], row["Value"]) == ("security-group-rule", "Name", "ssh")
    await client.call("ModifySecurityGroupRules", GroupId=group, **update(rule, FromPort=1, ToPort=22, Description="x"))
    await client.call("DeleteSecurityGroup", GroupId=group)
    assert await cloud.services.tags.stored() == {}
    assert await refused(client, "CreateTags", Resources=[rule], Tags=TAGS) == "InvalidSecurityGroupRuleId.NotFound"


@pytest.mark.parametrize(("protocol", "ports"), [("50", {}), ("-1", {}), ("tcp", {"FromPort": 0, "ToPort": 0})])
async def test_ports_count_where_a_protocol_has_some(
    cloud: Gateway, client: AwsClient, protocol: str, ports: dict[str, int]
) -> None:
    """Terraform always sends both ends: AWS keeps them where the protocol has ports, and tells none elsewhere."""
    group = await made(client)
    asked = {"IpProtocol": protocol, "FromPort": 0, "ToPort": 0, "IpRanges": ANYBODY}
    await client.call("AuthorizeSecurityGroupIngress", GroupId=group, IpPermissions=[asked])
    (found,) = (await described(client, group))["IpPermissions"]
    assert (found["IpProtocol"], {name: found[name] for name in ("FromPort", "ToPort") if name in found}) == (
        protocol, ports,
    )  # fmt: skip
    await client.call("RevokeSecurityGroupIngress", GroupId=group, IpPermissions=[asked])
    assert (await described(client, group))["IpPermissions"] == []


async def test_an_interface_gets_other_groups(cloud: Gateway, client: AwsClient) -> None:
    group = await made(client)
    await client.call("ModifyNetworkInterfaceAttribute", NetworkInterfaceId=ENI, Groups=[group])
    (found,) = (await client.call("DescribeInstances", InstanceIds=[MACHINE]))["Reservations"]
    assert found["Instances"][0]["SecurityGroups"] == [{"GroupId": group, "GroupName": "web"}]
    (native,) = [row.id for row in cloud.driver.security_groups.rows if row.name == "web"]
    assert cloud.machines[VM].nics[0].security_group_ids == (native,)


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({}, "InvalidParameterCombination"),
        ({"SourceDestCheck": {"Value": False}}, "UnsupportedOperation"),
        ({"Description": {"Value": "mine"}}, "UnsupportedOperation"),
        ({"SourceDestCheck": {"Value": True}, "Groups": ["sg-11111111111111111"]}, "InvalidParameterCombination"),
        ({"Groups": ["sg-11111111111111111"]}, "InvalidGroup.NotFound"),
        ({"Attachment": {"AttachmentId": "eni-attach-1", "DeleteOnTermination": True}}, "InvalidAttachmentID.NotFound"),
        ({"NetworkInterfaceId": "eni-11111111111111111", "SourceDestCheck": {"Value": True}},
         "InvalidNetworkInterfaceID.NotFound"),
    ],
)  # fmt: skip
async def test_interfaces_that_can_not_become_that(
    cloud: Gateway, client: AwsClient, parameters: dict[str, Any], code: str
) -> None:
    asked = {"NetworkInterfaceId": ENI, **parameters}
    assert await refused(client, "ModifyNetworkInterfaceAttribute", **asked) == code


async def test_what_is_the_case_of_an_interface_may_be_asked_for(gateway: Gateway, client: AwsClient) -> None:
    """Also where the cloud has no groups: an interface's one group is that of its network."""
    (nic,) = (await client.call("DescribeNetworkInterfaces", NetworkInterfaceIds=[ENI]))["NetworkInterfaces"]
    groups = [one["GroupId"] for one in nic["Groups"]]
    attachment = {"AttachmentId": nic["Attachment"]["AttachmentId"], "DeleteOnTermination": True}
    for asked in ({"Groups": groups}, {"SourceDestCheck": {"Value": True}}, {"Attachment": attachment}):
        assert await client.call("ModifyNetworkInterfaceAttribute", NetworkInterfaceId=ENI, **asked) is not None
    before = gateway.driver.instances.changes
    assert before == []


async def test_tags_of_kinds_that_a_caller_may_not_list_are_left_out(cloud: Gateway, client: AwsClient) -> None:
    """Others are told; who asks for that kind alone learns why there are none."""
    cloud.driver.capability = replace(cloud.driver.capability, volumes_update_with_tags=True)
    forbidden = Error(ErrorKind.FORBIDDEN, "Policy doesn't allow volume:get_all")
    cloud.driver.volumes.faults.before["list"] = [forbidden] * 4
    group = await made(
        client, TagSpecifications=[{"ResourceType": "security-group", "Tags": [{"Key": "team", "Value": "blue"}]}]
    )
    rows = (await client.call("DescribeTags"))["Tags"]
    assert {"ResourceId": group, "ResourceType": "security-group", "Key": "team", "Value": "blue"} in rows
    alone = [{"Name": "resource-type", "Values": ["volume"]}]
    with pytest.raises(AwsFault, match="UnauthorizedOperation"):
        await client.call("DescribeTags", Filters=alone)
