"""The network interface of an instance."""

from __future__ import annotations

from msgspec import Struct


class Nic(Struct, frozen=True):
    """One virtual network interface. Addresses are those the guest reports for its MAC, or the cloud gave it.

    `public_ipv4` are public addresses that the cloud leads to it.
    """

    id: str
    name: str = ""
    mac: str = ""
    network_id: str = ""
    profile_id: str = ""
    instance_id: str = ""
    linked: bool = True
    plugged: bool = True
    ipv4: tuple[str, ...] = ()
    ipv6: tuple[str, ...] = ()
    public_ipv4: tuple[str, ...] = ()
    subnet_ids: tuple[str, ...] = ()
    security_group_ids: tuple[str, ...] = ()


class NicSpec(Struct, frozen=True):
    """An interface to add. Without a name it gets the first free one; without a MAC one of the cloud's.

    With a name, one of that name on that network is taken for the one that was asked for: repeating adds none.
    """

    network_id: str
    name: str = ""
    mac: str = ""
    linked: bool = True
    plugged: bool = True
    subnet_id: str = ""
    address: str = ""
    security_group_ids: tuple[str, ...] = ()


class NicChanges(Struct, frozen=True):
    """What to change on an interface; None leaves a member as it is."""

    name: str | None = None
    network_id: str | None = None
    linked: bool | None = None
    plugged: bool | None = None
    security_group_ids: tuple[str, ...] | None = None


class NicConfiguration(Struct, frozen=True):
    """How a guest sets up one of its interfaces at its first start.

    Without an `address` it asks for one (DHCP). `prefix` is the length of the network's part of the address; `dns`
    are the addresses of name servers.
    """

    address: str = ""
    prefix: int = 0
    gateway: str = ""
    dns: tuple[str, ...] = ()
