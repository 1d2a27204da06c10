"""Making, changing and removing security groups, where the cloud has them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from deltaic.frontends.ec2.group_book import all_groups, chosen_groups, offered
from deltaic.frontends.ec2.permissions import asked_rules, is_default, rule_name, rule_row
from deltaic.frontends.ec2.registry import action
from deltaic.frontends.ec2.request import Ec2Request, invalid_value
from deltaic.frontends.ec2.resolve import native_id
from deltaic.frontends.ec2.security_groups import chosen_rules
from deltaic.frontends.ec2.tagging import specified_tags, store_key, stored_tags, tag_set, target
from deltaic.model.errors import Error, ErrorKind, unsupported
from deltaic.model.security_group import Direction, Rule, SecurityGroup, SecurityGroupSpec
from deltaic.protocols.aws.errors import AwsError, missing_parameter
from deltaic.services.networks import default_network

#: The type that requests tag new rules by.
RULE: Final = "security-group-rule"


@action("CreateSecurityGroup", writes=True, note="A name is taken once in each VPC, the default one without VpcId.")
async def create_security_group(request: Ec2Request) -> dict[str, Any]:
    """Make a group; it lets out everything and in nothing, as the cloud's new groups do."""
    check_offered(request)
    name, description = request.require("GroupName"), request.require("Description", "GroupDescription")
    if name.lower().startswith("sg-"):
        raise invalid_value("groupName", name, "It can't begin with sg-.")
    if name.lower() == "default":
        raise AwsError("InvalidParameterValue", "Cannot use reserved security group name: default")
    vpc = await _vpc(request)
    tags = specified_tags(request.get("TagSpecifications", ()), ("security-group",)).get("security-group", {})
    if any(group.name == name and group.network_id == vpc for group in await all_groups(request)):
        shown = request.id("vpc", vpc)
        raise AwsError("InvalidGroup.Duplicate", f"The security group '{name}' already exists for VPC '{shown}'")
    request.before_acting()
    spec = SecurityGroupSpec(name, description, vpc if request.get("VpcId") else "", tags)
    made = await request.services.security_groups.create(request.context, spec)
    request.learn("sg", [made.id])
    shown = request.id("sg", made.id)
    region = made.data_center_id
    arn = f"arn:aws:ec2:{region}:{request.account}:security-group/{shown}"
    return {"GroupId": shown, "SecurityGroupArn": arn, "Tags": tag_set(tags)}


async def _vpc(request: Ec2Request) -> str:
    """The native id of the VPC that a new group is for: the default one when none is named."""
    text = request.get("VpcId")
    native = await native_id(request, "vpc", text) if text else ""
    networks = await request.services.networks.list(request.context, ids=[native] if native else ())
    home = default_network(networks)
    return home.id if home is not None else ""


@action("DeleteSecurityGroup", writes=True)
async def delete_security_group(request: Ec2Request) -> dict[str, Any]:
    """Remove a group that nothing has."""
    check_offered(request)
    group, _ = await named_group(request)
    if is_default(group):
        shown = request.id("sg", group.id)
        text = f'the specified group: "{shown}" name: "{group.name}" cannot be deleted by a user'
        raise AwsError("CannotDelete", text)
    request.before_acting()
    await request.services.security_groups.delete(request.context, group.id)
    await _forget(request, group.id, group.rules)
    return {"Return": True, "GroupId": request.id("sg", group.id)}


@action("AuthorizeSecurityGroupIngress", writes=True)
async def authorize_ingress(request: Ec2Request) -> dict[str, Any]:
    """Let traffic in: all rules of the request, or none."""
    return await _authorize(request, Direction.INGRESS)


@action("AuthorizeSecurityGroupEgress", writes=True)
async def authorize_egress(request: Ec2Request) -> dict[str, Any]:
    """Let traffic out: all rules of the request, or none."""
    return await _authorize(request, Direction.EGRESS)


@action("RevokeSecurityGroupIngress", writes=True, note="All rules of the request, or none.")
async def revoke_ingress(request: Ec2Request) -> dict[str, Any]:
    """Let traffic in no longer."""
    return await _revoke(request, Direction.INGRESS)


