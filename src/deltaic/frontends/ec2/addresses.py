"""Elastic addresses, as they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deltaic.frontends.ec2.address_book import all_addresses, association_id, offered
from deltaic.frontends.ec2.filters_networks import ADDRESSES
from deltaic.frontends.ec2.registry import action
from deltaic.frontends.ec2.request import Ec2Request
from deltaic.frontends.ec2.resolve import native_ids
from deltaic.frontends.ec2.tagging import tag_set
from deltaic.model.address import Address
from deltaic.protocols.aws.kinds import missing_ids


@action(
    "DescribeAddresses",
    filters=ADDRESSES,
    note="Empty where the cloud gives none: addresses are then the guests' own, shown by instances and interfaces.",
)
async def describe_addresses(request: Ec2Request) -> dict[str, Any]:
    """The addresses that were allocated to the caller."""
    matches = request.matcher(ADDRESSES)
    addresses = await chosen_addresses(request, request.get("AllocationIds", ()), request.get("PublicIps", ()))
    pools = await pool_names(request) if addresses else {}
    rows = [_row(request, address, pools) for address in addresses]
    return {"Addresses": [row for row in rows if matches(row)]}


async def chosen_addresses(request: Ec2Request, ids: list[str], ips: list[str]) -> list[Address]:
    """The addresses of these ids and of these IPs; all without any. Errors: Invalid...NotFound."""
    addresses = await all_addresses(request)
    if ids and not offered(request):
        raise missing_ids("allocation", ids)
    natives = set(await native_ids(request, "eipalloc", ids)) if ids else set()
    by_id, by_ip = {one.id: one for one in addresses}, {one.ip: one for one in addresses}
    missing = [request.written.get(native, native) for native in natives if native not in by_id]
    if missing:
        raise missing_ids("allocation", sorted(missing))
    missing = [ip for ip in ips if ip not in by_ip]
    if missing:
        raise missing_ids("address", missing)
    if not ids and not ips:
        return addresses
    return [one for one in addresses if one.id in natives or one.ip in ips]


def _row(request: Ec2Request, address: Address, pools: Mapping[str, str]) -> dict[str, Any]:
    row: dict[str, Any] = {
        "AllocationId": request.id("eipalloc", address.id),
        "Domain": "vpc",
        "NetworkBorderGroup": address.data_center_id,
        "PublicIp": address.ip,
        "PublicIpv4Pool": pools.get(address.pool_id, address.pool_id),
        "Tags": tag_set(address.tags),
    }
    if address.nic_id:
        row |= {
            "AssociationId": association_id(address),
            "NetworkInterfaceId": request.id("eni", address.nic_id),
            "NetworkInterfaceOwnerId": request.account,
            "PrivateIpAddress": address.private_ip,
        }
    if address.instance_id:
        row["InstanceId"] = request.id("i", address.instance_id)
    return row


async def pool_names(request: Ec2Request) -> dict[str, str]:
    """What the pools are called, by id."""
    return {pool.id: pool.name for pool in await request.services.addresses.pools(request.context)}
