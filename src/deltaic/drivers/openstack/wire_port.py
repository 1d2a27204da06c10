"""What of the network service's ports tells the interfaces of servers.

Source page: Networking API v2.0, "Ports".
"""

from __future__ import annotations

from msgspec import Struct, field

#: How the description of a port begins that the gateway made for a server; its id follows.
MADE_FOR = "deltaic:instance="


class FixedIp(Struct, frozen=True):
    """An address of a port."""

    subnet_id: str = ""
    ip_address: str = ""


class Port(Struct, frozen=True):
    """A port; `device_id` is the server that has it."""

    id: str = ""
    name: str | None = ""
    description: str | None = ""
    device_id: str | None = ""
    device_owner: str | None = ""
    network_id: str = ""
    mac_address: str = ""
    admin_state_up: bool = True
    fixed_ips: tuple[FixedIp, ...] = ()
    security_groups: tuple[str, ...] = ()
    created_at: str | None = ""
    tags: tuple[str, ...] = ()


class Ports(Struct, frozen=True):
    """A page of ports."""

    ports: tuple[Port, ...] = ()


class PortAnswer(Struct, frozen=True):
    """One port."""

    port: Port


class Attachment(Struct, frozen=True):
    """Of compute: a port that is plugged in."""

    port_id: str = ""


class AttachmentAnswer(Struct, frozen=True):
    """One such port."""

    attachment: Attachment = field(name="interfaceAttachment")
