"""Elastic addresses of a cloud that has them."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from tests.support.aws_client import AwsClient, AwsFault
from tests.unit.frontends.conftest import VM, Gateway

MACHINE = "i-8462303649fe4f22a"


@pytest.fixture
def cloud(gateway: Gateway) -> Gateway:
    """A gateway whose cloud has public addresses."""
    gateway.driver.capability = replace(
        gateway.driver.capability, addresses_list=True, addresses_create=True, addresses_update=True,
        addresses_associate=True, addresses_delete=True,
    )  # fmt: skip
    machine = gateway.machines[VM]
    gateway.machines[VM] = replace(machine, nics=tuple(replace(nic, instance_id=VM) for nic in machine.nics))
    return gateway


async def refused(client: AwsClient, action: str, **parameters: Any) -> str:
    with pytest.raises(AwsFault) as caught:
        await client.call(action, **parameters)
    assert caught.value.status == 400
    return caught.value.code


async def machine(client: AwsClient) -> dict[str, Any]:
    (found,) = (await client.call("DescribeInstances", InstanceIds=[MACHINE]))["Reservations"]
    return dict(found["Instances"][0])


async def test_the_life_of_an_address(cloud: Gateway, client: AwsClient) -> None:
    specification = [{"ResourceType": "elastic-ip", "Tags": [{"Key": "Name", "Value": "front"}]}]
    made = await client.call("AllocateAddress", Domain="vpc", TagSpecifications=specification)
    assert (made["Domain"], made["PublicIp"], made["PublicIpv4Pool"]) == ("vpc", "203.0.113.1", "public")
    before = await machine(client)
    assert "PublicIpAddress" not in before
    led = await client.call("AssociateAddress", AllocationId=made["AllocationId"], InstanceId=before["InstanceId"])
    (shown,) = (await client.call("DescribeAddresses"))["Addresses"]
    assert (shown["AssociationId"], shown["InstanceId"]) == (led["AssociationId"], before["InstanceId"])
    assert (shown["PrivateIpAddress"], shown["Tags"]) == (
        before["PrivateIpAddress"], [{"Key": "Name", "Value": "front"}],
    )  # fmt: skip
    assert (await machine(client))["PublicIpAddress"] == "203.0.113.1"
    where = [{"Name": "attachment.instance-id", "Values": [MACHINE]}]
    (nic,) = (await client.call("DescribeNetworkInterfaces", Filters=where))["NetworkInterfaces"]
    assert (nic["Association"]["AllocationId"], nic["Association"]["AssociationId"]) == (
        made["AllocationId"], led["AssociationId"],
    )  # fmt: skip
    assert await refused(client, "ReleaseAddress", AllocationId=made["AllocationId"]) == "InvalidIPAddress.InUse"
    await client.call("DisassociateAddress", AssociationId=led["AssociationId"])
    assert (
        await refused(client, "DisassociateAddress", AssociationId=led["AssociationId"])
        == "InvalidAssociationID.NotFound"
    )
    await client.call("ReleaseAddress", AllocationId=made["AllocationId"])
    assert (await client.call("DescribeAddresses"))["Addresses"] == []
    assert "PublicIpAddress" not in await machine(client)


async def test_an_address_moves_unless_it_may_not(cloud: Gateway, client: AwsClient) -> None:
    made = await client.call("AllocateAddress")
    target = {"InstanceId": (await machine(client))["InstanceId"]}
    await client.call("AssociateAddress", PublicIp=made["PublicIp"], **target)
    again = {"PublicIp": made["PublicIp"], **target}
    assert await refused(client, "AssociateAddress", **again, AllowReassociation=False) == "Resource.AlreadyAssociated"
    await client.call("AssociateAddress", **again)
    assert [row.instance_id for row in cloud.driver.addresses.rows] == [VM]


@pytest.mark.parametrize(
    ("action", "parameters", "code"),
    [
        ("AllocateAddress", {"PublicIpv4Pool": "lake"}, "InvalidPublicIpv4PoolID.NotFound"),
        ("AllocateAddress", {"Domain": "moon"}, "InvalidParameterValue"),
        ("AllocateAddress", {"IpamPoolId": "ipam-1"}, "UnsupportedOperation"),
        ("AssociateAddress", {"PublicIp": "203.0.113.77", "InstanceId": MACHINE}, "InvalidAddress.NotFound"),
        ("AssociateAddress", {}, "MissingParameter"),
        ("ReleaseAddress", {"AllocationId": "eipalloc-11111111111111111"}, "InvalidAllocationID.NotFound"),
        ("ReleaseAddress", {}, "MissingParameter"),
        ("DisassociateAddress", {"AssociationId": "what"}, "InvalidAssociationID.Malformed"),
    ],
)  # fmt: skip
async def test_what_is_refused(
    cloud: Gateway, client: AwsClient, action: str, parameters: dict[str, Any], code: str
) -> None:
    assert await refused(client, action, **parameters) == code
    assert cloud.driver.addresses.changes == []


async def test_a_cloud_without_them_says_so(gateway: Gateway, client: AwsClient) -> None:
    assert await refused(client, "AllocateAddress") == "UnsupportedOperation"
    assert (await client.call("DescribeAddresses"))["Addresses"] == []
