"""The network interface of an instance."""

from __future__ import annotations

from msgspec import Struct


class Nic(Struct, frozen=True):
    """One virtual network interface. Addresses are those the guest reports for its MAC."""

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
