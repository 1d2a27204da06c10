"""Statistics of machines and disks. Source page: services/statistics.

Everything that belongs to one machine comes in one call: links of one object are followed quickly, those of a list
are not, so nothing here reads the statistics of a list. The engine samples its machines every 15 seconds.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from deltaic.drivers.ovirt import ids, search
from deltaic.drivers.ovirt.client import Client
from deltaic.drivers.ovirt.lookups import Lookups
from deltaic.drivers.ovirt.wire_watch import MeasuredDisk, MeasuredDisks, MeasuredVm, MeasuredVms, Statistics
from deltaic.model.context import Context
from deltaic.model.errors import not_found
from deltaic.model.metric import Measure, Metric

FOLLOW_VM: Final = "statistics,nics.statistics,disk_attachments.disk.statistics"
FOLLOW_DISK: Final = "statistics"

#: The engine's names of the figures.
VM_FIGURES: Final = {"cpu.current.total": Measure.CPU_USAGE, "memory.used": Measure.MEMORY_USED}
NIC_FIGURES: Final = {"data.current.rx": Measure.NETWORK_IN, "data.current.tx": Measure.NETWORK_OUT}
DISK_FIGURES: Final = {"data.current.read": Measure.STORAGE_READ, "data.current.write": Measure.STORAGE_WRITE}

Figures = dict[Measure, float]


class OvirtMetrics:
    """What the engine measures at the moment."""

    def __init__(self, client: Client, lookups: Lookups) -> None:
        self._client = client
        self._lookups = lookups

    async def read(self, context: Context, instance_id: str) -> list[Metric]:
        """Read the figures of a machine of the scope, those of its interfaces and disks added up."""
        wanted = ids.checked("instance", instance_id)
        place = await self._lookups.place(context)
        query = {"search": _both(f"id={wanted}", search.in_data_center(place.name)), "follow": FOLLOW_VM}
        found = await self._client.read(context, "vms", MeasuredVms, query=query)
        for vm in found.vm:
            if vm.id == wanted:
                return _metrics(machine_figures(vm))
        raise not_found("instance", instance_id)

    async def read_volume(self, context: Context, volume_id: str) -> list[Metric]:
        """Read the figures of a disk of the scope."""
        wanted = ids.checked("volume", volume_id)
        place = await self._lookups.place(context)
        query = {"search": _both(f"id={wanted}", search.disks_in_data_center(place.name)), "follow": FOLLOW_DISK}
        found = await self._client.read(context, "disks", MeasuredDisks, query=query)
        for disk in found.disk:
            if disk.id == wanted:
                return _metrics(disk_figures([disk]))
        raise not_found("volume", volume_id)


def machine_figures(vm: MeasuredVm) -> Figures:
    """The figures of a machine; what the engine does not tell is left out."""
    disks = [one.disk for one in vm.disk_attachments.disk_attachment]
    nics = [_figures(nic.statistics, NIC_FIGURES) for nic in vm.nics.nic]
    return {**_figures(vm.statistics, VM_FIGURES), **_sum(nics), **disk_figures(disks)}


def disk_figures(disks: list[MeasuredDisk]) -> Figures:
    """The figures of disks, added up."""
    used: Figures = {Measure.STORAGE_USED: float(sum(disk.actual_size for disk in disks))} if disks else {}
    return {**used, **_sum(_figures(disk.statistics, DISK_FIGURES) for disk in disks)}


def _figures(statistics: Statistics, names: dict[str, Measure]) -> Figures:
    found = {}
    for one in statistics.statistic:
        datum = one.values.value[0].datum if one.values.value else None
        if one.name in names and datum is not None:
            found[names[one.name]] = datum
    return found


def _sum(parts: Iterable[Figures]) -> Figures:
    total: Figures = {}
    for part in parts:
        for measure, value in part.items():
            total[measure] = total.get(measure, 0.0) + value
    return total


def _metrics(figures: Figures) -> list[Metric]:
    now = datetime.now(UTC)
    return [Metric(measure, value, now) for measure, value in figures.items()]


def _both(first: str, second: str) -> str:
    return f"{first} and {second}" if second else first
