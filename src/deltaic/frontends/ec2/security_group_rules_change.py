"""Changing rules of security groups: what they let through, and what they are said to be for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deltaic.frontends.ec2.permissions import asked_rule, asked_rules
from deltaic.frontends.ec2.registry import action
from deltaic.frontends.ec2.request import Ec2Request, invalid_value
from deltaic.frontends.ec2.security_groups import chosen_rules
from deltaic.frontends.ec2.security_groups_change import check_direction, check_offered, named_group, no_such_rule
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.security_group import Direction, SecurityGroup
from deltaic.protocols.aws.errors import AwsError, missing_parameter
from deltaic.services.changed_rules import by_traffic

NOTE = "The description is kept by the gateway where the cloud's rules can't be changed; nothing else sees it there."


@action(
    "ModifySecurityGroupRules",
    writes=True,
    note="A rule keeps its id. Where the cloud's rules can't be changed it is replaced: the new ones are there, all "
    "or none, before the old ones go.",
)
async def modify_security_group_rules(request: Ec2Request) -> dict[str, Any]:
    """Let rules of a group let other traffic through, or describe them otherwise."""
    check_offered(request)
    group, groups = await named_group(request)
    updates = request.require("SecurityGroupRules", "SecurityGroupRule")
    chosen = await _chosen(request, group, updates, "SecurityGroupRule")
    native = {rule.id: rule for rule in group.rules}
    changes = {}
    for at, update in enumerate(updates, 1):
        wanted = update.get("SecurityGroupRule")
        if not wanted:
            raise missing_parameter(f"SecurityGroupRule.{at}.SecurityGroupRule")
        own = chosen[update["SecurityGroupRuleId"].lower()]
        where = f"SecurityGroupRule.{at}.SecurityGroupRule"
        changes[own] = await asked_rule(request, native[own].direction, wanted, where, group, groups)
    request.before_acting()
    await request.services.changed_rules.change(request.context, group, changes)
    return {"Return": True}


@action("UpdateSecurityGroupRuleDescriptionsIngress", writes=True, note=NOTE)
async def update_descriptions_ingress(request: Ec2Request) -> dict[str, Any]:
    """Describe rules that let traffic in."""
    return await _update_descriptions(request, Direction.INGRESS)


@action("UpdateSecurityGroupRuleDescriptionsEgress", writes=True, note=NOTE)
async def update_descriptions_egress(request: Ec2Request) -> dict[str, Any]:
    """Describe rules that let traffic out."""
    return await _update_descriptions(request, Direction.EGRESS)


async def _update_descriptions(request: Ec2Request, direction: Direction) -> dict[str, Any]:
    check_offered(request)
    group, groups = await named_group(request)
    given = request.get("SecurityGroupRuleDescriptions", ())
    rules = await asked_rules(request, direction, group, groups)
    if bool(given) is bool(rules):
        if given:
            raise AwsError("InvalidParameterCombination", "Give either IpPermissions or rule ids.")
        raise missing_parameter("IpPermissions")
    try:
        texts = {native: rule.description for native, rule in by_traffic(group, rules).items()}
    except Error as error:
        if error.kind is not ErrorKind.NOT_FOUND:
            raise
        raise no_such_rule() from None
    chosen = await _chosen(request, group, given, "SecurityGroupRuleDescription")
    check_direction(group, chosen.values(), direction)
    texts |= {chosen[one["SecurityGroupRuleId"].lower()]: one.get("Description", "") for one in given}
    request.before_acting()
    await request.services.changed_rules.describe(group, texts)
    return {"Return": True}


async def _chosen(
    request: Ec2Request, group: SecurityGroup, entries: list[Mapping[str, Any]], parameter: str
) -> dict[str, str]:
    """The native ids of the rules that entries of a request name, by id in lower case, each once."""
    ids = []
    for at, entry in enumerate(entries, 1):
        text = entry.get("SecurityGroupRuleId")
        if not text:
            raise missing_parameter(f"{parameter}.{at}.SecurityGroupRuleId")
        if text.lower() in ids:
            raise invalid_value(f"{parameter}.{at}.SecurityGroupRuleId", text, "It was sent more than once.")
        ids.append(text.lower())
    found = await chosen_rules(request, [group], ids)
    return {text: native for text, (_, native) in found.items()}
