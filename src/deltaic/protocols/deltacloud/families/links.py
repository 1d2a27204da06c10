"""What leads from one resource to another."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from deltaic.protocols.deltacloud.elements import Element, element


class Reference(Struct, frozen=True):
    """Another resource: its id and its address."""

    id: str
    href: str

    def xml(self, name: str, **more: object) -> Element:
        """The reference as an element."""
        return element(name, href=self.href, id_=self.id, **more)

    def json(self, rel: str = "") -> dict[str, Any]:
        """The reference as an object."""
        return {"href": self.href, "id": self.id} | ({"rel": rel} if rel else {})


class Link(Struct, frozen=True):
    """Something that can be done: `rel` names it, `method` is HTTP's in lower case."""

    rel: str
    href: str
    method: str = "post"

    def json(self) -> dict[str, Any]:
        """The link as an object."""
        return {"href": self.href, "rel": self.rel, "method": self.method}


def actions_xml(links: Iterable[Link]) -> Element:
    """The element `actions`."""
    return element("actions", *(element("link", href=one.href, method=one.method, rel=one.rel) for one in links))


def actions_json(links: Iterable[Link]) -> list[dict[str, Any]]:
    """The member `actions`."""
    return [one.json() for one in links]
