"""What a command inside an instance wrote."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from deltaic.protocols.deltacloud.elements import Element, element, optional


class Command(Struct, frozen=True):
    """A command that was run at one of an instance's addresses.

    `exit_status` is None where it did not end by itself; `truncated` tells that it wrote more than `output`;
    `host_key` is the fingerprint of the key that the machine showed.
    """

    id: str
    href: str
    public_address: str
    command: str
    output: str
    exit_status: int | None = None
    truncated: bool = False
    host_key: str = ""


def command_xml(one: Command) -> Element:
    """The element `instance`, as the original calls it."""
    return element(
        "instance",
        element("public_address", text=one.public_address),
        element("command", text=one.command),
        element("output", text=one.output),
        optional("exit_status", one.exit_status),
        element("truncated", text="true") if one.truncated else None,
        optional("host_key", one.host_key),
        href=one.href,
        id_=one.id,
    )


def command_json(one: Command) -> dict[str, Any]:
    """The object."""
    return {
        "id": one.id,
        "href": one.href,
        "public_address": one.public_address,
        "command": one.command,
        "output": one.output,
        "exit_status": one.exit_status,
        "truncated": one.truncated,
        "host_key": one.host_key or None,
    }
