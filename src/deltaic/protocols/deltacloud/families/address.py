"""Public addresses that lead to instances."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from deltaic.protocols.deltacloud.elements import Element, element
from deltaic.protocols.deltacloud.families.links import Link, Reference, actions_xml


class PublicAddress(Struct, frozen=True):
    """A public address, and the instance that it leads to."""

    id: str
    href: str
    ip: str
    instance: Reference | None = None
    actions: tuple[Link, ...] = ()


def address_xml(one: PublicAddress) -> Element:
    """The element `address`."""
    return element(
        "address",
        element("ip", text=one.ip),
        actions_xml(one.actions),
        one.instance.xml("instance") if one.instance else None,
        href=one.href,
        id_=one.id,
    )


def address_json(one: PublicAddress) -> dict[str, Any]:
    """The object, which tells no actions."""
    document: dict[str, Any] = {"id": one.id, "href": one.href, "associated": one.instance is not None}
    return document | ({"instance_id": one.instance.id} if one.instance else {})
