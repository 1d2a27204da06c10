"""The engine's JSON as typed Structs: only the members we read.

Integers and booleans come as strings from some engine versions and natively from others: decode these Structs
with `strict=False`. Dates are epoch milliseconds. Empty collections are `{}`, unset members are absent.
"""

from __future__ import annotations

from msgspec import Raw, Struct, field


class Ref(Struct, frozen=True):
    """A link to another entity."""

    id: str = ""
    name: str = ""


class State(Struct, frozen=True):
    """How engines before version 4 wrap a status."""

    state: str = ""


class Stateful(Struct, frozen=True, kw_only=True):
    """An entity with a status; empty where the engine tells none."""

    told_status: str | State = field(name="status", default="")

    @property
    def status(self) -> str:
        """The status' word."""
        told = self.told_status
        return told if isinstance(told, str) else told.state


class Topology(Struct, frozen=True):
    cores: int = 1
    sockets: int = 1
    threads: int = 1


class Cpu(Struct, frozen=True):
    architecture: str = ""
    topology: Topology = Topology()


class Os(Struct, frozen=True):
    type: str = ""


class Version(Struct, frozen=True):
    """A product's or a cluster's version."""

    major: int = 0
    minor: int = 0
    full_version: str = ""


# -- inventory -------------------------------------------------------------------------------------------------------


class DataCenter(Stateful, frozen=True):
    id: str
    name: str = ""
    description: str = ""


class DataCenters(Struct, frozen=True):
    data_center: list[DataCenter] = []


class Usages(Struct, frozen=True):
    usage: list[str] = []


class Vlan(Struct, frozen=True):
    id: int = 0


class Network(Struct, frozen=True):
    id: str
    name: str = ""
    description: str = ""
    comment: str = ""
    mtu: int = 0
    vlan: Vlan = Vlan()
    usages: Usages | None = None
    data_center: Ref = Ref()


class Networks(Struct, frozen=True):
    network: list[Network] = []


class Cluster(Struct, frozen=True):
    id: str
    name: str = ""
    description: str = ""
    data_center: Ref = Ref()
    cpu: Cpu = Cpu()
    networks: Networks = Networks()


class Clusters(Struct, frozen=True):
    cluster: list[Cluster] = []


class VnicProfile(Struct, frozen=True):
    id: str
    name: str = ""
    network: Ref = Ref()


class VnicProfiles(Struct, frozen=True):
    vnic_profile: list[VnicProfile] = []


# -- disks -----------------------------------------------------------------------------------------------------------


class StorageDomains(Struct, frozen=True):
    storage_domain: list[Ref] = []


class Disk(Stateful, frozen=True):
    id: str
    name: str = ""
    alias: str = ""
    description: str = ""
    format: str = ""
    content_type: str = ""
    storage_type: str = ""
    provisioned_size: int = 0
    actual_size: int = 0
    bootable: bool = False
    shareable: bool = False
    storage_domains: StorageDomains = StorageDomains()


class Disks(Struct, frozen=True):
    disk: list[Disk] = []


class DiskAttachment(Struct, frozen=True):
    id: str = ""
    disk: Disk | None = None
    active: bool = True
    bootable: bool = False
    interface: str = ""
    logical_name: str = ""


class DiskAttachments(Struct, frozen=True):
    disk_attachment: list[DiskAttachment] = []


# -- network interfaces ----------------------------------------------------------------------------------------------


class Mac(Struct, frozen=True):
    address: str = ""


class Ip(Struct, frozen=True):
    address: str = ""
    version: str = ""
    netmask: str = ""
    gateway: str = ""


class Ips(Struct, frozen=True):
    ip: list[Ip] = []


class Nic(Struct, frozen=True):
    id: str
    name: str = ""
    mac: Mac = Mac()
    vnic_profile: Ref = Ref()
    interface: str = ""
    linked: bool = True
    plugged: bool = True


class Nics(Struct, frozen=True):
    nic: list[Nic] = []


class ReportedDevice(Struct, frozen=True):
    """What the guest agent tells about an interface of the guest, bridges and loopback included."""

    name: str = ""
    mac: Mac = Mac()
    ips: Ips = Ips()


