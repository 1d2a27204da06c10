"""EC2's IpPermissions and the rules of security groups, both ways.

A permission is one range of ports with any number of other sides; a rule has one other side.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

from deltaic.frontends.ec2.group_book import DEFAULT_NAME, chosen_groups
from deltaic.frontends.ec2.request import Ec2Request, invalid_value, unsupported
from deltaic.frontends.ec2.resolve import native_id
from deltaic.model.security_group import Direction, Rule, SecurityGroup
from deltaic.protocols.aws.errors import AwsError, missing_parameter

#: AWS's word for any protocol, and its number for any port, type or code.
ANY_PROTOCOL: Final = "-1"
ANY: Final = -1
#: Rules of one request.
MOST_RULES: Final = 200
_EVERYBODY: Final = {4: "0.0.0.0/0", 6: "::/0"}
#: The members of the old form of a request: one permission, flat.
_FLAT: Final = ("IpProtocol", "FromPort", "ToPort", "CidrIp", "SourceSecurityGroupName")
#: The members of a single rule that tell its other side, and where a permission has them.
_SIDES: Final = {
    "CidrIpv4": ("IpRanges", "CidrIp"),
    "CidrIpv6": ("Ipv6Ranges", "CidrIpv6"),
    "ReferencedGroupId": ("UserIdGroupPairs", "GroupId"),
    "PrefixListId": ("PrefixListIds", "PrefixListId"),
}
#: Protocols with ports, and those with types and codes, by name or number.
_WITH_PORTS: Final = frozenset({"tcp", "udp", "6", "17"})
_WITH_TYPES: Final = frozenset({"icmp", "icmpv6", "icmp6", "ipv6-icmp", "1", "58"})
#: AWS's range of all ports is any port.
_ALL_PORTS: Final = {(0, 65535), (1, 65535)}


async def asked_rules(
    request: Ec2Request, direction: Direction, group: SecurityGroup, groups: Sequence[SecurityGroup]
) -> list[Rule]:
    """The rules of a group that a request writes, as permissions or in the old flat form; they may name `groups`."""
    permissions = list(request.get("IpPermissions", ()))
    if any(request.get(name) is not None for name in _FLAT):
        if permissions:
            raise AwsError("InvalidParameterCombination", "Give either IpPermissions or a single permission.")
        permissions = [_flat(request)]
    rules = [
        rule
        for at, one in enumerate(permissions, 1)
        for rule in await _rules(request, direction, one, f"IpPermissions.{at}", group, groups)
    ]
    if len(rules) > MOST_RULES:
        raise AwsError("RulesPerSecurityGroupLimitExceeded", f"At most {MOST_RULES} rules are taken at once.")
    return rules


async def asked_rule(
    request: Ec2Request,
    direction: Direction,
    wanted: Mapping[str, Any],
    where: str,
    group: SecurityGroup,
    groups: Sequence[SecurityGroup],
) -> Rule:
    """The one rule of a SecurityGroupRuleRequest, which is written at `where`. Errors: as of permissions."""
    sides = [name for name in _SIDES if wanted.get(name)]
    if len(sides) > 1:
        raise AwsError("InvalidParameterCombination", f"Give one of {', '.join(_SIDES)}.")
    if not sides:
        raise missing_parameter(f"{where}.{next(iter(_SIDES))}")
    member, name = _SIDES[sides[0]]
    side = {name: wanted[sides[0]], "Description": wanted.get("Description", "")}
    ports = {name: wanted[name] for name in ("IpProtocol", "FromPort", "ToPort") if name in wanted}
    return (await _rules(request, direction, ports | {member: [side]}, where, group, groups))[0]


def _flat(request: Ec2Request) -> dict[str, Any]:
    given = {name: request.get(name) for name in ("IpProtocol", "FromPort", "ToPort") if request.get(name) is not None}
    if request.get("CidrIp"):
        given["IpRanges"] = [{"CidrIp": request.get("CidrIp")}]
    if request.get("SourceSecurityGroupName"):
        given["UserIdGroupPairs"] = [{"GroupName": request.get("SourceSecurityGroupName")}]
    return given


async def _rules(
    request: Ec2Request,
    direction: Direction,
    permission: Mapping[str, Any],
    where: str,
    group: SecurityGroup,
    groups: Sequence[SecurityGroup],
) -> list[Rule]:
    if permission.get("PrefixListIds"):
        raise unsupported(f"{where}.PrefixListIds", "there are no prefix lists.")
    protocol = permission.get("IpProtocol")
    if protocol is None:
        raise missing_parameter(f"{where}.IpProtocol")
    first, last = _ends(protocol, permission, where)
    plain = Rule(direction, "" if protocol == ANY_PROTOCOL else protocol, first, last)
    rules = []
    for member, name, version in (("IpRanges", "CidrIp", 4), ("Ipv6Ranges", "CidrIpv6", 6)):
        for side in permission.get(member, ()):
            if not side.get(name):
                raise missing_parameter(f"{where}.{member}.{name}")
            rules.append(_with(plain, side, cidr=side[name], ip_version=version))
    for side in permission.get("UserIdGroupPairs", ()):
        rules.append(_with(plain, side, group_id=await _source(request, side, group, groups)))
    if not rules:
        raise missing_parameter(f"{where}.IpRanges")
    return rules


def _ends(protocol: str, permission: Mapping[str, Any], where: str) -> tuple[int | None, int | None]:
    """Both ends of the range; AWS's -1 is any. Other protocols have none, whatever a client writes, as on AWS."""
    first, last = (permission.get(name) for name in ("FromPort", "ToPort"))
    if protocol.lower() not in _WITH_PORTS | _WITH_TYPES or (first, last) in _ALL_PORTS:
        return None, None
    if protocol.lower() in _WITH_PORTS and (first is None or last is None):
        raise missing_parameter(f"{where}.{'FromPort' if first is None else 'ToPort'}")
    return (None if first in (None, ANY) else first), (None if last in (None, ANY) else last)


