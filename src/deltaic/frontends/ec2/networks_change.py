"""Making and removing VPCs and subnets: networks, and ranges of addresses where the cloud has them."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any, Final

from deltaic.frontends.ec2.honoured import Honoured
from deltaic.frontends.ec2.networks import cidr_of, reached_zones, subnet_row, vpc_row
from deltaic.frontends.ec2.registry import action
from deltaic.frontends.ec2.request import Ec2Request, invalid_value, shown, unsupported
from deltaic.frontends.ec2.resolve import native_id
from deltaic.frontends.ec2.tagging import named_after, specified_tags
from deltaic.model.errors import unsupported as no_such_verb
from deltaic.model.network import Network, Subnet, SubnetSpec
from deltaic.protocols.aws.errors import AwsError, missing_parameter
from deltaic.protocols.aws.kinds import missing_ids
from deltaic.services.networks import CIDR_TRAIT, NetworkRequest
from deltaic.services.subnets import subnets_of

VPC: Final = Honoured(
    frozenset({"CidrBlock", "TagSpecifications"}),
    harmless={"InstanceTenancy": ("default",), "AmazonProvidedIpv6CidrBlock": (False,)},
    reasons={
        "InstanceTenancy": "hosts are shared.",
        "AmazonProvidedIpv6CidrBlock": "the cloud gives no ranges of its own.",
    },
)
SUBNET: Final = Honoured(
    frozenset({"VpcId", "CidrBlock", "AvailabilityZone", "AvailabilityZoneId", "TagSpecifications"}),
    harmless={"Ipv6Native": (False,)},
    reasons={"Ipv6CidrBlock": "a subnet has one range.", "Ipv6Native": "a subnet is made with an IPv4 range."},
)
#: AWS's longest and shortest prefix of a VPC or subnet.
_PREFIXES: Final = range(16, 29)


@action("CreateVpc", writes=True, unsupported=VPC.refusals(), note="A network; its range is what subnets must lie in.")
async def create_vpc(request: Ec2Request) -> dict[str, Any]:
    """Make a network without subnets."""
    VPC.check(request.parameters)
    cidr = _block(request.require("CidrBlock"), "InvalidVpc.Range")
    tags = specified_tags(request.get("TagSpecifications", ()), ("vpc",)).get("vpc", {})
    request.before_acting()
    wanted = NetworkRequest(name=_name(tags), tags=tags, traits={CIDR_TRAIT: str(cidr)})
    made = await request.services.networks.create(request.context, wanted)
    request.learn("vpc", [made.id])
    return {"Vpc": vpc_row(request, made, False, {}) | {"State": "pending"}}


@action("DeleteVpc", writes=True)
async def delete_vpc(request: Ec2Request) -> dict[str, Any]:
    """Remove a network that has no subnets of its own any more and no machines."""
    network = await vpc_of(request)
    if network.fixed:
        raise AwsError("OperationNotPermitted", f"The vpc '{request.written[network.id]}' can't be removed.")
    if network.subnets:
        text = f"The vpc '{request.written[network.id]}' has dependencies and cannot be deleted."
        raise AwsError("DependencyViolation", text)
    request.before_acting()
    await request.services.networks.delete(request.context, network.id)
    return {}


@action(
    "CreateSubnet",
    writes=True,
    unsupported=SUBNET.refusals(),
    note="Only where the cloud has ranges of addresses. A zone may be named; machines of all zones reach the subnet.",
)
async def create_subnet(request: Ec2Request) -> dict[str, Any]:
    """Make a range of addresses in a network."""
    _check_ranges(request)
    SUBNET.check(request.parameters)
    network = await vpc_of(request)
    cidr = _block(request.require("CidrBlock"), "InvalidSubnet.Range")
    _check_place(cidr, network)
    zones = await request.services.zones.zones(request.context)
    for name in filter(None, (request.get("AvailabilityZone"), request.get("AvailabilityZoneId"))):
        await request.services.zones.resolve(request.context, name)
    tags = specified_tags(request.get("TagSpecifications", ()), ("subnet",)).get("subnet", {})
    request.before_acting()
    spec = SubnetSpec(str(cidr), _name(tags), tags=tags)
    made = await request.services.networks.add_subnet(request.context, network.id, spec)
    request.learn("subnet", [made.id])
    return {"Subnet": shown(subnet_row(request, network, made, False, reached_zones(network, zones), {}))}


@action("DeleteSubnet", writes=True, note="Only where the cloud has ranges of addresses.")
async def delete_subnet(request: Ec2Request) -> dict[str, Any]:
    """Remove a range of addresses that no interface has one of."""
    _check_ranges(request)
    found = await _subnet(request)
    request.before_acting()
    await request.services.networks.remove_subnet(request.context, found.id)
    return {}


@action(
    "ModifySubnetAttribute",
    writes=True,
    unsupported=("MapPublicIpOnLaunch other than false", "AssignIpv6AddressOnCreation other than false"),
    note="Nothing changes: what is the case anyway may be asked for.",
)
async def modify_subnet_attribute(request: Ec2Request) -> dict[str, Any]:
    """Ask for what is the case."""
    await _subnet(request)
    asked = {name: value for name, value in request.parameters.items() if name not in ("SubnetId", "DryRun")}
    if not asked:
        raise missing_parameter("MapPublicIpOnLaunch")
    for name, value in asked.items():
        if name not in ("MapPublicIpOnLaunch", "AssignIpv6AddressOnCreation") or value.get("Value") is not False:
            raise unsupported(name, "addresses are allocated and associated by themselves.")
    request.before_acting()
    return {}


def _check_ranges(request: Ec2Request) -> None:
    if not request.services.networks.has_subnets(request.context):
        raise no_such_verb("subnets")


def _name(tags: Mapping[str, str]) -> str:
    return named_after(tags, "network") if tags.get("Name") else ""


def _block(text: str, code: str) -> ipaddress.IPv4Network:
    """A range that AWS would take. Errors: InvalidParameterValue, and that code for a wrong size."""
    try:
        cidr = ipaddress.IPv4Network(text, strict=False)
    except ValueError:
        raise invalid_value("cidrBlock", text, "This is not a valid CIDR block.") from None
    if cidr.prefixlen not in _PREFIXES:
        raise AwsError(code, f"The CIDR '{text[:50]}' is invalid.")
    return cidr


def _check_place(cidr: ipaddress.IPv4Network, network: Network) -> None:
    """A new subnet lies in its VPC's range, where it has one, and apart from the others."""
    for own in network.subnets:
        if own.ip_version == 4 and cidr.overlaps(ipaddress.IPv4Network(own.cidr, strict=False)):
            raise AwsError("InvalidSubnet.Conflict", f"The CIDR '{cidr}' conflicts with another subnet")
    if CIDR_TRAIT in network.annotation.traits and not cidr.subnet_of(ipaddress.IPv4Network(cidr_of(network))):
        raise AwsError("InvalidSubnet.Range", f"The CIDR '{cidr}' is invalid.")


async def vpc_of(request: Ec2Request) -> Network:
    """The network of VpcId. Errors: MissingParameter, InvalidVpcID.NotFound, InvalidVpcID.Malformed."""
    native = await native_id(request, "vpc", request.require("VpcId"))
    return (await request.services.networks.list(request.context, ids=[native]))[0]


async def _subnet(request: Ec2Request) -> Subnet:
    text = request.require("SubnetId")
    native = await native_id(request, "subnet", text)
    for network in await request.services.networks.list(request.context):
        for found in subnets_of(network):
            if found.id == native:
                return found
    raise missing_ids("subnet", [text])
