"""What of subnets tells which addresses are free. Source page: Networking API v2.0, "Subnets"."""

from __future__ import annotations

from msgspec import Struct


class Pool(Struct, frozen=True):
    """A range of addresses that are given out."""

    start: str = ""
    end: str = ""


class Subnet(Struct, frozen=True):
    """A subnet."""

    id: str = ""
    network_id: str = ""
    ip_version: int = 4
    cidr: str = ""
    gateway_ip: str | None = None
    allocation_pools: tuple[Pool, ...] = ()
    dns_nameservers: tuple[str, ...] = ()


class Subnets(Struct, frozen=True):
    """A page of subnets."""

    subnets: tuple[Subnet, ...] = ()
