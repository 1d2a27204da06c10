"""What an account may do."""

from __future__ import annotations

from typing import Any

from deltaic.frontends.ec2.registry import action
from deltaic.frontends.ec2.request import Ec2Request, invalid_value
from deltaic.services.launch import MAX_COUNT
from deltaic.services.networks import default_network

#: Attributes whose values are numbers. Those with words are told only when asked for by name: libcloud reads
#: every value of the whole list as a number.
_NUMBERS = {
    "max-instances": MAX_COUNT,
    "max-elastic-ips": 0,
    "vpc-max-elastic-ips": 0,
    "vpc-max-security-groups-per-interface": 1,
}
_WORDS = ("supported-platforms", "default-vpc")


@action(
    "DescribeAccountAttributes",
    note="supported-platforms and default-vpc are told when asked for by name; max-instances is per request.",
)
async def describe_account_attributes(request: Ec2Request) -> dict[str, Any]:
    """Limits of the gateway; the engine's quotas are not told."""
    names = request.get("AttributeNames", list(_NUMBERS))
    for name in names:
        if name not in _NUMBERS and name not in _WORDS:
            raise invalid_value("AttributeName", name, f"It is one of {', '.join([*_NUMBERS, *_WORDS])}.")
    return {"AccountAttributes": [await _attribute(request, name) for name in dict.fromkeys(names)]}


async def _attribute(request: Ec2Request, name: str) -> dict[str, Any]:
    if name == "supported-platforms":
        value = "VPC"
    elif name == "default-vpc":
        networks = await request.services.networks.list(request.context)
        found = default_network(networks, request.context.scope.data_center)
        value = request.id("vpc", found.id) if found else "none"
    else:
        value = str(_NUMBERS[name])
    return {"AttributeName": name, "AttributeValues": [{"AttributeValue": value}]}
