"""Security groups: the one group `default` of each network, which lets everything through.

The engine filters nothing by addresses and ports, so the group's rules say that everything is allowed.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from typing import Any, Final

from deltaic.frontends.ec2.filters_networks import GROUPS, RULES
from deltaic.frontends.ec2.networks import listed_networks
from deltaic.frontends.ec2.registry import action
from deltaic.frontends.ec2.request import Ec2Request
from deltaic.frontends.ec2.tagging import merged, store_key, stored_tags
from deltaic.model.network import Network
from deltaic.protocols.aws.kinds import malformed_id, missing_ids

NAME: Final = "default"
#: (egress, member, range): the rules of every group.
_RULES: Final = (
    (False, "CidrIpv4", "0.0.0.0/0"),
    (False, "CidrIpv6", "::/0"),
    (True, "CidrIpv4", "0.0.0.0/0"),
    (True, "CidrIpv6", "::/0"),
)
_EVERYTHING: Final = {
    "IpProtocol": "-1",
    "UserIdGroupPairs": [],
    "IpRanges": [{"CidrIp": "0.0.0.0/0"}],
    "Ipv6Ranges": [{"CidrIpv6": "::/0"}],
    "PrefixListIds": [],
}


@action("DescribeSecurityGroups", filters=GROUPS, note="Each network has one group that lets everything through.")
async def describe_security_groups(request: Ec2Request) -> dict[str, Any]:
    """The default group of each network."""
    matches = request.matcher(GROUPS)
    names = request.get("GroupNames")
    if names is not None and any(name != NAME for name in names):
        raise missing_ids("security_group", [name for name in names if name != NAME])
    (networks, _), tags = await asyncio.gather(
        listed_networks(request, "sg", request.get("GroupIds", ())), stored_tags(request)
    )
    rows = [_group(request, network, tags) for network in networks]
    return request.listing("SecurityGroups", rows, matches, "GroupId")


def _group(request: Ec2Request, network: Network, tags: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    return {
        "GroupId": request.id("sg", network.id),
        "GroupName": NAME,
        "Description": f"Everything is allowed on {network.name}",
        "OwnerId": request.account,
        "VpcId": request.id("vpc", network.id),
        "IpPermissions": [_EVERYTHING],
        "IpPermissionsEgress": [_EVERYTHING],
        "Tags": merged({}, tags, store_key("sg", network.id)),
    }


@action("DescribeSecurityGroupRules", filters=RULES)
async def describe_security_group_rules(request: Ec2Request) -> dict[str, Any]:
    """The rules of the default groups, one per direction and address family."""
    matches = request.matcher(RULES)
    networks, _ = await listed_networks(request, "sg", ())
    rows = [_rule(request, network, *rule) for network in networks for rule in _RULES]
    wanted = request.get("SecurityGroupRuleIds")
    if wanted is not None:
        rows = _named(rows, wanted)
    return request.listing("SecurityGroupRules", rows, matches, "SecurityGroupRuleId")


def _rule(request: Ec2Request, network: Network, egress: bool, member: str, cidr: str) -> dict[str, Any]:
    content = f"{network.id}\0{egress}\0{cidr}"
    return {
        "SecurityGroupRuleId": "sgr-" + hashlib.sha256(content.encode()).hexdigest()[:17],
        "GroupId": request.id("sg", network.id),
        "GroupOwnerId": request.account,
        "IsEgress": egress,
        "IpProtocol": "-1",
        "FromPort": -1,
        "ToPort": -1,
        member: cidr,
        "Tags": [],
    }


def _named(rows: list[dict[str, Any]], wanted: list[str]) -> list[dict[str, Any]]:
    for text in wanted:
        if not text.startswith("sgr-"):
            raise malformed_id("security_group_rule", text, "sgr")
    missing = [text for text in wanted if text not in {row["SecurityGroupRuleId"] for row in rows}]
    if missing:
        raise missing_ids("security_group_rule", missing)
    return [row for row in rows if row["SecurityGroupRuleId"] in wanted]
