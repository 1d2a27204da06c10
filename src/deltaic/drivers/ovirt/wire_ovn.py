"""The OVN provider's JSON as typed Structs: a small part of OpenStack's Identity v2 and Networking v2 APIs."""

from __future__ import annotations

from msgspec import Struct


class OvnNetwork(Struct, frozen=True):
    id: str
    name: str = ""
    status: str = ""
    mtu: int = 0


class FixedIp(Struct, frozen=True):
    subnet_id: str = ""
    ip_address: str = ""


class OvnPort(Struct, frozen=True):
    """`device_id` is the engine's id of the interface."""

    id: str
    name: str = ""
    device_id: str = ""
    network_id: str = ""
    mac_address: str = ""
    fixed_ips: list[FixedIp] = []
    security_groups: list[str] = []
    port_security_enabled: bool = False


class OvnSubnet(Struct, frozen=True):
    id: str
    name: str = ""
    network_id: str = ""
    cidr: str = ""
    gateway_ip: str | None = None
    ip_version: int = 4
    dns_nameservers: list[str] = []


class OvnNamed(Struct, frozen=True):
    """Routers, security groups and tenants, as far as they are read."""

    id: str
    name: str = ""


class OvnRule(Struct, frozen=True):
    id: str
    security_group_id: str = ""
    direction: str = ""


class OvnAnswer(Struct, frozen=True):
    """An answer of the provider: one of these is filled."""

    networks: list[OvnNetwork] = []
    ports: list[OvnPort] = []
    subnets: list[OvnSubnet] = []
    routers: list[OvnNamed] = []
    security_groups: list[OvnNamed] = []
    security_group_rules: list[OvnRule] = []
    floatingips: list[OvnNamed] = []
    tenants: list[OvnNamed] = []


class OvnToken(Struct, frozen=True):
    id: str = ""
    expires: str = ""


class OvnAccess(Struct, frozen=True):
    token: OvnToken = OvnToken()


class OvnLogin(Struct, frozen=True):
    """The answer to a login."""

    access: OvnAccess = OvnAccess()
