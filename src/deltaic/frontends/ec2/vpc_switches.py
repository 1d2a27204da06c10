"""The switches of a VPC: what is the case anyway may be asked for, what no cloud says is kept with the network."""

from __future__ import annotations

from typing import Any, Final

from deltaic.frontends.ec2.networks_change import vpc_of
from deltaic.frontends.ec2.registry import action
from deltaic.frontends.ec2.request import Ec2Request, invalid_value, unsupported
from deltaic.model.network import Network, NetworkChanges
from deltaic.protocols.aws.errors import missing_parameter

#: What DescribeVpcAttribute calls them, and the member that tells them.
SWITCHES: Final = {
    "enableDnsSupport": "EnableDnsSupport",
    "enableDnsHostnames": "EnableDnsHostnames",
    "enableNetworkAddressUsageMetrics": "EnableNetworkAddressUsageMetrics",
}
#: The traits of a network that keep what its switches were set to.
_TRAITS: Final = {"EnableDnsSupport": "ec2-dns-support", "EnableDnsHostnames": "ec2-dns-hostnames"}


@action(
    "DescribeVpcAttribute",
    note="DNS is supported where the cloud gives addresses: it tells guests its name servers. The rest is what "
    "ModifyVpcAttribute made of it.",
)
async def describe_vpc_attribute(request: Ec2Request) -> dict[str, Any]:
    """One switch of a network."""
    name = request.require("Attribute")
    if name not in SWITCHES:
        raise invalid_value("attribute", name, f"It is one of {', '.join(SWITCHES)}.")
    network = await vpc_of(request)
    member = SWITCHES[name]
    return {"VpcId": request.id("vpc", network.id), member: {"Value": _switches(request, network)[member]}}


@action(
    "ModifyVpcAttribute",
    writes=True,
    unsupported=("EnableDnsSupport other than true where the cloud gives addresses",
                 "EnableNetworkAddressUsageMetrics other than false"),
    note="EnableDnsHostnames is kept and told, and EnableDnsSupport where the cloud gives no addresses: tools ask for "
    "them, and the cloud knows nothing of either. An instance's public name is its address, whatever they say.",
)  # fmt: skip
async def modify_vpc_attribute(request: Ec2Request) -> dict[str, Any]:
    """Keep what only EC2 knows; ask for what is the case."""
    asked = {name: bool(request.parameters[name].get("Value")) for name in SWITCHES.values() if request.get(name)}
    if not asked:
        raise missing_parameter("EnableDnsSupport")
    network = await vpc_of(request)
    switches, kept = _switches(request, network), _kept(request)
    for name, value in asked.items():
        if name not in kept and value != switches[name]:
            raise unsupported(name, f"it is {str(switches[name]).lower()} in {request.written[network.id]}, always.")
    request.before_acting()
    traits = network.annotation.traits
    new = {**traits, **{kept[name]: str(value).lower() for name, value in asked.items() if name in kept}}
    if new != traits:
        await request.services.networks.modify(request.context, network.id, NetworkChanges(), traits=new)
    return {}


def _kept(request: Ec2Request) -> dict[str, str]:
    ranges = request.services.networks.has_subnets(request.context)
    return {name: trait for name, trait in _TRAITS.items() if not (ranges and name == "EnableDnsSupport")}


def _switches(request: Ec2Request, network: Network) -> dict[str, bool]:
    kept = _kept(request)
    return {
        "EnableDnsSupport": "EnableDnsSupport" not in kept,
        "EnableDnsHostnames": False,
        "EnableNetworkAddressUsageMetrics": False,
    } | {name: network.annotation.traits.get(trait) == "true" for name, trait in kept.items()}
