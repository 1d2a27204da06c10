"""Systems and what is in them, as clients see them: pure functions from the model."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

from deltaic.frontends.cimi.common import Document, common, operation
from deltaic.frontends.cimi.links import Links
from deltaic.frontends.cimi.machine.render import NEEDS as MACHINE_NEEDS
from deltaic.frontends.cimi.machine.render import OFFERED
from deltaic.model.capability import Capability
from deltaic.model.system import PLACES, Member, MemberKind, Phase, System

K = MemberKind

#: The collections of a system, in the schema's order, by the kind of their members.
COLLECTIONS: Final[dict[MemberKind, str]] = {
    K.SYSTEM: "systems",
    K.MACHINE: "machines",
    K.CREDENTIAL: "credentials",
    K.VOLUME: "volumes",
    K.NETWORK: "networks",
    K.PORT: "networkPorts",
    K.ADDRESS: "addresses",
    K.FORWARDING_GROUP: "forwardingGroups",
}
#: The attribute of an item that leads to the member.
TARGETS: Final[dict[MemberKind, str]] = {
    K.SYSTEM: "system",
    K.MACHINE: "machine",
    K.CREDENTIAL: "credential",
    K.VOLUME: "volume",
    K.NETWORK: "network",
    K.PORT: "networkPort",
    K.ADDRESS: "address",
    K.FORWARDING_GROUP: "forwardingGroup",
}
#: The flags of the cloud that members need.
NEEDS: Final = {K.VOLUME: "volumes_list"}
#: The word for what the gateway does to a system; otherwise its machines tell its state.
PHASES: Final = {Phase.CREATING: "CREATING", Phase.FAILED: "ERROR", Phase.DELETING: "DELETING"}
MIXED: Final = "MIXED"
#: Start comes after restart, for clients that look for what ends in `start` and take the last.
VERBS: Final = ("restart", "start", "stop", "suspend")


def state(found: System, machines: Collection[str]) -> str:
    """The state of a system whose machines have these states: theirs if it is one, else MIXED."""
    if found.phase in PHASES:
        return PHASES[found.phase]
    different = set(machines)
    return different.pop() if len(different) == 1 else MIXED


def system(
    links: Links, found: System, machines: Collection[str], kinds: Iterable[MemberKind], cloud: Capability
) -> Document:
    """A system with references to the collections of its members of these kinds; `machines` are their states."""
    uri = links.to("systems", found.id)
    document = common(uri, found.name, found.description, found.created_at, found.properties)
    document |= {"updated": found.updated_at, "state": state(found, machines)}
    there = [kind for kind in kinds if kind not in NEEDS or getattr(cloud, NEEDS[kind])]
    document |= {COLLECTIONS[kind]: {"href": f"{uri}/{COLLECTIONS[kind]}"} for kind in there}
    document["operations"] = [operation(verb, f"{uri}/{verb}") for verb in offered(found, machines, cloud)]
    document["operations"] += [operation("edit", uri), operation("delete", uri)]
    return {key: value for key, value in document.items() if value is not None}


def offered(found: System, machines: Iterable[str], cloud: Capability) -> list[str]:
    """What some machine of a system offers in its state can be asked of all."""
    if found.phase is Phase.CREATING:
        return []
    known = {verb for one in machines for verb in OFFERED[one]}
    return [verb for verb in VERBS if verb in known and getattr(cloud, MACHINE_NEEDS[verb])]


def member(links: Links, system_id: str, found: Member) -> Document:
    """That something is in a system."""
    uri = links.to("systems", system_id, COLLECTIONS[found.kind], found.id)
    return common(uri, found.name, "", found.added_at) | {
        TARGETS[found.kind]: links.ref(PLACES[found.kind], found.target),
        "operations": [operation("delete", uri)],
    }
