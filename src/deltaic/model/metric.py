"""What a cloud measures of its machines and disks at one time."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final

from msgspec import Struct


class Measure(StrEnum):
    """What is measured. All are gauges: the figure of the moment, not a sum that grows."""

    CPU_USAGE = "cpu_usage"  # of all the machine's processors together
    MEMORY_USED = "memory_used"  # inside the guest
    STORAGE_USED = "storage_used"  # what the disks take where they are kept
    NETWORK_IN = "network_in"  # received, all interfaces together
    NETWORK_OUT = "network_out"
    STORAGE_READ = "storage_read"  # read from the disks, all together
    STORAGE_WRITE = "storage_write"


class Unit(StrEnum):
    """What the value of a measure counts in."""

    PERCENT = "percent"
    BYTES = "bytes"
    BYTES_PER_SECOND = "bytes_per_second"


UNITS: Final[dict[Measure, Unit]] = {
    Measure.CPU_USAGE: Unit.PERCENT,
    Measure.MEMORY_USED: Unit.BYTES,
    Measure.STORAGE_USED: Unit.BYTES,
    Measure.NETWORK_IN: Unit.BYTES_PER_SECOND,
    Measure.NETWORK_OUT: Unit.BYTES_PER_SECOND,
    Measure.STORAGE_READ: Unit.BYTES_PER_SECOND,
    Measure.STORAGE_WRITE: Unit.BYTES_PER_SECOND,
}


class Metric(Struct, frozen=True):
    """One figure, and when it was read."""

    name: Measure
    value: float
    time: datetime

    @property
    def unit(self) -> Unit:
        """What the value counts in."""
        return UNITS[self.name]
