"""Making, changing and removing security groups, where the cloud has them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from deltaic.frontends.ec2.group_book import all_groups, chosen_groups, offered
from deltaic.frontends.ec2.permissions import asked_rules, is_default, rule_row
from deltaic.frontends.ec2.registry import action
from deltaic.frontends.ec2.request import Ec2Request, invalid_value
from deltaic.frontends.ec2.resolve import native_id
from deltaic.frontends.ec2.security_groups import chosen_rules
from deltaic.frontends.ec2.tagging import specified_tags, tag_set
from deltaic.model.errors import Error, ErrorKind, unsupported
from deltaic.model.security_group import Direction, Rule, SecurityGroup, SecurityGroupSpec
from deltaic.protocols.aws.errors import AwsError, missing_parameter
from deltaic.services.networks import default_network


@action("CreateSecurityGroup", writes=True, note="A name is taken once in each VPC, the default one without VpcId.")
async def create_security_group(request: Ec2Request) -> dict[str, Any]:
    """Make a group; it lets out everything and in nothing, as the cloud's new groups do."""
    _check_offered(request)
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
    _check_offered(request)
    group, _ = await _group(request)
    if is_default(group):
        shown = request.id("sg", group.id)
        text = f'the specified group: "{shown}" name: "{group.name}" cannot be deleted by a user'
        raise AwsError("CannotDelete", text)
    request.before_acting()
    await request.services.security_groups.delete(request.context, group.id)
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
    _check_offered(request)
    group, groups = await _group(request)
    rules = await asked_rules(request, direction, group, groups)
    if not rules:
        raise missing_parameter("IpPermissions")
    # A request tags rules that it makes: the cloud's rules carry none.
    if request.get("TagSpecifications"):
        specified_tags(request.get("TagSpecifications"), ())
    request.before_acting()
    made = await request.services.security_groups.authorize(request.context, group.id, rules)
    request.learn("sgr", (rule.id for rule in made))
    return {"Return": True, "SecurityGroupRules": [rule_row(request, group, rule) for rule in made]}


async def _revoke(request: Ec2Request, direction: Direction) -> dict[str, Any]:
    _check_offered(request)
    group, groups = await _group(request)
    ids = request.get("SecurityGroupRuleIds", ())
    chosen = await chosen_rules(request, [group], ids) if ids else {}
    rules = await asked_rules(request, direction, group, groups)
    if not chosen and not rules:
        raise missing_parameter("IpPermissions")
    natives = [native for _, native in chosen.values()]
    if any(rule.direction is not direction for rule in group.rules if rule.id in natives):
        raise AwsError("InvalidParameterValue", f"A rule of the request is not an {direction.value} rule.")
    request.before_acting()
    try:
        gone = await request.services.security_groups.revoke(request.context, group.id, rule_ids=natives, rules=rules)
    except Error as error:
        if error.kind is not ErrorKind.NOT_FOUND or error.resource != "security_group_rule":
            raise
        message = "The specified rule does not exist in this security group."
        raise AwsError("InvalidPermission.NotFound", message) from None
    rows = [_revoked(request, group, rule) for rule in gone]
    return {"Return": True, "UnknownIpPermissions": [], "RevokedSecurityGroupRules": rows}


def _revoked(request: Ec2Request, group: SecurityGroup, rule: Rule) -> dict[str, Any]:
    row = rule_row(request, group, rule)
    referenced = row.pop("ReferencedGroupInfo", None)
    if referenced:
        row["ReferencedGroupId"] = referenced["GroupId"]
    return {name: value for name, value in row.items() if name not in ("Tags", "GroupOwnerId")}


async def _group(request: Ec2Request) -> tuple[SecurityGroup, Sequence[SecurityGroup]]:
    """The group of GroupId or GroupName, and all there are.

    Errors: MissingParameter, InvalidGroup.NotFound, InvalidGroupId.Malformed.
    """
    text, name = request.get("GroupId"), request.get("GroupName")
    if not text and not name:
        raise missing_parameter("GroupId")
    natives = [await native_id(request, "sg", text)] if text else []
    groups = await all_groups(request)
    return chosen_groups(request, groups, natives, [] if text else [name])[0], groups


def _check_offered(request: Ec2Request) -> None:
    if not offered(request):
        raise unsupported("security_groups")
