"""The network: a layer-2 segment with at most one subnet known to the cloud."""

from __future__ import annotations

from msgspec import Struct

from deltaic.model.annotation import Annotation


class Network(Struct, frozen=True):
    """A logical network. `cidr` and `gateway` are empty where the cloud does not manage addresses.

    `mtu` is 0 for the cloud's own default. `annotation` holds what the gateway keeps with it; `tags` are its tags.
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
    profile_ids: tuple[str, ...] = ()
    zone_ids: tuple[str, ...] = ()
    tags: dict[str, str] = {}
    annotation: Annotation = Annotation()


class NetworkSpec(Struct, frozen=True):
    """What to create: in the data center `data_center_id`, usable by machines of all its clusters.

    `annotation.launch` is the marker by which a repeated creation finds what it already made. `mtu` and `vlan` are 0
    for the cloud's default and for none.
    """

    name: str
    data_center_id: str
    description: str = ""
    mtu: int = 0
    vlan: int = 0
    annotation: Annotation = Annotation()


class NetworkChanges(Struct, frozen=True):
    """What to change on a network; None leaves a member as it is."""

    name: str | None = None
    description: str | None = None
    mtu: int | None = None
