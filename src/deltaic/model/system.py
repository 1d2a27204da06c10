"""The system: things that were made together, or put together, and are driven as one."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final

from msgspec import Struct


class MemberKind(StrEnum):
    """What can be part of a system."""

    SYSTEM = "system"
    MACHINE = "machine"
    CREDENTIAL = "credential"
    VOLUME = "volume"
    NETWORK = "network"
    PORT = "port"
    ADDRESS = "address"
    FORWARDING_GROUP = "forwarding_group"


#: The collections in which things of each kind are, as jobs call them.
PLACES: Final[dict[MemberKind, str]] = {
    MemberKind.SYSTEM: "systems",
    MemberKind.MACHINE: "machines",
    MemberKind.CREDENTIAL: "credentials",
    MemberKind.VOLUME: "volumes",
    MemberKind.NETWORK: "networks",
    MemberKind.PORT: "network_ports",
    MemberKind.ADDRESS: "addresses",
    MemberKind.FORWARDING_GROUP: "forwarding_groups",
}


class Phase(StrEnum):
    """What the gateway does to a system as a whole; while it is `ready`, its members tell its state."""

    CREATING = "creating"
    READY = "ready"
    FAILED = "failed"  # not all of it could be made; what was made is there
    DELETING = "deleting"


class Reference(Struct, frozen=True):
    """A component's wish to use another one: its name, what it must be, and the `field` that says so."""

    name: str
    kind: MemberKind
    field: str = ""


class Component(Struct, frozen=True):
    """What a template tells of some members: `quantity` alike, with the components that they use."""

    kind: MemberKind
    name: str = ""
    quantity: int = 1
    references: tuple[Reference, ...] = ()


class PlannedMember(Struct, frozen=True):
    """One member to be made: the `number`th (from 1) of the component at index `component`.

    `key` tells it from all others of its system, `needs` are the keys of those that must be there before it, and
    `wave` counts how many have to follow each other until it can begin.
    """

    key: str
    component: int
    number: int
    kind: MemberKind
    name: str = ""
    needs: tuple[str, ...] = ()
    wave: int = 0


class Member(Struct, frozen=True):
    """One part of a system. `id` is that of the membership, `target` the native id of the thing.

    What is `owned` was made with the system and goes with it, those of a higher `wave` first, because they may use
    the others; anything else was only put into it.
    """

    id: str
    kind: MemberKind
    target: str
    owned: bool = False
    name: str = ""
    wave: int = 0
    added_at: datetime | None = None


class System(Struct, frozen=True):
    """A system as its owner's record holds it. `failure` tells why it is in the phase `failed`.

    `updated_at` is when somebody last changed what it is called or what is in it, not when its members moved.
    """

    id: str
    name: str = ""
    description: str = ""
    properties: dict[str, str] = {}
    phase: Phase = Phase.CREATING
    failure: str = ""
    members: tuple[Member, ...] = ()
    created_at: datetime | None = None
    updated_at: datetime | None = None

    def of(self, kind: MemberKind) -> tuple[Member, ...]:
        """The members of one kind, in the order they came in."""
        return tuple(member for member in self.members if member.kind is kind)
