"""The physical interface of a host, and the management network attached to it."""

from __future__ import annotations

from typing import Any, Final

from ovirt_engine_sim.call import Call
from ovirt_engine_sim.engine import Engine
from ovirt_engine_sim.entities.base import Service, find_row
from ovirt_engine_sim.entity import Entity
from ovirt_engine_sim.representation.paths import BASE

# name, value on the host, expected value; None is not reported.
_REPORTED: Final[tuple[tuple[str, str | None, str | None], ...]] = (
    ("mtu", "1500", "1500"),
    ("bridged", "true", "true"),
    ("vlan", None, None),
    ("switchType", "LEGACY", "LEGACY"),
    ("ipv4_boot_protocol", "DHCP", "DHCP"),
    ("ipv6_boot_protocol", "AUTOCONF", "AUTOCONF"),
    ("dns_configuration", "192.0.2.1", None),
    ("default_route", "true", "true"),
)


def nic_id(host: Entity) -> str:
    """Return the id of a host's interface."""
    return f"{host.id[:-12]}{'0' * 11}1"


def _management_network(engine: Engine, host: Entity) -> Entity | None:
    cluster = engine.get("cluster", host.ref("cluster"))
    center = cluster.ref("data_center") if cluster else ""
    return next(
        (one for one in engine.all("network")
         if one.ref("data_center") == center and "management" in one.inner.get("usages", ())), None,
    )  # fmt: skip


class HostNics(Service):
    """Physical interfaces of a host: one, which carries the management network."""

    kind = "host_nic"
    path = "nics"
    parent_kind = "host"
    links = ("linklayerdiscoveryprotocolelements", "networklabels", "networkattachments", "statistics")
    writable = False

    def rows(self, call: Call, parent: Entity | None) -> list[Entity]:
        assert parent is not None
        network = _management_network(call.engine, parent)
        data: dict[str, Any] = {
            "name": "eth0", "boot_protocol": "dhcp", "bridged": True, "custom_configuration": False, "mtu": 1500,
            "ip": {"address": "192.0.2.10", "netmask": "255.255.255.0", "gateway": "192.0.2.1", "version": "v4"},
            "ipv6": {"address": "2001:db8::10", "netmask": "64", "gateway": "2001:db8::1", "version": "v6"},
            "ipv6_boot_protocol": "autoconf", "mac": {"address": "52:54:00:00:00:01"}, "properties": [],
            "speed": 10_000_000_000, "status": "up", "host": {"id": parent.id},
        }  # fmt: skip
        if network is not None:
            data["network"] = {"id": network.id}
        return [Entity("host_nic", nic_id(parent), data, {}, parent.id, volatile=True)]

    def find(self, call: Call, parent: Entity | None, identity: str) -> Entity:
        return find_row(self, call, parent, identity)


class HostNetworkAttachments(Service):
    """Networks attached to a host's interface: the management network."""

    kind = "network_attachment"
    path = "networkattachments"
    parent_kind = "host"
    writable = False

    def rows(self, call: Call, parent: Entity | None) -> list[Entity]:
        assert parent is not None
        network = _management_network(call.engine, parent)
        if network is None:
            return []
        nic = {"id": nic_id(parent), "href": f"{BASE}/hosts/{parent.id}/nics/{nic_id(parent)}"}
        data: dict[str, Any] = {
            "in_sync": True,
            "ip_address_assignments": [
                {"assignment_method": "dhcp", "ip": {"version": "v4"}},
                {"assignment_method": "autoconf", "ip": {"version": "v6"}},
            ],
            "reported_configurations": [
                {"name": name, "actual_value": actual, "expected_value": expected, "in_sync": True}
                for name, actual, expected in _REPORTED
            ],
            "host": {"id": parent.id}, "host_nic": nic, "network": {"id": network.id},
        }  # fmt: skip
        return [Entity("network_attachment", f"{parent.id[:-12]}{'0' * 11}2", data, {}, parent.id, volatile=True)]

    def find(self, call: Call, parent: Entity | None, identity: str) -> Entity:
        return find_row(self, call, parent, identity)


SERVICES = (HostNics(), HostNetworkAttachments())
