"""The engine's entities -> the neutral model. Pure functions and tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from msgspec import structs

from deltaic.drivers.ovirt import comment as comments
from deltaic.drivers.ovirt import wire
from deltaic.drivers.ovirt.interfaces import nics_of
from deltaic.drivers.ovirt.wire_storage import MachineSnapshot
from deltaic.model.annotation import Want
from deltaic.model.image import Image, ImageDisk, ImageState
from deltaic.model.instance import DiskAttachment, Instance, InstanceState
from deltaic.model.instance_type import InstanceType
from deltaic.model.network import Network
from deltaic.model.nic import Nic
from deltaic.model.zone import DataCenter, Zone

#: The engine's machine statuses. `image_locked` and `paused` depend on more, see `instance_state`; a machine
#: without any status has broken disks (the engine has that status, its API has no word for it).
STATES: dict[str, InstanceState] = {
    "": InstanceState.ERROR,
    "unassigned": InstanceState.STOPPED,
    "down": InstanceState.STOPPED,
    "up": InstanceState.RUNNING,
    "wait_for_launch": InstanceState.STARTING,
    "powering_up": InstanceState.STARTING,
    "powering_down": InstanceState.STOPPING,
    "paused": InstanceState.PAUSED,
    "migrating": InstanceState.MIGRATING,
    "not_responding": InstanceState.NOT_RESPONDING,
    "unknown": InstanceState.UNKNOWN,
    "reboot_in_progress": InstanceState.REBOOTING,
    "saving_state": InstanceState.SUSPENDING,
    "suspended": InstanceState.SUSPENDED,
    "restoring_state": InstanceState.RESUMING,
    "image_locked": InstanceState.LOCKED,
    "image_illegal": InstanceState.ERROR,
}

#: What a locked machine is being driven to, by the wish in its annotation.
LOCKED_STATES: dict[Want | None, InstanceState] = {
    Want.RUNNING: InstanceState.CREATING,
    Want.STOPPED: InstanceState.CREATING,
    Want.PAUSED: InstanceState.CREATING,
    Want.TERMINATED: InstanceState.DELETING,
    None: InstanceState.LOCKED,
}

#: `status_detail` of a machine that storage paused; any other detail means a person did.
STORAGE_PAUSES = frozenset({"eio", "enospc", "eother"})

ARCHITECTURES: dict[str, str] = {
    "x86_64": "x86_64",
    "ppc64": "ppc64le",
    "s390x": "s390x",
    "aarch64": "arm64",
    "": "x86_64",
    "undefined": "x86_64",
}

IMAGE_STATES: dict[str, ImageState] = {
    "ok": ImageState.AVAILABLE,
    "locked": ImageState.PENDING,
    "illegal": ImageState.ERROR,
    # Instance types and very old engines tell no status: such a template can be used.
    "": ImageState.AVAILABLE,
}

#: The status of a data center whose storage works.
#: What every engine calls the network of a fresh data center.
MANAGEMENT = "ovirtmgmt"
DATA_CENTER_UP = "up"


def instance_state(vm: wire.Vm, want: Want | None) -> InstanceState:
    """The neutral state of a machine."""
    if vm.status == "image_locked":
        return LOCKED_STATES[want]
    if vm.status == "paused" and vm.status_detail.lower() in STORAGE_PAUSES:
        return InstanceState.PAUSED_BY_ERROR
    return STATES.get(vm.status, InstanceState.UNKNOWN)


def time_of(milliseconds: int | None) -> datetime | None:
    """An aware time, or None for none and for numbers no calendar holds."""
    if milliseconds is None:
        return None
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def architecture(word: str) -> str:
    """The neutral name of an architecture."""
    return ARCHITECTURES.get(word, word)


def instance(vm: wire.Vm, data_center_id: str, networks: Mapping[str, str], *, details: bool) -> Instance:
    """A machine. `networks` maps vNIC profile ids to network ids; without `details` interfaces stay empty."""
    note = comments.parse(vm.comment)
    annotation = note.annotation
    topology = vm.cpu.topology
    return Instance(
        id=vm.id,
        name=vm.name,
        state=instance_state(vm, annotation.want),
        zone_id=vm.cluster.id,
        data_center_id=data_center_id,
        description=vm.description,
        state_reason=vm.stop_reason,
        image_id=vm.original_template.id or vm.template.id,
        instance_type_id=vm.instance_type.id,
        kind=vm.type,
        memory=vm.memory,
        cpu_sockets=topology.sockets,
        cpu_cores=topology.cores,
        cpu_threads=topology.threads,
        architecture=architecture(vm.cpu.architecture),
        os_type=vm.os.type,
        host_id=vm.host.id,
        fqdn=vm.fqdn,
        created_at=time_of(vm.creation_time),
        started_at=time_of(vm.start_time),
        stopped_at=time_of(vm.stop_time),
        delete_protected=vm.delete_protected,
        nics=promised(nics_of(vm, networks), note.networks) if details else (),
        disks=disks_of(vm) if details else (),
        annotation=annotation,
    )


def promised(nics: tuple[Nic, ...], networks: Sequence[str]) -> tuple[Nic, ...]:
    """Interfaces of a new machine on the networks that they are still to be given before its first start."""
    changed = tuple(
        nic if nic.network_id == network else structs.replace(nic, network_id=network, profile_id="")
        for nic, network in zip(nics, networks, strict=False)
    )
    return changed + nics[len(changed) :]


def disks_of(vm: wire.Vm) -> tuple[DiskAttachment, ...]:
    """A machine's disks, the bootable first."""
    found = [
        DiskAttachment(
            disk_id=attachment.disk.id if attachment.disk else attachment.id,
            boot=attachment.bootable,
            interface=attachment.interface,
            active=attachment.active,
            device=attachment.logical_name,
        )
        for attachment in vm.disk_attachments.disk_attachment
    ]
    return tuple(sorted(found, key=lambda disk: not disk.boot))


