"""Keys for logging in to instances."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from deltaic.protocols.deltacloud.elements import Element, element, optional
from deltaic.protocols.deltacloud.families.links import Link, actions_json, actions_xml


class Key(Struct, frozen=True):
    """A key pair. `pem` is the private half: it is there in the answer to its generation, and never again."""

    id: str
    href: str
    name: str
    fingerprint: str
    state: str = "AVAILABLE"
    pem: str = ""
    actions: tuple[Link, ...] = ()

    def __repr__(self) -> str:
        return f"Key(name={self.name!r}, fingerprint={self.fingerprint!r})"


def key_xml(one: Key) -> Element:
    """The element `key`."""
    return element(
        "key",
        element("name", text=one.name),
        actions_xml(one.actions),
        element("fingerprint", text=one.fingerprint),
        optional("pem", one.pem),
        element("state", text=one.state),
        href=one.href,
        id_=one.id,
        type_="key",
    )


def key_json(one: Key) -> dict[str, Any]:
    """The object; `credential_type` and `pem_rsa_key` are old names."""
    # Clients ask for the private half without looking whether it is there.
    return {
        "id": one.id,
        "href": one.href,
        "name": one.name,
        "type": "key",
        "credential_type": "key",
        "username": None,
        "password": None,
        "state": one.state,
        "fingerprint": one.fingerprint,
        "actions": actions_json(one.actions),
        "pem": one.pem or None,
        "pem_rsa_key": one.pem or None,
    }
