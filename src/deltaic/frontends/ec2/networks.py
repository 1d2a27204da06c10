"""Logical networks as EC2 sees them: each is a VPC with one subnet and one route table.

Their ids have the same digits. Where the engine manages no addresses the CIDR is 0.0.0.0/0: any address may be
used on the wire, and the gateway does not make up a narrower truth.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from ipaddress import ip_network
from typing import Any

from deltaic.frontends.ec2.filters_networks import ROUTE_TABLES, SUBNETS, VPCS
from deltaic.frontends.ec2.registry import action
from deltaic.frontends.ec2.request import Ec2Request
from deltaic.frontends.ec2.resolve import RESOURCES, native_ids
from deltaic.frontends.ec2.tagging import labels, merged, store_key, stored_tags
from deltaic.model.network import Network, Subnet
from deltaic.protocols.aws.filters import FilterTable
from deltaic.protocols.aws.kinds import missing_ids
from deltaic.services.networks import CIDR_TRAIT, default_network
from deltaic.services.subnets import subnets_of
from deltaic.services.zones import ZoneView

ANY = "0.0.0.0/0"
#: Addresses AWS keeps of each subnet, and the most that any of its subnets has.
_RESERVED = 5
_MOST_ADDRESSES = (1 << 16) - _RESERVED

#: The tags that the store keeps, by its key of a thing.
Stored = Mapping[str, Mapping[str, str]]
#: The structure of what each network has one of; whether it is a default network; the tags that the store keeps.
Row = Callable[[Ec2Request, Network, bool, Stored], dict[str, Any]]


def default_ids(networks: Sequence[Network]) -> set[str]:
    """The default networks: one per data center."""
    centers = {network.data_center_id for network in networks}
    found = (default_network(networks, center) for center in centers)
    return {network.id for network in found if network is not None}


async def listed_networks(request: Ec2Request, prefix: str, texts: Sequence[str]) -> tuple[list[Network], set[str]]:
    """The networks whose id under this prefix is among `texts` (all without any), and the default ones."""
    natives = set(await native_ids(request, prefix, texts)) if texts else set()
    networks = await request.services.networks.list(request.context)
    missing = natives - {network.id for network in networks}
    if missing:
        raise missing_ids(RESOURCES[prefix], sorted(request.written.get(native, native) for native in missing))
    for known in ("vpc", "rtb", "acl"):
        request.learn(known, (network.id for network in networks))
    request.learn("subnet", (subnet.id for network in networks for subnet in subnets_of(network)))
    return [network for network in networks if not natives or network.id in natives], default_ids(networks)


async def one_of_each(request: Ec2Request, prefix: str, noun: str, filters: FilterTable, row: Row) -> dict[str, Any]:
    """The listing of what each network has one of: its id begins with `prefix`, its structure is called `noun`."""
    matches = request.matcher(filters)
    (networks, defaults), tags = await asyncio.gather(
        listed_networks(request, prefix, request.get(f"{noun}Ids", ())), stored_tags(request)
    )
    rows = [row(request, network, network.id in defaults, tags) for network in networks]
    return request.listing(f"{noun}s", rows, matches, f"{noun}Id")


@action("DescribeVpcs", filters=VPCS)
async def describe_vpcs(request: Ec2Request) -> dict[str, Any]:
    """The networks of the scope; the default one is the management network."""
    return await one_of_each(request, "vpc", "Vpc", VPCS, vpc_row)


def cidr_of(network: Network) -> str:
    """The range of a network: its own, what it was made for, else its first subnet's; anything where nobody says."""
    own = network.cidr or network.annotation.traits.get(CIDR_TRAIT, "")
    return own or next((subnet.cidr for subnet in network.subnets if subnet.ip_version == 4), ANY)


def vpc_row(request: Ec2Request, network: Network, default: bool, tags: Stored) -> dict[str, Any]:
    """A Vpc structure."""
    cidr = cidr_of(network)
    association = {
        "AssociationId": request.id("vpc", network.id).replace("vpc-", "vpc-cidr-assoc-"),
        "CidrBlock": cidr,
        "CidrBlockState": {"State": "associated"},
    }
    return {
        "VpcId": request.id("vpc", network.id),
        "OwnerId": request.account,
        "State": "available",
        "CidrBlock": cidr,
        "CidrBlockAssociationSet": [association],
        "DhcpOptionsId": "default",
        "InstanceTenancy": "default",
        "IsDefault": default,
        "Tags": merged(labels(network.name, network.tags), tags, store_key("vpc", network.id)),
    }