def image(template: wire.Template, data_center_ids: tuple[str, ...]) -> Image:
    """A template version; its disks where the read followed them."""
    annotation = comments.parse(template.comment).annotation
    topology = template.cpu.topology
    return Image(
        id=template.id,
        name=template.name,
        state=IMAGE_STATES.get(template.status, ImageState.ERROR),
        description=template.description,
        version_name=template.version.version_name,
        version_number=template.version.version_number,
        base_id=template.version.base_template.id or template.id,
        kind=template.type,
        memory=template.memory,
        cpus=topology.sockets * topology.cores * topology.threads,
        architecture=architecture(template.cpu.architecture),
        os_type=template.os.type,
        zone_id=template.cluster.id,
        data_center_ids=data_center_ids,
        owner=annotation.owner,
        created_at=time_of(template.creation_time),
        disks=tuple(image_disk(attachment) for attachment in template.disk_attachments.disk_attachment),
        annotation=annotation,
    )


def snapshot_image(found: MachineSnapshot, vm: wire.Vm, data_center_ids: tuple[str, ...]) -> Image:
    """A machine's snapshot as what another machine is made from."""
    topology = vm.cpu.topology
    return Image(
        id=f"{vm.id}.{found.id}",
        name=found.description,
        state=IMAGE_STATES.get(found.snapshot_status, ImageState.ERROR),
        base_id=f"{vm.id}.{found.id}",
        kind=vm.type,
        memory=vm.memory,
        cpus=topology.sockets * topology.cores * topology.threads,
        architecture=architecture(vm.cpu.architecture),
        os_type=vm.os.type,
        zone_id=vm.cluster.id,
        data_center_ids=data_center_ids,
        created_at=time_of(found.date),
    )


def image_disk(attachment: wire.DiskAttachment) -> ImageDisk:
    """A template's disk."""
    disk = attachment.disk
    return ImageDisk(
        id=disk.id if disk else attachment.id,
        size=disk.provisioned_size if disk else 0,
        boot=attachment.bootable,
        interface=attachment.interface,
    )


def instance_type(found: wire.InstanceType) -> InstanceType:
    """A named size."""
    topology = found.cpu.topology
    return InstanceType(
        id=found.id,
        name=found.name,
        description=found.description,
        memory=found.memory,
        cpu_sockets=topology.sockets,
        cpu_cores=topology.cores,
        cpu_threads=topology.threads,
    )


def data_center(found: wire.DataCenter) -> DataCenter:
    """A region."""
    available = found.status in (DATA_CENTER_UP, "")
    return DataCenter(id=found.id, name=found.name, description=found.description, available=available)


def zone(found: wire.Cluster) -> Zone:
    """A cluster of hosts."""
    return Zone(
        id=found.id,
        name=found.name,
        data_center_id=found.data_center.id,
        description=found.description,
        architecture=architecture(found.cpu.architecture),
    )


def network(found: wire.Network, profile_ids: Sequence[str], zone_ids: tuple[str, ...]) -> Network:
    """A logical network. Its addresses are known only where a person wrote them into its comment."""
    note = comments.parse(found.comment)
    return Network(
        id=found.id,
        name=found.name,
        data_center_id=found.data_center.id,
        description=found.description,
        vlan=found.vlan.id,
        mtu=found.mtu,
        cidr=_text(note.extra.get("cidr")),
        gateway=_text(note.extra.get("gateway")),
        default=found.name == MANAGEMENT,
        fixed=found.name == MANAGEMENT,
        carries_instances=found.usages is None or "vm" in found.usages.usage,
        pluggable=bool(profile_ids),
        zone_ids=zone_ids,
        tags=note.annotation.tags,
        annotation=note.annotation,
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
