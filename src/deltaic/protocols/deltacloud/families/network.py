"""Networks, their subnets, and the interfaces of instances."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from deltaic.protocols.deltacloud.elements import Element, element, optional
from deltaic.protocols.deltacloud.families.links import Link, Reference, actions_json, actions_xml


class Network(Struct, frozen=True):
    """A network with the address blocks that are known of it."""

    id: str
    href: str
    name: str
    state: str
    address_blocks: tuple[str, ...] = ()
    subnets: tuple[Reference, ...] = ()
    actions: tuple[Link, ...] = ()


class Subnet(Struct, frozen=True):
    """A part of a network."""

    id: str
    href: str
    name: str
    state: str
    network: Reference
    address_block: str = ""
    type: str = ""
    actions: tuple[Link, ...] = ()


class NetworkInterface(Struct, frozen=True):
    """An interface of an instance."""

    id: str
    href: str
    name: str
    instance: Reference
    network: Reference | None = None
    ip_address: str = ""
    mac_address: str = ""
    actions: tuple[Link, ...] = ()


def network_xml(one: Network) -> Element:
    """The element `network`."""
    return element(
        "network",
        element("name", text=one.name),
        element("state", text=one.state),
        element("address_blocks", *(element("address_block", text=block) for block in one.address_blocks)),
        element("subnets", *(subnet.xml("subnet") for subnet in one.subnets)),
        actions_xml(one.actions),
        href=one.href,
        id_=one.id,
    )


def network_json(one: Network) -> dict[str, Any]:
    """The object."""
    return {
        "id": one.id,
        "name": one.name,
        "href": one.href,
        "state": one.state,
        "address_blocks": list(one.address_blocks),
        "subnets": [{"id": subnet.id, "href": subnet.href} for subnet in one.subnets],
        "actions": actions_json(one.actions),
    }


def subnet_xml(one: Subnet) -> Element:
    """The element `subnet`. Its network is told as the plain id, as it always was."""
    return element(
        "subnet",
        element("name", text=one.name),
        element("state", text=one.state),
        optional("type", one.type),
        element("address_block", text=one.address_block),
        element("network", text=one.network.id),
        actions_xml(one.actions),
        href=one.href,
        id_=one.id,
    )


def subnet_json(one: Subnet) -> dict[str, Any]:
    """The object."""
    return {
        "id": one.id,
        "name": one.name,
        "href": one.href,
        "type": one.type or None,
        "state": one.state,
        "address_block": one.address_block,
        "network": {"id": one.network.id, "href": one.network.href},
        "actions": actions_json(one.actions),
    }


def network_interface_xml(one: NetworkInterface) -> Element:
    """The element `network_interface`."""
    network = (
        element("network", text=one.network.id, href=one.network.href, id_=one.network.id) if one.network else None
    )
    return element(
        "network_interface",
        element("name", text=one.name),
        optional("ip_address", one.ip_address),
        optional("mac_address", one.mac_address),
        network,
        element("instance", text=one.instance.id, href=one.instance.href, id_=one.instance.id),
        actions_xml(one.actions),
        href=one.href,
        id_=one.id,
    )


def network_interface_json(one: NetworkInterface) -> dict[str, Any]:
    """The object."""
    return {
        "id": one.id,
        "name": one.name,
        "href": one.href,
        "network": {"id": one.network.id, "href": one.network.href} if one.network else {},
        "instance": {"id": one.instance.id, "href": one.instance.href},
        "ip_address": one.ip_address or None,
        "mac_address": one.mac_address or None,
        "actions": actions_json(one.actions),
    }
