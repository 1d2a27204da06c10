"""VPCs and subnets that clients make, on a cloud with ranges of addresses and on one without."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from tests.support.aws_client import AwsClient, AwsFault
from tests.unit.frontends.conftest import NETWORK, Gateway

DEFAULT_VPC = f"vpc-{NETWORK.replace('-', '')[:17]}"
TAGS = [{"ResourceType": "vpc", "Tags": [{"Key": "Name", "Value": "shop"}]}]

NOWHERE = {"VpcId": DEFAULT_VPC, "CidrBlock": "10.9.0.0/24", "AvailabilityZone": "moon"}


@pytest.fixture
def cloud(gateway: Gateway) -> Gateway:
    """A gateway whose cloud has ranges of addresses."""
    gateway.driver.capability = replace(
        gateway.driver.capability, networks_create=True, networks_create_with_subnets=True, networks_delete=True,
        networks_update=True,
    )  # fmt: skip
    return gateway


async def refused(client: AwsClient, action: str, **parameters: Any) -> str:
    with pytest.raises(AwsFault) as caught:
        await client.call(action, **parameters)
    assert caught.value.status == 400
    return caught.value.code


async def test_the_life_of_a_vpc(cloud: Gateway, client: AwsClient) -> None:
    vpc = (await client.call("CreateVpc", CidrBlock="10.3.0.0/16", TagSpecifications=TAGS))["Vpc"]
    assert (vpc["State"], vpc["CidrBlock"], vpc["IsDefault"]) == ("pending", "10.3.0.0/16", False)
    where = {"VpcIds": [vpc["VpcId"]]}
    (found,) = (await client.call("DescribeVpcs", **where))["Vpcs"]
    assert (found["State"], found["CidrBlock"]) == ("available", "10.3.0.0/16")
    assert {"Key": "Name", "Value": "shop"} in found["Tags"]
    subnet = (await client.call("CreateSubnet", VpcId=vpc["VpcId"], CidrBlock="10.3.1.0/24"))["Subnet"]
    assert (subnet["VpcId"], subnet["CidrBlock"], subnet["State"]) == (vpc["VpcId"], "10.3.1.0/24", "available")
    (shown,) = (await client.call("DescribeSubnets", SubnetIds=[subnet["SubnetId"]]))["Subnets"]
    assert shown["VpcId"] == vpc["VpcId"]
    assert await refused(client, "DeleteVpc", VpcId=vpc["VpcId"]) == "DependencyViolation"
    await client.call("DeleteSubnet", SubnetId=subnet["SubnetId"])
    await client.call("DeleteVpc", VpcId=vpc["VpcId"])
    assert await refused(client, "DescribeVpcs", **where) == "InvalidVpcID.NotFound"


@pytest.mark.parametrize(
    ("cidr", "code"),
    [
        ("10.3.1.128/25", "InvalidSubnet.Conflict"),
        ("10.4.0.0/24", "InvalidSubnet.Range"),
        ("10.3.2.0/30", "InvalidSubnet.Range"),
        ("lake", "InvalidParameterValue"),
        ("2001:db8::/64", "InvalidParameterValue"),
    ],
)
async def test_ranges_that_can_not_be(cloud: Gateway, client: AwsClient, cidr: str, code: str) -> None:
    vpc = (await client.call("CreateVpc", CidrBlock="10.3.0.0/16"))["Vpc"]["VpcId"]
    await client.call("CreateSubnet", VpcId=vpc, CidrBlock="10.3.1.0/24")
    before = list(cloud.driver.networks.changes)
    assert await refused(client, "CreateSubnet", VpcId=vpc, CidrBlock=cidr) == code
    assert cloud.driver.networks.changes == before


@pytest.mark.parametrize(
    ("action", "parameters", "code"),
    [
        ("CreateVpc", {"CidrBlock": "10.0.0.0/8"}, "InvalidVpc.Range"),
        ("CreateVpc", {"CidrBlock": "10.0.0.0/16", "InstanceTenancy": "dedicated"}, "UnsupportedOperation"),
        ("CreateVpc", {}, "MissingParameter"),
        ("DeleteVpc", {"VpcId": DEFAULT_VPC}, "OperationNotPermitted"),
        ("DeleteVpc", {"VpcId": "vpc-11111111111111111"}, "InvalidVpcID.NotFound"),
        ("CreateSubnet", NOWHERE, "InvalidZone.NotFound"),
        ("ModifyVpcAttribute", {"VpcId": DEFAULT_VPC, "EnableDnsSupport": {"Value": False}}, "UnsupportedOperation"),
        ("ModifyVpcAttribute", {"VpcId": DEFAULT_VPC}, "MissingParameter"),
        ("DeleteSubnet", {"SubnetId": "subnet-11111111111111111"}, "InvalidSubnetID.NotFound"),
    ],
)  # fmt: skip
async def test_what_is_refused(
    cloud: Gateway, client: AwsClient, action: str, parameters: dict[str, Any], code: str
) -> None:
    assert await refused(client, action, **parameters) == code
    assert cloud.driver.networks.changes == []


async def test_names_are_served_where_addresses_are_given(cloud: Gateway, client: AwsClient) -> None:
    told = await client.call("DescribeVpcAttribute", VpcId=DEFAULT_VPC, Attribute="enableDnsSupport")
    assert told["EnableDnsSupport"] == {"Value": True}
    await client.call("ModifyVpcAttribute", VpcId=DEFAULT_VPC, EnableDnsSupport={"Value": True})
    assert cloud.driver.networks.changes == []


async def test_a_switch_that_only_ec2_knows_is_kept_with_the_network(cloud: Gateway, client: AwsClient) -> None:
    async def told() -> object:
        answer = await client.call("DescribeVpcAttribute", VpcId=vpc, Attribute="enableDnsHostnames")
        return answer["EnableDnsHostnames"]["Value"]

    vpc = (await client.call("CreateVpc", CidrBlock="10.3.0.0/16"))["Vpc"]["VpcId"]
    assert await told() is False
    await client.call("ModifyVpcAttribute", VpcId=vpc, EnableDnsHostnames={"Value": True})
    assert await told() is True
    (found,) = (await client.call("DescribeVpcs", VpcIds=[vpc]))["Vpcs"]
    assert found["CidrBlock"] == "10.3.0.0/16"
    written = len(cloud.driver.networks.changes)
    await client.call("ModifyVpcAttribute", VpcId=vpc, EnableDnsHostnames={"Value": True})
    assert len(cloud.driver.networks.changes) == written
    await client.call("ModifyVpcAttribute", VpcId=vpc, EnableDnsHostnames={"Value": False})
    assert await told() is False


async def test_a_cloud_without_ranges_makes_no_subnet(gateway: Gateway, client: AwsClient) -> None:
    asked = {"VpcId": DEFAULT_VPC, "CidrBlock": "10.9.0.0/24"}
    assert await refused(client, "CreateSubnet", **asked) == "UnsupportedOperation"


async def test_each_vpc_has_the_access_list_that_lets_everything_through(cloud: Gateway, client: AwsClient) -> None:
    where = [{"Name": "default", "Values": ["true"]}, {"Name": "vpc-id", "Values": [DEFAULT_VPC]}]
    (found,) = (await client.call("DescribeNetworkAcls", Filters=where))["NetworkAcls"]
    assert (found["VpcId"], found["IsDefault"], found["NetworkAclId"]) == (
        DEFAULT_VPC, True, DEFAULT_VPC.replace("vpc", "acl"),
    )  # fmt: skip
    allowed = [one for one in found["Entries"] if one["RuleAction"] == "allow"]
    assert {(one["Egress"], one.get("CidrBlock"), one.get("Ipv6CidrBlock"), one["Protocol"]) for one in allowed} == {
        (egress, *side, "-1") for egress in (True, False) for side in (("0.0.0.0/0", None), (None, "::/0"))
    }
    assert {one["RuleNumber"] for one in found["Entries"] if one["RuleAction"] == "deny"} == {32767, 32768}
    subnets = (await client.call("DescribeSubnets", Filters=[where[1]]))["Subnets"]
    assert [one["SubnetId"] for one in found["Associations"]] == [one["SubnetId"] for one in subnets]
    assert (await client.call("DescribeNetworkAcls", NetworkAclIds=[found["NetworkAclId"]]))["NetworkAcls"] == [found]
    await client.call("CreateTags", Resources=[found["NetworkAclId"]], Tags=[{"Key": "a", "Value": "1"}])
    (tagged,) = (await client.call("DescribeNetworkAcls", Filters=[{"Name": "tag:a", "Values": ["1"]}]))["NetworkAcls"]
    assert tagged == found | {"Tags": [{"Key": "a", "Value": "1"}]}
    assert await refused(client, "DescribeNetworkAcls", NetworkAclIds=["acl-11111111111111111"]) == (
        "InvalidNetworkAclID.NotFound"
    )
