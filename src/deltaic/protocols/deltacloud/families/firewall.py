"""Firewalls and their rules. Source: the original's views `firewalls/show` and `firewalls/index`."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from deltaic.protocols.deltacloud.elements import Element, element
from deltaic.protocols.deltacloud.families.links import Link, actions_json, actions_xml


class Source(Struct, frozen=True):
    """The other side of a rule: an `address` with its `prefix` and `family` (`ipv4`, `ipv6`), or the group `name`."""

    address: str = ""
    prefix: str = ""
    family: str = ""
    name: str = ""
    owner: str = ""


class FirewallRule(Struct, frozen=True):
    """A kind of traffic that is let through."""

    id: str
    href: str
    allow_protocol: str
    port_from: str
    port_to: str
    direction: str
    sources: tuple[Source, ...] = ()
    actions: tuple[Link, ...] = ()


class Firewall(Struct, frozen=True):
    """A named set of rules."""

    id: str
    href: str
    name: str
    description: str
    owner_id: str
    rules: tuple[FirewallRule, ...] = ()
    actions: tuple[Link, ...] = ()


def firewall_xml(one: Firewall) -> Element:
    """The element `firewall`."""
    return element(
        "firewall",
        actions_xml(one.actions),
        element("name", text=one.name),
        element("description", text=one.description),
        element("owner_id", text=one.owner_id),
        element("rules", *map(_rule_xml, one.rules)),
        href=one.href,
        id_=one.id,
    )


def _rule_xml(one: FirewallRule) -> Element:
    return element(
        "rule",
        actions_xml(one.actions),
        element("allow_protocol", text=one.allow_protocol),
        element("port_from", text=one.port_from),
        element("port_to", text=one.port_to),
        element("direction", text=one.direction),
        element("sources", *(element("source", **_source(source)) for source in one.sources)),
        href=one.href,
        id_=one.id,
    )


def _source(one: Source) -> dict[str, str]:
    if one.name:
        return {"name": one.name, "type": "group", "owner": one.owner}
    return {"prefix": one.prefix, "address": one.address, "family": one.family, "type": "address"}


def firewall_json(one: Firewall) -> dict[str, Any]:
    """The object."""
    return {
        "id": one.id,
        "href": one.href,
        "name": one.name,
        "description": one.description,
        "owner_id": one.owner_id,
        "rules": [_rule_json(rule) for rule in one.rules],
        "actions": actions_json(one.actions),
    }


def _rule_json(one: FirewallRule) -> dict[str, Any]:
    return {
        "id": one.id,
        "href": one.href,
        "allow_protocol": one.allow_protocol,
        "port_from": one.port_from,
        "port_to": one.port_to,
        "direction": one.direction,
        "sources": [_source(source) for source in one.sources],
        "actions": actions_json(one.actions),
    }
