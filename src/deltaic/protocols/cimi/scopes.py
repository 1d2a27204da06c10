"""Which values attributes can have, beside their type."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from deltaic.protocols.cimi.kinds import Attribute, Kind, Resource


@dataclass(frozen=True, slots=True)
class Scope:
    """The words that a text can be, the bounds of a number (both may be met), the unit that it counts in."""

    values: tuple[str, ...] = ()
    minimum: int | None = None
    maximum: int | None = None
    units: str = ""


#: The standard's own, by type and attribute; the states are those of the type.
SCOPES: Final[Mapping[tuple[str, str], Scope]] = {
    ("Machine", "cpu"): Scope(minimum=1),
    ("Machine", "memory"): Scope(minimum=1),
    ("MachineConfiguration", "cpu"): Scope(minimum=1),
    ("MachineConfiguration", "memory"): Scope(minimum=1),
    ("Disk", "capacity"): Scope(minimum=1),
    ("Volume", "capacity"): Scope(minimum=1),
    ("Volume", "type"): Scope(("http://schemas.dmtf.org/cimi/1/mapped",)),
    ("VolumeConfiguration", "capacity"): Scope(minimum=1),
    ("VolumeConfiguration", "type"): Scope(("http://schemas.dmtf.org/cimi/1/mapped",)),
    ("MachineImage", "type"): Scope(("IMAGE", "SNAPSHOT", "PARTIAL_SNAPSHOT")),
    ("Network", "networkType"): Scope(("PUBLIC", "PRIVATE")),
    ("NetworkConfiguration", "networkType"): Scope(("PUBLIC", "PRIVATE")),
    ("NetworkPort", "portType"): Scope(("ACCESS", "TRUNK")),
    ("NetworkPortConfiguration", "portType"): Scope(("ACCESS", "TRUNK")),
    ("Address", "allocation"): Scope(("static", "dynamic")),
    ("Address", "protocol"): Scope(("IPv4", "IPv6")),
    ("AddressTemplate", "allocation"): Scope(("static", "dynamic")),
    ("AddressTemplate", "protocol"): Scope(("IPv4", "IPv6")),
    ("Job", "progress"): Scope(minimum=0, maximum=100, units="percent"),
    ("Job", "returnCode"): Scope(minimum=0),
    ("Meter", "timeScope"): Scope(("Point", "Interval")),
    ("Meter", "sampleInterval"): Scope(minimum=1, units="second"),
    ("MeterConfiguration", "timeScope"): Scope(("Point", "Interval")),
    ("MeterConfiguration", "sampleInterval"): Scope(minimum=1, units="second"),
    ("Event", "outcome"): Scope(("Pending", "Unknown", "Status", "Success", "Warning", "Failure")),
    ("Event", "severity"): Scope(("critical", "high", "medium", "low")),
}
_UNITS: Final = {1024: "KiB", 1000: "kilobyte"}


def scope(resource: Resource, attribute: Attribute) -> Scope:
    """What is known of an attribute of a type."""
    if attribute.name == "state" and attribute.kind is Kind.STRING:
        return Scope(resource.states)
    found = SCOPES.get((resource.name, attribute.name), Scope())
    return Scope(found.values, found.minimum, found.maximum, found.units or _UNITS.get(attribute.unit, ""))
