"""Compute's flavors and availability zones. Source pages: Compute API, "Flavors", "Availability zones"."""

from __future__ import annotations

from msgspec import Struct, field


class Flavor(Struct, frozen=True):
    """A size: `ram` in MiB, `disk` and `ephemeral` in GiB.

    Microversion 2.55 brings `description`, 2.61 `extra_specs`.
    """

    id: str = ""
    name: str = ""
    ram: int = 0
    vcpus: int = 1
    disk: int = 0
    ephemeral: int = field(name="OS-FLV-EXT-DATA:ephemeral", default=0)
    disabled: bool = field(name="OS-FLV-DISABLED:disabled", default=False)
    description: str | None = None
    extra_specs: dict[str, str] = {}


class Flavors(Struct, frozen=True):
    """A page of `GET /flavors/detail`."""

    flavors: tuple[Flavor, ...] = ()


class ZoneState(Struct, frozen=True):
    """Whether a zone has a host that works."""

    available: bool = True


class AvailabilityZone(Struct, frozen=True):
    """One availability zone."""

    name: str = field(name="zoneName", default="")
    state: ZoneState = field(name="zoneState", default=ZoneState())


class AvailabilityZones(Struct, frozen=True):
    """`GET /os-availability-zone`."""

    zones: tuple[AvailabilityZone, ...] = field(name="availabilityZoneInfo", default=())
