"""The security group: which traffic reaches the interfaces that have it, and leaves them."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Direction(StrEnum):
    """Which way a rule lets traffic through."""

    INGRESS = "ingress"  # to the machine
    EGRESS = "egress"  # from the machine


class Rule(Struct, frozen=True):
    """One kind of traffic that is let through.

    `protocol` is `tcp`, `udp`, `icmp`, `icmpv6` or a number, empty for any. The ports are the ends of a range; of ICMP
    they are type and code; None for any. The other side is a `cidr` or the interfaces with the group `group_id`; with
    neither it is anybody of the IP version (4 or 6).
    """

    direction: Direction
    protocol: str = ""
    from_port: int | None = None
    to_port: int | None = None
    cidr: str = ""
    group_id: str = ""
    ip_version: int = 4
    description: str = ""
    id: str = ""


class SecurityGroup(Struct, frozen=True):
    """A group with its rules. `network_id` is the network it was made for, empty for any. `default` groups stay."""

    id: str
    name: str
    description: str = ""
    data_center_id: str = ""
    network_id: str = ""
    default: bool = False
    rules: tuple[Rule, ...] = ()
    tags: dict[str, str] = {}


class SecurityGroupSpec(Struct, frozen=True):
    """What to create. `marker` identifies the creation, so that a repeated one finds what it already made."""

    name: str
    description: str = ""
    network_id: str = ""
    tags: dict[str, str] = {}
    marker: str = ""


class SecurityGroupChanges(Struct, frozen=True):
    """What to change on a group; None leaves a member as it is. `tags` replace all that there are."""

    name: str | None = None
    description: str | None = None
    tags: dict[str, str] | None = None
