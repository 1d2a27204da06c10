"""The network: a layer-2 segment with at most one subnet known to the cloud."""

from __future__ import annotations

from msgspec import Struct


class Network(Struct, frozen=True):
    """A logical network. `cidr` and `gateway` are empty where the cloud does not manage addresses."""

    id: str
    name: str
    data_center_id: str
    description: str = ""
    vlan: int = 0
    mtu: int = 0
    cidr: str = ""
    gateway: str = ""
    carries_instances: bool = True
    profile_ids: tuple[str, ...] = ()
    zone_ids: tuple[str, ...] = ()
    tags: dict[str, str] = {}