@action("RevokeSecurityGroupEgress", writes=True, note="All rules of the request, or none.")
async def revoke_egress(request: Ec2Request) -> dict[str, Any]:
    """Let traffic out no longer."""
    return await _revoke(request, Direction.EGRESS)


async def _authorize(request: Ec2Request, direction: Direction) -> dict[str, Any]:
    check_offered(request)
    group, groups = await named_group(request)
    rules = await asked_rules(request, direction, group, groups)
    if not rules:
        raise missing_parameter("IpPermissions")
    tags = specified_tags(request.get("TagSpecifications", ()), (RULE,)).get(RULE, {})
    request.before_acting()
    made = await request.services.security_groups.authorize(request.context, group.id, rules)
    await request.services.changed_rules.forget(group.id, made)
    request.learn("sgr", (rule.id for rule in made))
    if tags:
        await request.services.tags.add(request.context, [target(request, "sgr", rule.id) for rule in made], tags)
    rows = [rule_row(request, group, rule, tag_set(tags)) for rule in made]
    return {"Return": True, "SecurityGroupRules": rows}


async def _revoke(request: Ec2Request, direction: Direction) -> dict[str, Any]:
    check_offered(request)
    group, groups = await named_group(request)
    ids = request.get("SecurityGroupRuleIds", ())
    chosen = await chosen_rules(request, [group], ids) if ids else {}
    rules = await asked_rules(request, direction, group, groups)
    if not chosen and not rules:
        raise missing_parameter("IpPermissions")
    natives = [native for _, native in chosen.values()]
    check_direction(group, natives, direction)
    request.before_acting()
    try:
        gone = await request.services.security_groups.revoke(request.context, group.id, rule_ids=natives, rules=rules)
    except Error as error:
        if error.kind is not ErrorKind.NOT_FOUND or error.resource != "security_group_rule":
            raise
        raise no_such_rule() from None
    await _forget(request, group.id, gone)
    rows = [_revoked(request, group, rule) for rule in gone]
    return {"Return": True, "UnknownIpPermissions": [], "RevokedSecurityGroupRules": rows}


def check_direction(group: SecurityGroup, natives: Iterable[str], direction: Direction) -> None:
    """Rules of a group, by native id, are all of that direction. Errors: InvalidParameterValue."""
    wrong = {rule.id for rule in group.rules if rule.direction is not direction}
    if not wrong.isdisjoint(natives):
        raise AwsError("InvalidParameterValue", f"A rule of the request is not an {direction.value} rule.")


def no_such_rule() -> AwsError:
    """The error for traffic that no rule of a group lets through."""
    return AwsError("InvalidPermission.NotFound", "The specified rule does not exist in this security group.")


async def _forget(request: Ec2Request, group_id: str, rules: Sequence[Rule]) -> None:
    """Drop what is kept for rules that are gone: how they were changed, and their tags."""
    await request.services.changed_rules.forget(group_id, rules)
    kept: Mapping[str, Mapping[str, str]] = await stored_tags(request)
    names = [name for rule in rules if store_key("sgr", name := rule_name(request, rule)) in kept]
    await request.services.tags.remove(request.context, [target(request, "sgr", name) for name in names], None)


def _revoked(request: Ec2Request, group: SecurityGroup, rule: Rule) -> dict[str, Any]:
    row = rule_row(request, group, rule)
    referenced = row.pop("ReferencedGroupInfo", None)
    if referenced:
        row["ReferencedGroupId"] = referenced["GroupId"]
    return {name: value for name, value in row.items() if name not in ("Tags", "GroupOwnerId")}


async def named_group(request: Ec2Request) -> tuple[SecurityGroup, Sequence[SecurityGroup]]:
    """The group of GroupId or GroupName, and all there are.

    Errors: MissingParameter, InvalidGroup.NotFound, InvalidGroupId.Malformed.
    """
    text, name = request.get("GroupId"), request.get("GroupName")
    if not text and not name:
        raise missing_parameter("GroupId")
    natives = [await native_id(request, "sg", text)] if text else []
    groups = await all_groups(request)
    return chosen_groups(request, groups, natives, [] if text else [name])[0], groups


def check_offered(request: Ec2Request) -> None:
    if not offered(request):
        raise unsupported("security_groups")
