"""The engine's JSON as typed Structs, second part: hosts, storage, machine snapshots, statistics."""

from __future__ import annotations

from msgspec import Struct

from deltaic.drivers.ovirt.wire import Mac, Ref, Stateful


class Host(Stateful, frozen=True):
    id: str
    name: str = ""
    address: str = ""
    memory: int = 0
    max_scheduling_memory: int = 0
    cluster: Ref = Ref()


class Hosts(Struct, frozen=True):
    host: list[Host] = []


class HostNic(Stateful, frozen=True):
    id: str
    name: str = ""
    mac: Mac = Mac()
    mtu: int = 0


class HostNics(Struct, frozen=True):
    host_nic: list[HostNic] = []


class NetworkAttachment(Struct, frozen=True):
    id: str
    in_sync: bool = True
    network: Ref = Ref()
    host_nic: Ref = Ref()


class NetworkAttachments(Struct, frozen=True):
    network_attachment: list[NetworkAttachment] = []


class Storage(Struct, frozen=True):
    type: str = ""
    address: str = ""
    path: str = ""


class StorageDomain(Stateful, frozen=True):
    """Sizes in bytes. `status` only when read inside a data center."""

    id: str
    name: str = ""
    type: str = ""
    master: bool = False
    available: int = 0
    used: int = 0
    committed: int = 0
    storage: Storage = Storage()


class StorageDomains(Struct, frozen=True):
    storage_domain: list[StorageDomain] = []


class File(Struct, frozen=True):
    """A file of an ISO domain; its id is its name."""

    id: str = ""
    name: str = ""


class Files(Struct, frozen=True):
    file: list[File] = []


class MachineSnapshot(Struct, frozen=True):
    """A snapshot of a whole machine; the list always holds the `active` one."""

    id: str
    description: str = ""
    date: int | None = None
    snapshot_status: str = ""
    snapshot_type: str = ""
    persist_memorystate: bool = False


class MachineSnapshots(Struct, frozen=True):
    snapshot: list[MachineSnapshot] = []


class SnapshotHost(Struct, frozen=True):
    """A machine with its snapshots."""

    id: str
    cluster: Ref = Ref()
    snapshots: MachineSnapshots = MachineSnapshots()


class SnapshotHosts(Struct, frozen=True):
    vm: list[SnapshotHost] = []


class Value(Struct, frozen=True):
    """A sample: a number in `datum`, or text in `detail`."""

    datum: float | None = None
    detail: str = ""


class Values(Struct, frozen=True):
    value: list[Value] = []


class Statistic(Struct, frozen=True):
    id: str
    name: str = ""
    description: str = ""
    kind: str = ""
    type: str = ""
    unit: str = ""
    values: Values = Values()


class Statistics(Struct, frozen=True):
    statistic: list[Statistic] = []


class Application(Struct, frozen=True):
    """A package that the guest agent reports."""

    id: str = ""
    name: str = ""


class Applications(Struct, frozen=True):
    application: list[Application] = []
