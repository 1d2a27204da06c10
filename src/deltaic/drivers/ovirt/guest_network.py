"""How cloud-init sets up a guest's interfaces. Source page: types/initialization, types/nic_configuration.

The engine names interfaces as the guest does, and keeps them in that order: every interface has its line, those that
ask for their address (DHCP) too, else the guest would leave them alone.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Any

from deltaic.model.nic import NicConfiguration

#: The guest's names of its interfaces, by place.
DEVICE = "eth{}"


def initialization(interfaces: Sequence[NicConfiguration]) -> dict[str, Any]:
    """Members of a machine's `initialization`; none where every interface asks for its address."""
    if not any(one.address for one in interfaces):
        return {}
    lines = [_line(place, one) for place, one in enumerate(interfaces)]
    servers = list(dict.fromkeys(server for one in interfaces for server in one.dns))
    members: dict[str, Any] = {"nic_configurations": {"nic_configuration": lines}}
    return members | ({"dns_servers": " ".join(servers)} if servers else {})


def _line(place: int, one: NicConfiguration) -> dict[str, Any]:
    line: dict[str, Any] = {"name": DEVICE.format(place), "on_boot": "true"}
    if not one.address:
        return line | {"boot_protocol": "dhcp"}
    address = ipaddress.ip_interface(f"{one.address}/{one.prefix}")
    ip = {"address": str(address.ip), "version": f"v{address.version}"}
    if one.gateway:
        ip["gateway"] = one.gateway
    if address.version == 4:
        return line | {"boot_protocol": "static", "ip": ip | {"netmask": str(address.netmask)}}
    return line | {
        "boot_protocol": "none",
        "ipv6_boot_protocol": "static",
        "ipv6": ip | {"netmask": str(one.prefix)},
    }
