"""Statistics of VMs, hosts, disks and NICs: sampled values that follow from the object, its state and the time.

Usage is a fixed function of the object's id and the sampling interval, so that the same moment always reads
the same and two objects differ. What is down uses nothing.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from ovirt_engine_sim.call import Call, Reply
from ovirt_engine_sim.engine import Engine
from ovirt_engine_sim.entities.base import Service, find_row
from ovirt_engine_sim.entities.vm_states import RUNNING
from ovirt_engine_sim.entity import Entity
from ovirt_engine_sim.faults import Fault

SAMPLE_SECONDS: Final = 15.0
_HISTORY_SECONDS: Final = 30.0
_HISTORY: Final = 10
_SWAP: Final = 4 << 30

Read = Callable[["Sample"], Any]


class Row(NamedTuple):
    """One statistic: name, description, kind, type, unit, and how its value is read.

    A list of values is a history; a text goes into `detail`.
    """

    name: str
    description: str
    kind: str
    type: str
    unit: str
    read: Read


class Sample:
    """What an object looks like at the start of the current sampling interval."""

    def __init__(self, engine: Engine, owner: Entity) -> None:
        self.engine = engine
        self.owner = owner
        self.data = owner.data
        self.moment = engine.now() // _length(engine, SAMPLE_SECONDS) * _length(engine, SAMPLE_SECONDS)
        self.running = _running(engine, owner)

    def wave(self, what: str, top: float, moment: int | None = None) -> float:
        """Return a value from 0 to `top` for this object and interval; 0 when it does not run."""
        if not self.running:
            return 0.0
        text = f"{self.owner.id} {what} {self.moment if moment is None else moment}"
        share = int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") / 0xFFFFFFFF
        return round(top * share, 2)

    def history(self, what: str) -> list[int]:
        """Return the last usage percentages, newest first."""
        length = _length(self.engine, _HISTORY_SECONDS)
        newest = self.engine.now() // length * length
        moments = [newest - step * length for step in range(_HISTORY)]
        return [int(self.wave(what, 60, moment)) for moment in moments] if self.running else []

    @property
    def memory(self) -> int:
        """Configured memory in bytes."""
        return int(self.data.get("memory") or 0)

    def used(self) -> int:
        """Used memory of a VM in bytes: between 20 and 60 percent."""
        return int(self.memory * (20 + self.wave("memory", 40)) / 100) if self.running else 0

    def cpu(self) -> float:
        """CPU usage of a VM with its overhead, percent."""
        return round(self.wave("cpu", 60) + self.wave("overhead", 3), 2)

    def elapsed(self) -> int:
        """Seconds since the object started."""
        start = self.data.get("start_time")
        return max(0, (self.engine.now() - int(start)) // 1000) if start and self.running else 0

    def total(self, what: str, per_second: int) -> int:
        """A counter that grows with the time the object runs."""
        seed = int.from_bytes(hashlib.sha256(f"{self.owner.id} {what}".encode()).digest()[:2], "big")
        vm = self._vm()
        return (Sample(self.engine, vm).elapsed() if vm else 0) * (per_second + seed)

    def _vm(self) -> Entity | None:
        return self.engine.get("vm", self.owner.parent)

    def host_used(self) -> int:
        """Memory in bytes that the VMs of a host take, and the host itself."""
        vms = [vm for vm in self.engine.all("vm") if vm.ref("host") == self.owner.id]
        own = min(1 << 30, self.memory // 16)
        return min(self.memory, own + sum(int(vm.data.get("memory") or 0) for vm in vms)) if self.running else 0

    def filesystems(self) -> str:
        """Usage per file system as the guest agent tells it."""
        if not self.owner.inner.get("agent"):
            return "[]"
        attachments = self.engine.children("disk_attachment", self.owner.id)
        disks = [self.engine.get("disk", one.id) for one in attachments]
        total = sum(int(disk.data.get("provisioned_size") or 0) for disk in disks if disk is not None)
        return json.dumps([{"path": "/", "total": str(total), "used": str(total // 3), "fs": "xfs"}])


def _length(engine: Engine, seconds: float) -> int:
    """An interval of the engine in milliseconds of its clock, which may be a fast one."""
    return max(1, engine.clock.scaled(seconds))


def _running(engine: Engine, owner: Entity) -> bool:
    if owner.kind == "vm":
        return owner.data.get("status") in RUNNING
    if owner.kind == "host":
        return owner.data.get("status") == "up"
    holders = [owner.parent] if owner.kind == "nic" else _holders(engine, owner.id)
    machines = [engine.get("vm", identity) for identity in holders]
    return any(vm.data.get("status") in RUNNING for vm in machines if vm is not None)


def _holders(engine: Engine, disk: str) -> list[str]:
    return [one.parent for one in engine.all("disk_attachment") if one.id == disk]


def _percent(name: str, description: str, read: Read) -> Row:
    return Row(name, description, "gauge", "decimal", "percent", read)


def _bytes(name: str, description: str, read: Read) -> Row:
    return Row(name, description, "gauge", "integer", "bytes", read)


def _zero(sample: Sample) -> int:
    return 0


def _usage(name: str, description: str, what: str) -> Row:
    return Row(name, description, "gauge", "integer", "percent", lambda one: one.history(what))


_VM: Final = (
    _bytes("memory.installed", "Total memory configured", lambda one: one.memory),
    _bytes("memory.used", "Memory used (agent)", lambda one: one.used()),
    _percent("cpu.current.guest", "CPU used by guest", lambda one: one.wave("cpu", 60)),
    _percent("cpu.current.hypervisor", "CPU overhead", lambda one: one.wave("overhead", 3)),
    _percent("cpu.current.total", "Total CPU used", lambda one: one.cpu()),
    _percent("network.current.total", "Total network used", lambda one: one.wave("network", 20)),
    _percent("migration.progress", "Migration Progress", _zero),
    _bytes("memory.buffered", "Memory buffered", lambda one: int(one.used() * 0.05)),
    _bytes("memory.cached", "Memory cached", lambda one: int(one.used() * 0.3)),
    _bytes("memory.free", "Memory free", lambda one: one.memory - one.used() if one.running else 0),
    _bytes("memory.unused", "Memory unused", lambda one: int((one.memory - one.used()) * 0.9) if one.running else 0),
    Row("elapsed.time", "Elapsed VM runtime in seconds", "gauge", "integer", "seconds", lambda one: one.elapsed()),
    Row("disks.usage", "Disk usage, in bytes, per filesystem as JSON (agent)", "gauge", "string", "none",
        lambda one: one.filesystems()),
    _usage("cpu.usage.history", "CPU usage history", "cpu"),
    _usage("memory.usage.history", "Memory usage history", "memory"),
    _usage("network.usage.history", "Network usage history", "network"),
)  # fmt: skip
_HOST: Final = (
    _bytes("memory.total", "Total memory", lambda one: one.memory),
    _bytes("memory.used", "Used memory", lambda one: one.host_used()),
    _bytes("memory.free", "Free memory", lambda one: one.memory - one.host_used()),
    _bytes("memory.shared", "Shared memory", _zero),
    _bytes("memory.buffers", "IO buffers", _zero),
    _bytes("memory.cached", "OS caches", _zero),
    _bytes("swap.total", "Total swap", lambda one: _SWAP),
    _bytes("swap.free", "Free swap", lambda one: _SWAP),
    _bytes("swap.used", "Used swap", _zero),
    _bytes("swap.cached", "Swap also in memory", _zero),
    _percent("ksm.cpu.current", "KSM CPU usage", _zero),
    _percent("cpu.current.user", "User CPU usage", lambda one: one.wave("user", 40)),
    _percent("cpu.current.system", "System CPU usage", lambda one: one.wave("system", 10)),
    _percent("cpu.current.idle", "Idle CPU usage",
             lambda one: round(100 - one.wave("user", 40) - one.wave("system", 10), 2)),
    _percent("cpu.load.avg.5m", "CPU 5 minute load average", lambda one: one.wave("load", 4)),
    Row("boot.time", "Boot time of the machine", "gauge", "integer", "none",
        lambda one: int(one.owner.inner.get("booted", 1_700_000_000))),
    Row("hugepages.1048576.free", "Amount of free huge pages of the given size", "gauge", "integer", "none", _zero),
    Row("hugepages.2048.free", "Amount of free huge pages of the given size", "gauge", "integer", "none", _zero),
)  # fmt: skip


def _rate(name: str, description: str, what: str, top: float, unit: str = "bytes_per_second") -> Row:
    return Row(name, description, "gauge", "decimal", unit, lambda one: one.wave(what, top))


_DISK: Final = (
    _rate("data.current.read", "Read data rate", "read", 5e6),
    _rate("data.current.write", "Write data rate", "write", 2e6),
    _rate("data.current.read_ops", "Disk I/O reads per second", "read_ops", 300, "count_per_second"),
    _rate("data.current.write_ops", "Disk I/O writes per second", "write_ops", 150, "count_per_second"),
    _rate("disk.read.latency", "Read latency", "read_latency", 0.02, "seconds"),
    _rate("disk.write.latency", "Write latency", "write_latency", 0.02, "seconds"),
    _rate("disk.flush.latency", "Flush latency", "flush_latency", 0.05, "seconds"),
)


def _counter(name: str, description: str, unit: str, read: Read) -> Row:
    return Row(name, description, "counter", "integer", unit, read)


def _bits(what: str) -> Read:
    return lambda one: round(one.wave(what, 1e6) * 8, 2)


_NIC: Final = (
    _rate("data.current.rx", "Receive data rate", "rx", 1e6),
    _rate("data.current.tx", "Transmit data rate", "tx", 1e6),
    Row("data.current.rx.bps", "Receive data rate", "gauge", "decimal", "bits_per_second", _bits("rx")),
    Row("data.current.tx.bps", "Transmit data rate", "gauge", "decimal", "bits_per_second", _bits("tx")),
    _counter("errors.total.rx", "Total Receive errors", "none", _zero),
    _counter("errors.total.tx", "Total transmit errors", "none", _zero),
    _counter("data.total.rx", "Total received data", "bytes", lambda one: one.total("rx", 2000)),
    _counter("data.total.tx", "Total transmitted data", "bytes", lambda one: one.total("tx", 1000)),
)

TABLES: Final[dict[str, tuple[Row, ...]]] = {"vm": _VM, "host": _HOST, "disk": _DISK, "nic": _NIC, "host_nic": _NIC}


def statistic_id(name: str) -> str:
    """Return the id of a statistic: the engine derives it from the name alone."""
    return str(uuid.UUID(bytes=hashlib.md5(name.encode(), usedforsecurity=False).digest(), version=3))


def statistics_of(engine: Engine, owner: Entity) -> list[Entity]:
    """Return the statistics of an object as of now."""
    sample = Sample(engine, owner)
    return [_entity(row, row.read(sample), owner) for row in TABLES[owner.kind]]


def _entity(row: Row, value: Any, owner: Entity) -> Entity:
    if isinstance(value, str):
        values = [{"detail": value}]
    else:
        values = [{"datum": one} for one in (value if isinstance(value, list) else [value])]
    data = {
        "name": row.name, "description": row.description, "kind": row.kind, "type": row.type, "unit": row.unit,
        "values": values, owner.kind: {"id": owner.id},
    }  # fmt: skip
    return Entity("statistic", statistic_id(row.name), data, {}, owner.id, volatile=True)


class _Statistics(Service):
    """The statistics of one object; made when asked for."""

    kind = "statistic"
    path = "statistics"
    writable = False

    def rows(self, call: Call, parent: Entity | None) -> list[Entity]:
        assert parent is not None
        return statistics_of(call.engine, parent)

    def members(self, call: Call, parent: Entity | None) -> list[Entity]:
        # Who sees the owner sees these.
        return self.rows(call, parent)

    def find(self, call: Call, parent: Entity | None, identity: str) -> Entity:
        return find_row(self, call, parent, identity)

    def update(self, call: Call, parent: Entity | None, entity: Entity, body: dict[str, Any]) -> Reply:
        raise Fault(405)


class VmStatistics(_Statistics):
    """Statistics of a VM."""

    parent_kind = "vm"


class HostStatistics(_Statistics):
    """Statistics of a host."""

    parent_kind = "host"


class DiskStatistics(_Statistics):
    """Statistics of a disk."""

    parent_kind = "disk"


class NicStatistics(_Statistics):
    """Statistics of a NIC."""

    parent_kind = "nic"


class HostNicStatistics(_Statistics):
    """Statistics of a host's NIC; no traffic passes it here."""

    parent_kind = "host_nic"


SERVICES = (VmStatistics(), HostStatistics(), DiskStatistics(), NicStatistics(), HostNicStatistics())
