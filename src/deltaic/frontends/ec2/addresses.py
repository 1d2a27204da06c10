"""Elastic addresses: the engine has none to give."""

from __future__ import annotations

from typing import Any

from deltaic.frontends.ec2.filters_networks import ADDRESSES
from deltaic.frontends.ec2.registry import action
from deltaic.frontends.ec2.request import Ec2Request
from deltaic.protocols.aws.kinds import missing_ids


@action(
    "DescribeAddresses",
    filters=ADDRESSES,
    note="Always empty: addresses are the guests' own, shown by their instances and interfaces.",
)
async def describe_addresses(request: Ec2Request) -> dict[str, Any]:
    """No address is allocated, so none that is asked for exists."""
    request.matcher(ADDRESSES)
    for parameter, resource in (("AllocationIds", "allocation"), ("PublicIps", "address")):
        wanted = request.get(parameter)
        if wanted:
            raise missing_ids(resource, wanted)
    return {"Addresses": []}