class ReportedDevices(Struct, frozen=True):
    reported_device: list[ReportedDevice] = []


# -- machines, templates, sizes --------------------------------------------------------------------------------------


class NicConfiguration(Struct, frozen=True):
    """An interface as cloud-init sets it up; an address counts when its boot protocol is static."""

    name: str = ""
    boot_protocol: str = ""
    ip: Ip = Ip()
    ipv6_boot_protocol: str = ""
    ipv6: Ip = Ip()


class NicConfigurations(Struct, frozen=True):
    nic_configuration: list[NicConfiguration] = []


class Initialization(Struct, frozen=True):
    host_name: str = ""
    user_name: str = ""
    authorized_ssh_keys: str = ""
    custom_script: str = ""
    nic_configurations: NicConfigurations = NicConfigurations()


class PayloadFile(Struct, frozen=True):
    name: str = ""
    content: str = ""


class PayloadFiles(Struct, frozen=True):
    file: list[PayloadFile] = []


class Payload(Struct, frozen=True):
    type: str = ""
    volume_id: str = ""
    files: PayloadFiles = PayloadFiles()


class Payloads(Struct, frozen=True):
    payload: list[Payload] = []


class Vm(Stateful, frozen=True):
    """A machine; `nics`, `disk_attachments`, `reported_devices` only when followed, payloads with all content.

    A machine with broken disks has no status at all.
    """

    id: str
    name: str = ""
    description: str = ""
    comment: str = ""
    status_detail: str = ""
    stop_reason: str = ""
    type: str = "server"
    memory: int = 0
    cpu: Cpu = Cpu()
    os: Os = Os()
    fqdn: str = ""
    cluster: Ref = Ref()
    host: Ref = Ref()
    template: Ref = Ref()
    original_template: Ref = Ref()
    instance_type: Ref = Ref()
    creation_time: int | None = None
    start_time: int | None = None
    stop_time: int | None = None
    delete_protected: bool = False
    nics: Nics = Nics()
    disk_attachments: DiskAttachments = DiskAttachments()
    reported_devices: ReportedDevices = ReportedDevices()
    initialization: Initialization = Initialization()
    payloads: Payloads = Payloads()


class Vms(Struct, frozen=True):
    vm: list[Vm] = []


class VmTexts(Struct, frozen=True):
    """The same list with each machine's JSON as it is."""

    vm: list[Raw] = []


class TemplateVersion(Struct, frozen=True):
    version_name: str = ""
    version_number: int = 1
    base_template: Ref = Ref()


class Template(Stateful, frozen=True):
    id: str
    name: str = ""
    description: str = ""
    comment: str = ""
    type: str = "server"
    memory: int = 0
    cpu: Cpu = Cpu()
    os: Os = Os()
    cluster: Ref = Ref()
    creation_time: int | None = None
    version: TemplateVersion = TemplateVersion()
    disk_attachments: DiskAttachments = DiskAttachments()


class Templates(Struct, frozen=True):
    template: list[Template] = []


class InstanceType(Struct, frozen=True):
    id: str
    name: str = ""
    description: str = ""
    memory: int = 0
    cpu: Cpu = Cpu()


class InstanceTypes(Struct, frozen=True):
    instance_type: list[InstanceType] = []


# -- the engine itself -----------------------------------------------------------------------------------------------


class Event(Struct, frozen=True):
    """An entry of the audit log. Ids ascend; `vm` stays when the machine is gone."""

    id: str = ""
    index: int = 0
    code: int = 0
    severity: str = ""
    time: int | None = None
    description: str = ""
    correlation_id: str = ""
    vm: Ref = Ref()
    template: Ref = Ref()


class Events(Struct, frozen=True):
    event: list[Event] = []


class ProductInfo(Struct, frozen=True):
    name: str = ""
    vendor: str = ""
    version: Version = Version()


class Api(Struct, frozen=True):
    """The root document. `summary` is for administrators only."""

    product_info: ProductInfo = ProductInfo()
    authenticated_user: Ref = Ref()
    effective_user: Ref = Ref()
    time: int | None = None
    summary: dict[str, object] | None = None
