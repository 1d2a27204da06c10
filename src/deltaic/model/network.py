"""The network: a layer-2 segment with at most one subnet known to the cloud."""

from __future__ import annotations

from msgspec import Struct

from deltaic.model.annotation import Annotation


class Subnet(Struct, frozen=True):
    """A range of addresses in a network. `free` is how many are left, None where nobody counts."""

    id: str
    cidr: str
    network_id: str = ""
    name: str = ""
    gateway: str = ""
    ip_version: int = 4
    free: int | None = None
    tags: dict[str, str] = {}


class SubnetSpec(Struct, frozen=True):
    """What to create: a range of addresses in a network; `gateway` is the cloud's choice when it is empty.

    `marker` identifies the creation, so that a repeated one finds what it already made.
    """

    cidr: str
    name: str = ""
    gateway: str = ""
    tags: dict[str, str] = {}
    marker: str = ""


class Network(Struct, frozen=True):
    """A logical network. `cidr` and `gateway` are empty where the cloud does not manage addresses.

    `pluggable` tells whether a machine can be plugged in, `zone_ids` in which zones (empty: in all of its data center).
    `mtu` is 0 for the cloud's own default. `subnets` are its ranges of addresses where the cloud has them as things of
    their own. The `default` one is meant where none is named; a `fixed` one can't be removed. `annotation` holds what
    the gateway keeps with it; `tags` are its tags.
    """

    id: str
    name: str
    data_center_id: str
    description: str = ""
    vlan: int = 0
    mtu: int = 0
    cidr: str = ""
    gateway: str = ""
    carries_instances: bool = True
    default: bool = False
    fixed: bool = False
    subnets: tuple[Subnet, ...] = ()
    pluggable: bool = True
    zone_ids: tuple[str, ...] = ()
    tags: dict[str, str] = {}
    annotation: Annotation = Annotation()


class NetworkSpec(Struct, frozen=True):
    """What to create: in the data center `data_center_id`, usable by machines of all its clusters.

    `annotation.launch` is the marker by which a repeated creation finds what it already made. `mtu` and `vlan` are 0
    for the cloud's default and for none. `subnets` are made with it.
    """

    name: str
    data_center_id: str
    description: str = ""
    mtu: int = 0
    vlan: int = 0
    subnets: tuple[SubnetSpec, ...] = ()
    annotation: Annotation = Annotation()


class NetworkChanges(Struct, frozen=True):
    """What to change on a network; None leaves a member as it is."""

    name: str | None = None
    description: str | None = None
    mtu: int | None = None
