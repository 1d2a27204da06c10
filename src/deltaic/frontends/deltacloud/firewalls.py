"""Firewalls: the security groups of the cloud, and their rules."""

from __future__ import annotations

import re
from collections.abc import Sequence
from ipaddress import ip_network
from typing import Final

from deltaic.frontends.deltacloud.call import Call
from deltaic.model.errors import Error, ErrorKind, invalid, not_found
from deltaic.model.security_group import Direction, Rule, SecurityGroup, SecurityGroupSpec
from deltaic.protocols.deltacloud.families.firewall import Firewall, FirewallRule, Source
from deltaic.protocols.deltacloud.families.links import Link
from deltaic.protocols.deltacloud.parameters import required, whole

PROTOCOLS: Final = ("tcp", "udp", "icmp")
_EVERYBODY: Final = {4: "0.0.0.0/0", 6: "::/0"}
#: Clients number the addresses, and write the name in three ways.
_ADDRESS: Final = re.compile(r"ip[-_]?address[0-9]*")
_GROUP: Final = re.compile(r"group[0-9]*")


async def index(call: Call) -> Sequence[Firewall]:
    """The firewalls; `id` chooses among them."""
    groups = await call.services.security_groups.list(call.context)
    return [firewall(call, one, groups) for one in groups if call.get("id") in ("", one.id)]


async def show(call: Call, wanted: str) -> Firewall:
    """One firewall."""
    groups = await call.services.security_groups.list(call.context)
    return firewall(call, group_named(groups, wanted), groups)


async def create(call: Call) -> Firewall:
    """Make a firewall; what its instances send is let through, as the cloud's new ones have it."""
    spec = SecurityGroupSpec(required(call.parameters, "name").strip(), required(call.parameters, "description"))
    made = await call.services.security_groups.create(call.context, spec)
    return firewall(call, made, [made])


async def destroy(call: Call, wanted: str) -> None:
    """Remove a firewall that no instance has."""
    groups = await call.services.security_groups.list(call.context)
    await call.services.security_groups.delete(call.context, group_named(groups, wanted).id)


async def add_rule(call: Call, wanted: str) -> Firewall:
    """Let traffic in from addresses or from other firewalls' instances; the firewall as it is then."""
    groups = await call.services.security_groups.list(call.context)
    found = group_named(groups, wanted)
    protocol = required(call.parameters, "protocol").strip().lower()
    if protocol not in PROTOCOLS:
        raise invalid("protocol", f"The protocol is one of {', '.join(PROTOCOLS)}")
    first, last = (_port(call, name, protocol) for name in ("port_from", "port_to"))
    sides = [Rule(Direction.INGRESS, cidr=cidr) for cidr in _matching(call, _ADDRESS)]
    sides += [Rule(Direction.INGRESS, group_id=group_named(groups, name).id) for name in _matching(call, _GROUP)]
    if not sides:
        raise invalid("ip_address1", "A rule needs a source: at least one address or group")
    rules = [Rule(one.direction, protocol, first, last, _cidr(one.cidr), one.group_id) for one in sides]
    await call.services.security_groups.authorize(call.context, found.id, rules)
    return await show(call, found.id)


async def remove_rule(call: Call, wanted: str, rule_id: str) -> None:
    """Let traffic in no longer."""
    groups = await call.services.security_groups.list(call.context)
    await call.services.security_groups.revoke(call.context, group_named(groups, wanted).id, rule_ids=[rule_id])


def _port(call: Call, name: str, protocol: str) -> int | None:
    """A port, or an ICMP type or code, of which -1 is any."""
    text = required(call.parameters, name).strip()
    if protocol == "icmp" and text == "-1":
        return None
    return whole(call.parameters, name, lowest=0, highest=255 if protocol == "icmp" else 65535)


def _matching(call: Call, pattern: re.Pattern[str]) -> list[str]:
    names = sorted(name for name in call.parameters if pattern.fullmatch(name.lower()))
    return [text for name in names if (text := call.get(name))]


def _cidr(text: str) -> str:
    """A single address is a range of one."""
    try:
        return str(ip_network(text, strict=False)) if text else ""
    except ValueError:
        raise invalid("ip_address1", f"'{text[:50]}' is not an address such as 192.0.2.0/24") from None


def group_named(groups: Sequence[SecurityGroup], wanted: str) -> SecurityGroup:
    """A group by its id or, if only one has it, its name."""
    found = [one for one in groups if one.id == wanted] or [one for one in groups if one.name == wanted]
    if not found:
        raise not_found("firewall", wanted)
    if len(found) > 1:
        raise Error(ErrorKind.CONFLICT, f"Several firewalls are called '{wanted[:80]}'", resource="firewall")
    return found[0]


def firewall(call: Call, group: SecurityGroup, groups: Sequence[SecurityGroup]) -> Firewall:
    """A firewall; `groups` are those that its rules may name."""
    links, can = call.links, call.capability
    names = {one.id: one.name for one in groups}
    actions = [links.destroy("firewalls", group.id)] if can.security_groups_delete and not group.default else []
    if can.security_groups_update:
        actions.append(links.action("firewalls", group.id, "rules"))
    return Firewall(
        group.id,
        links.to("firewalls", group.id),
        group.name,
        group.description,
        call.context.principal.user,
        tuple(_rule(call, group, rule, names) for rule in group.rules),
        tuple(actions),
    )


def _rule(call: Call, group: SecurityGroup, rule: Rule, names: dict[str, str]) -> FirewallRule:
    ports = ["" if port is None else str(port) for port in (rule.from_port, rule.to_port)]
    return FirewallRule(
        rule.id,
        call.links.to("firewalls", group.id, rule.id),
        rule.protocol or "any",
        ports[0],
        ports[1],
        rule.direction.value,
        (_source(call, rule, names),),
        (Link("destroy", call.links.to("firewalls", group.id, rule.id), "delete"),),
    )


def _source(call: Call, rule: Rule, names: dict[str, str]) -> Source:
    if rule.group_id:
        return Source(name=names.get(rule.group_id, rule.group_id), owner=call.context.principal.user)
    address, _, prefix = (rule.cidr or _EVERYBODY[rule.ip_version]).partition("/")
    return Source(address, prefix, f"ipv{6 if ':' in address else 4}")