def _with(rule: Rule, side: Mapping[str, Any], **members: Any) -> Rule:
    return Rule(
        rule.direction, rule.protocol, rule.from_port, rule.to_port, description=side.get("Description", ""), **members
    )


async def _source(
    request: Ec2Request, side: Mapping[str, Any], group: SecurityGroup, groups: Sequence[SecurityGroup]
) -> str:
    """The native id of the group at the other side."""
    owner = side.get("UserId")
    if owner and owner != request.account:
        raise invalid_value("UserId", owner, "Groups of other accounts can't be named.")
    if side.get("GroupId"):
        native = await native_id(request, "sg", side["GroupId"])
        return chosen_groups(request, groups, [native], [])[0].id
    if not side.get("GroupName"):
        raise missing_parameter("UserIdGroupPairs.GroupId")
    return chosen_groups(request, groups, [], [side["GroupName"]], group.network_id)[0].id


def permissions(request: Ec2Request, group: SecurityGroup, direction: Direction, names: Mapping[str, str]) -> list[Any]:
    """The rules of one direction as permissions: one for each protocol and range."""
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for rule in group.rules:
        if rule.direction is not direction:
            continue
        key = (rule.protocol, rule.from_port, rule.to_port)
        permission = found.setdefault(key, _empty(rule))
        member, side = _side(request, rule, names)
        permission[member].append(side)
    return list(found.values())


def _empty(rule: Rule) -> dict[str, Any]:
    shown: dict[str, Any] = {"IpProtocol": rule.protocol or ANY_PROTOCOL}
    if rule.protocol in _WITH_PORTS | _WITH_TYPES or rule.from_port is not None:
        shown |= _ports(rule)
    return shown | {"UserIdGroupPairs": [], "IpRanges": [], "Ipv6Ranges": [], "PrefixListIds": []}


def _ports(rule: Rule) -> dict[str, int]:
    if rule.protocol in ("tcp", "udp") and rule.from_port is None:
        return {"FromPort": 0, "ToPort": 65535}
    return {
        "FromPort": ANY if rule.from_port is None else rule.from_port,
        "ToPort": ANY if rule.to_port is None else rule.to_port,
    }


def _side(request: Ec2Request, rule: Rule, names: Mapping[str, str]) -> tuple[str, dict[str, Any]]:
    said = {"Description": rule.description} if rule.description else {}
    if rule.group_id:
        pair = {"GroupId": request.id("sg", rule.group_id), "UserId": request.account}
        if rule.group_id in names:
            pair["GroupName"] = names[rule.group_id]
        return "UserIdGroupPairs", pair | said
    cidr = rule.cidr or _EVERYBODY[rule.ip_version]
    return ("Ipv6Ranges", {"CidrIpv6": cidr} | said) if ":" in cidr else ("IpRanges", {"CidrIp": cidr} | said)


def rule_row(request: Ec2Request, group: SecurityGroup, rule: Rule, tags: Sequence[Any] = ()) -> dict[str, Any]:
    """A SecurityGroupRule structure."""
    row: dict[str, Any] = {
        "SecurityGroupRuleId": rule_id(request, group, rule),
        "GroupId": request.id("sg", group.id),
        "GroupOwnerId": request.account,
        "IsEgress": rule.direction is Direction.EGRESS,
        "IpProtocol": rule.protocol or ANY_PROTOCOL,
        **(_ports(rule) if rule.protocol else {"FromPort": ANY, "ToPort": ANY}),
    }
    if rule.group_id:
        row["ReferencedGroupInfo"] = {"GroupId": request.id("sg", rule.group_id), "UserId": request.account}
    else:
        cidr = rule.cidr or _EVERYBODY[rule.ip_version]
        row["CidrIpv6" if ":" in cidr else "CidrIpv4"] = cidr
    if rule.description:
        row["Description"] = rule.description
    return row | {"Tags": list(tags)}


def rule_id(request: Ec2Request, group: SecurityGroup, rule: Rule) -> str:
    """The id of a rule; those of groups that the cloud does not have are made of what they say."""
    if rule.id:
        return request.id("sgr", rule_name(request, rule))
    content = f"{group.id}\0{rule.direction is Direction.EGRESS}\0{rule.cidr}"
    return "sgr-" + hashlib.sha256(content.encode()).hexdigest()[:17]


def rule_name(request: Ec2Request, rule: Rule) -> str:
    """The native id that a rule goes by: one that was changed keeps that of the rule that it was."""
    return request.rule_names.get(rule.id, rule.id)


def is_default(group: SecurityGroup) -> bool:
    """Whether it is the group that AWS calls default."""
    return group.default or group.name == DEFAULT_NAME
