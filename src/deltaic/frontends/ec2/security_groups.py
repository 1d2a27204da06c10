"""Security groups, and their rules, as they are.

Where the cloud has none each network has one group `default` that lets everything through: such a cloud filters
nothing by addresses and ports, and the group's rules say so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from deltaic.frontends.ec2.filters_networks import GROUPS, RULES
from deltaic.frontends.ec2.group_book import all_groups, chosen_groups
from deltaic.frontends.ec2.permissions import permissions, rule_id, rule_name, rule_row
from deltaic.frontends.ec2.registry import action
from deltaic.frontends.ec2.request import Ec2Request
from deltaic.frontends.ec2.resolve import native_ids
from deltaic.frontends.ec2.tagging import merged, store_key, stored_tags
from deltaic.model.security_group import Direction, SecurityGroup
from deltaic.protocols.aws.kinds import malformed_id, missing_ids

NOTE = "Where the cloud has no security groups, each network has one that lets everything through."


@action("DescribeSecurityGroups", filters=GROUPS, note=NOTE)
async def describe_security_groups(request: Ec2Request) -> dict[str, Any]:
    """The groups of the scope with their rules."""
    matches = request.matcher(GROUPS)
    ids, names = request.get("GroupIds", ()), request.get("GroupNames", ())
    natives = await native_ids(request, "sg", ids) if ids else ()
    groups, tags = await asyncio.gather(all_groups(request), stored_tags(request))
    called = {group.id: group.name for group in groups}
    shown = groups
    if natives or names:
        wanted = {group.id for group in chosen_groups(request, groups, natives, names)}
        shown = [group for group in groups if group.id in wanted or group.name in names]
    rows = [group_row(request, group, called, tags) for group in shown]
    return request.listing("SecurityGroups", rows, matches, "GroupId")


def group_row(
    request: Ec2Request, group: SecurityGroup, names: Mapping[str, str], tags: Mapping[str, Mapping[str, str]]
) -> dict[str, Any]:
    """A SecurityGroup structure; `names` are those of the groups that its rules may name."""
    row: dict[str, Any] = {
        "GroupId": request.id("sg", group.id),
        "GroupName": group.name,
        "Description": group.description or group.name,
        "OwnerId": request.account,
        "IpPermissions": permissions(request, group, Direction.INGRESS, names),
        "IpPermissionsEgress": permissions(request, group, Direction.EGRESS, names),
        "Tags": merged(group.tags, tags, store_key("sg", group.id)),
    }
    if group.network_id:
        row["VpcId"] = request.id("vpc", group.network_id)
    return row


@action("DescribeSecurityGroupRules", filters=RULES, note=NOTE)
async def describe_security_group_rules(request: Ec2Request) -> dict[str, Any]:
    """The rules of all groups, one for each other side."""
    matches = request.matcher(RULES)
    groups, tags = await asyncio.gather(all_groups(request), stored_tags(request))
    rows = [
        rule_row(request, group, rule, merged({}, tags, store_key("sgr", rule_name(request, rule))))
        for group in groups
        for rule in group.rules
    ]
    wanted = request.get("SecurityGroupRuleIds")
    if wanted is not None:
        chosen = await chosen_rules(request, groups, wanted)
        rows = [row for row in rows if row["SecurityGroupRuleId"] in chosen]
    return request.listing("SecurityGroupRules", rows, matches, "SecurityGroupRuleId")


async def chosen_rules(
    request: Ec2Request, groups: Sequence[SecurityGroup], texts: Sequence[str]
) -> dict[str, tuple[SecurityGroup, str]]:
    """The group and native id of the rules that these ids mean, by id. Errors: InvalidSecurityGroupRuleId.NotFound."""
    for text in texts:
        if not text.startswith("sgr-"):
            raise malformed_id("security_group_rule", text, "sgr")
    known = {rule_id(request, group, rule): (group, rule.id) for group in groups for rule in group.rules}
    missing = [text for text in texts if text.lower() not in known]
    if missing:
        raise missing_ids("security_group_rule", missing)
    return {text.lower(): known[text.lower()] for text in texts}
