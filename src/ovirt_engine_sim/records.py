"""Plain records of an inventory file: what exists when an engine starts.

Sizes are bytes, times are aware datetimes, references name a record by its id (a file may use the name;
loading turns it into the id). A record without an id gets one derived from its kind and name.
"""

from datetime import datetime
from typing import Literal

import msgspec

MIB = 1 << 20
GIB = 1 << 30
BLANK_ID = "00000000-0000-0000-0000-000000000000"

DiskStatus = Literal["ok", "locked", "illegal"]
HostStatus = Literal[
    "up", "down", "maintenance", "non_responsive", "non_operational", "installing", "install_failed", "error"
]
DomainStatus = Literal["active", "inactive", "maintenance", "unattached", "locked"]
VmStatus = Literal["up", "down", "suspended", "paused", "image_locked", "unknown", "not_responding"]


class Record(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Anything with an id, a name and the two free texts."""

    name: str
    id: str = ""
    description: str = ""
    comment: str = ""


class MacPool(Record):
    """Ranges that NIC addresses are drawn from; `ranges` holds (first, last) pairs, both included."""

    ranges: list[tuple[str, str]] = []
    allow_duplicates: bool = False
    default_pool: bool = False


class DataCenter(Record):
    """A data center; `quota_mode` is disabled, audit or enabled, `version` its compatibility level."""

    local: bool = False
    status: Literal["up", "maintenance", "uninitialized", "not_operational"] = "up"
    quota_mode: Literal["disabled", "audit", "enabled"] = "disabled"
    version: str = "4.8"
    mac_pool: str = "Default"


class Cluster(Record):
    """A cluster of one data center."""

    data_center: str
    architecture: str = "x86_64"
    cpu_type: str = "Intel Nehalem Family"
    version: str = "4.8"
    bios_type: str = "q35_sea_bios"


class Host(Record):
    """A hypervisor of one cluster; `memory` in bytes."""

    cluster: str
    address: str
    status: HostStatus = "up"
    memory: int = 512 * GIB
    sockets: int = 2
    cores: int = 16
    threads: int = 2
    spm: bool = False


class StorageDomain(Record):
    """A storage domain attached to one data center; `type` is data or iso, `status` the one in there.

    `files` names the images that an ISO domain holds.
    """

    data_center: str
    type: Literal["data", "iso", "export"] = "data"
    storage_type: str = "nfs"
    address: str = ""
    path: str = ""
    available: int = 4096 * GIB
    used: int = 64 * GIB
    status: DomainStatus = "active"
    master: bool = False
    files: list[str] = []


class Network(Record):
    """A logical network of one data center, attached to all of that data center's clusters."""

    data_center: str
    usages: list[str] = msgspec.field(default_factory=lambda: ["vm"])
    vlan: int | None = None
    mtu: int = 0
    stp: bool = False
    required: bool = False


class VnicProfile(Record):
    """A vNIC profile of one network."""

    network: str
    network_filter: str = "vdsm-no-mac-spoofing"


class Disk(Record):
    """A disk image; inside a VM or template it is attached there, at top level it floats.

    `storage_domain` may be left out only inside a VM: then it is the data domain of the VM's data center.
    """

    provisioned_size: int
    actual_size: int | None = None
    format: Literal["cow", "raw"] = "cow"
    sparse: bool = True
    status: DiskStatus = "ok"
    storage_domain: str = ""
    shareable: bool = False
    wipe_after_delete: bool = False
    interface: str = "virtio_scsi"
    bootable: bool = False
    active: bool = True


class Nic(Record):
    """A virtual NIC; `addresses` are what a guest agent reports while the VM runs (IPv4 or IPv6).

    An empty `mac` is drawn from the default pool when the inventory is loaded.
    """

    vnic_profile: str = ""
    interface: str = "virtio"
    mac: str = ""
    linked: bool = True
    plugged: bool = True
    addresses: list[str] = []


class NicConfiguration(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """One guest interface of an initialization; `boot_protocol` is dhcp, static, none or autoconf."""

    name: str
    boot_protocol: str = "dhcp"
    on_boot: bool = True
    address: str = ""
    netmask: str = ""
    gateway: str = ""


class Initialization(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The cloud-init settings kept with a VM or template."""

    host_name: str = ""
    user_name: str = ""
    authorized_ssh_keys: str = ""
    custom_script: str = ""
    timezone: str = ""
    nic_configurations: list[NicConfiguration] = []


class MachineBase(Record):
    """What instance types, templates and VMs share; `memory` and its bounds in bytes.

    `memory_guaranteed` defaults to `memory`, `memory_max` to four times `memory`.
    """

    memory: int = GIB
    memory_guaranteed: int | None = None
    memory_max: int | None = None
    sockets: int = 1
    cores: int = 1
    threads: int = 1
    high_availability: bool = False
    creation_time: datetime | None = None


class InstanceType(MachineBase):
    """One of the engine's instance types."""


class Machine(MachineBase):
    """What templates and VMs share."""

    cluster: str = ""
    type: Literal["server", "desktop", "high_performance"] = "server"
    os: str = "other"
    boot_devices: list[str] = msgspec.field(default_factory=lambda: ["hd"])
    delete_protected: bool = False
    stateless: bool = False
    initialization: Initialization | None = None
    disks: list[Disk] = []
    nics: list[Nic] = []
    tags: list[str] = []


class Template(Machine):
    """A template version; an empty `base_template` means that it is its own base."""

    status: DiskStatus = "ok"
    version_name: str = "base version"
    version_number: int = 1
    base_template: str = ""


class Vm(Machine):
    """A VM; `status` is a REST status, `host` is chosen by the engine when empty and the VM runs."""

    template: str = BLANK_ID
    original_template: str = ""
    instance_type: str = ""
    status: VmStatus = "down"
    host: str = ""
    start_time: datetime | None = None
    stop_time: datetime | None = None
    fqdn: str = ""


class Role(Record):
    """A role; `permits` are permit names."""

    administrative: bool = False
    permits: list[str] = []


class User(Record):
    """A user; `name` is `user@profile`. Passwords are never part of an inventory."""

    first_name: str = ""
    last_name: str = ""
    email: str = ""


class Permission(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A role of a user or group on an object; `object_type` is system, data_center, cluster, vm, template ..."""

    role: str
    user: str = ""
    group: str = ""
    object_type: str = "system"
    object: str = ""
    id: str = ""


class Tag(Record):
    """A tag; an empty `parent` is the root tag."""

    parent: str = ""


class Quota(Record):
    """A quota of one data center; limits in GiB of storage, virtual CPUs, GiB of memory; None is unlimited."""

    data_center: str
    storage_limit: int | None = None
    cpu_limit: int | None = None
    memory_limit: int | None = None


class AffinityLabel(Record):
    """An affinity label with its VMs and hosts."""

    vms: list[str] = []
    hosts: list[str] = []