def _ipv6(subnet: str, own: Subnet) -> list[dict[str, Any]]:
    if own.ip_version != 6:
        return []
    state = {"State": "associated"}
    identity = subnet.replace("subnet-", "subnet-cidr-assoc-")
    return [{"AssociationId": identity, "Ipv6CidrBlock": own.cidr, "Ipv6CidrBlockState": state}]


@action(
    "DescribeSubnets",
    filters=SUBNETS,
    note="Where the cloud has no ranges of addresses, one per network. It reaches all zones of its clusters: the "
    "first is shown, availability-zone filters match each.",
)
async def describe_subnets(request: Ec2Request) -> dict[str, Any]:
    """The subnets of the networks."""
    matches = request.matcher(SUBNETS)
    texts = request.get("SubnetIds", ())
    natives = set(await native_ids(request, "subnet", texts)) if texts else set()
    (networks, defaults), zones, tags = await asyncio.gather(
        listed_networks(request, "vpc", ()),
        request.services.zones.zones(request.context),
        stored_tags(request),
    )
    found = [(network, subnet) for network in networks for subnet in subnets_of(network)]
    missing = natives - {subnet.id for _, subnet in found}
    if missing:
        raise missing_ids("subnet", sorted(request.written.get(native, native) for native in missing))
    rows = [
        subnet_row(request, network, subnet, network.id in defaults, reached_zones(network, zones), tags)
        for network, subnet in found
        if not natives or subnet.id in natives
    ]
    return request.listing("Subnets", rows, matches, "SubnetId")


def reached_zones(network: Network, zones: Sequence[ZoneView]) -> list[ZoneView]:
    """The zones in which machines can be plugged into a network, by name."""
    own = [view for view in zones if view.zone.data_center_id == network.data_center_id]
    reached = [view for view in own if view.zone.id in network.zone_ids] if network.zone_ids else own
    return sorted(reached, key=lambda view: view.name)


def subnet_row(
    request: Ec2Request,
    network: Network,
    own: Subnet,
    default: bool,
    reached: Sequence[ZoneView],
    tags: Stored,
) -> dict[str, Any]:
    """A Subnet structure."""
    cidr = (own.cidr if own.ip_version == 4 else "") or ANY
    subnet = request.id("subnet", own.id)
    region = reached[0].region.name if reached else ""
    return {
        "SubnetId": subnet,
        "SubnetArn": f"arn:aws:ec2:{region}:{request.account}:subnet/{subnet}",
        "VpcId": request.id("vpc", network.id),
        "OwnerId": request.account,
        "State": "available",
        "CidrBlock": cidr,
        "AvailabilityZone": request.form.zone(reached[0]) if reached else "",
        "AvailabilityZoneId": reached[0].zone.id if reached else "",
        "_zones": request.form.zone_names(*reached),
        "AvailableIpAddressCount": _free_addresses(cidr) if own.free is None else own.free,
        "DefaultForAz": default,
        "MapPublicIpOnLaunch": False,
        "AssignIpv6AddressOnCreation": False,
        "Ipv6CidrBlockAssociationSet": _ipv6(subnet, own),
        "Ipv6Native": own.ip_version == 6,
        "Tags": merged(labels(own.name, own.tags), tags, store_key("subnet", own.id)),
    }


def _free_addresses(cidr: str) -> int:
    """How many addresses a subnet of this size has room for; nobody counts those in use."""
    try:
        size = ip_network(cidr, strict=False).num_addresses
    except ValueError:
        return 0
    return max(0, min(size - _RESERVED, _MOST_ADDRESSES))


@action("DescribeRouteTables", filters=ROUTE_TABLES)
async def describe_route_tables(request: Ec2Request) -> dict[str, Any]:
    """The one main route table of each network, with the one local route."""
    return await one_of_each(request, "rtb", "RouteTable", ROUTE_TABLES, _route_table)


def _route_table(request: Ec2Request, network: Network, _default: bool, tags: Stored) -> dict[str, Any]:
    table = request.id("rtb", network.id)
    return {
        "RouteTableId": table,
        "VpcId": request.id("vpc", network.id),
        "OwnerId": request.account,
        "Associations": [
            {
                "Main": True,
                "RouteTableAssociationId": table.replace("rtb-", "rtbassoc-"),
                "RouteTableId": table,
                "AssociationState": {"State": "associated"},
            }
        ],
        "PropagatingVgws": [],
        "Routes": [
            {
                "DestinationCidrBlock": cidr_of(network),
                "GatewayId": "local",
                "Origin": "CreateRouteTable",
                "State": "active",
            }
        ],
        "Tags": merged({}, tags, store_key("rtb", network.id)),
    }
