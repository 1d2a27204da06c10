"""The instance: one virtual machine, its state, and what a caller may ask for when making one."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum

from msgspec import Struct

from deltaic.model.annotation import Annotation, GivenUp
from deltaic.model.nic import Nic, NicChanges, NicConfiguration
from deltaic.model.volume import VolumeWish


class InstanceState(StrEnum):
    """The neutral states; each protocol names them in its own table (reference: oVirt's VM statuses)."""

    CREATING = "creating"  # disks are being made for the first time
    STARTING = "starting"
    RUNNING = "running"
    REBOOTING = "rebooting"
    MIGRATING = "migrating"
    NOT_RESPONDING = "not_responding"  # runs, but its host has no contact with it
    UNKNOWN = "unknown"  # its host is lost; it may well run
    PAUSED = "paused"  # by a person
    PAUSED_BY_ERROR = "paused_by_error"  # by a storage error; it counts as running
    STOPPING = "stopping"
    STOPPED = "stopped"
    SUSPENDING = "suspending"
    SUSPENDED = "suspended"
    RESUMING = "resuming"
    LOCKED = "locked"  # stopped while a disk operation holds it
    ERROR = "error"  # its disks are broken
    DELETING = "deleting"
    DELETED = "deleted"


#: States in which it runs or is about to, without anybody doing anything.
UP_STATES = frozenset(
    {
        InstanceState.STARTING,
        InstanceState.RUNNING,
        InstanceState.REBOOTING,
        InstanceState.MIGRATING,
        InstanceState.NOT_RESPONDING,
        InstanceState.UNKNOWN,
        InstanceState.PAUSED_BY_ERROR,
        InstanceState.RESUMING,
    }
)

#: States in which it neither runs nor is on its way to, and which do not tell why themselves.
RESTING_STATES = frozenset({InstanceState.STOPPED, InstanceState.LOCKED})


class DiskAttachment(Struct, frozen=True):
    """One disk of an instance. `boot` marks the root disk; `active` is false while it is unplugged."""

    disk_id: str
    boot: bool = False
    interface: str = ""
    active: bool = True
    device: str = ""


class Instance(Struct, frozen=True):
    """A virtual machine as the cloud reports it.

    Sizes are bytes, times are aware datetimes. `zone_id` is the cluster, `data_center_id` the region.
    `instance_type_id` is empty for a machine of custom size; `kind` is the engine's optimisation
    (`server`, `desktop`, `high_performance`), which names the open size in that case.
    `nics`, `disks` and addresses are filled when the read asked for details.
    """

    id: str
    name: str
    state: InstanceState
    zone_id: str
    data_center_id: str = ""
    description: str = ""
    state_reason: str = ""
    image_id: str = ""
    instance_type_id: str = ""
    kind: str = "server"
    memory: int = 0
    cpu_sockets: int = 1
    cpu_cores: int = 1
    cpu_threads: int = 1
    architecture: str = "x86_64"
    os_type: str = ""
    host_id: str = ""
    fqdn: str = ""
    created_at: datetime | None = None
    started_at: datetime | None = None
    stopped_at: datetime | None = None
    delete_protected: bool = False
    nics: tuple[Nic, ...] = ()
    disks: tuple[DiskAttachment, ...] = ()
    annotation: Annotation = Annotation()

    @property
    def cpus(self) -> int:
        """Virtual CPUs the guest sees."""
        return self.cpu_sockets * self.cpu_cores * self.cpu_threads

    @property
    def run(self) -> int:
        """Which of its runs the machine is in: the start in Unix milliseconds, 0 while it rests."""
        return _milliseconds(self.started_at)

    @property
    def rest(self) -> int:
        """Which of its rests the machine is in, or was in last: the last stop in Unix milliseconds, 0 without one."""
        return _milliseconds(self.stopped_at)

    @property
    def launched_at(self) -> datetime | None:
        """When it was launched or, as EC2 counts, last started: one time from the creation to the end of its first run.

        Engines forget the start when a machine stops: one that rests shows its launch again.
        """
        note = self.annotation
        first = note.want is not None or not self.run or self.run == note.first_run
        if note.launched_at and first:
            return datetime.fromtimestamp(note.launched_at, UTC)
        return self.started_at or self.created_at

    @property
    def given_up(self) -> GivenUp | None:
        """Why the machine was not brought up, while that is still what it rests from."""
        note = self.annotation.given_up
        return note if note is not None and note.rest == self.rest and self.state in RESTING_STATES else None

    @property
    def addresses(self) -> tuple[str, ...]:
        """Guest-reported addresses of all interfaces, IPv4 before IPv6, loopback and link-local left out."""
        return tuple(a for nic in self.nics for a in nic.ipv4) + tuple(a for nic in self.nics for a in nic.ipv6)


def _milliseconds(time: datetime | None) -> int:
    return int(time.timestamp() * 1000) if time else 0


class InstanceSpec(Struct, frozen=True):
    """What to create. Ids are native; empty means the image's or the cloud's default.

    `memory` is bytes (0: the image's). `user_data` are the caller's bytes, at most 16 KiB.
    `network_ids` choose the network of each interface in order, `nic_configurations` how the guest sets it up,
    `nic_changes` what becomes of it once the machine is made.
    `subnet_ids` choose where in its network each interface gets its address (empty: anywhere), `security_group_ids`
    are those of all interfaces.
    `disk_tags` and `nic_tags` are for the disks and interfaces that the machine gets; the launch keeps them, the cloud
    is not told.
    `volumes` are attached by the launch before the first start, or by the creation itself
    (`instances_create_with_volumes`). `boot_devices` (`hd`, `cdrom`, `network`) are tried in
    their order at each start; without any the image's are.
    """

    name: str
    image_id: str
    zone_id: str
    description: str = ""
    instance_type_id: str = ""
    kind: str = ""
    memory: int = 0
    cpus: int = 0
    host_name: str = ""
    user_data: bytes = b""
    authorized_keys: tuple[str, ...] = ()
    user_name: str = ""
    password: str = ""
    network_ids: tuple[str, ...] = ()
    subnet_ids: tuple[str, ...] = ()
    security_group_ids: tuple[str, ...] = ()
    nic_configurations: tuple[NicConfiguration, ...] = ()
    nic_changes: tuple[NicChanges, ...] = ()
    delete_protected: bool = False
    boot_devices: tuple[str, ...] = ()
    disk_tags: dict[str, str] = {}
    nic_tags: dict[str, str] = {}
    volumes: tuple[VolumeWish, ...] = ()
    annotation: Annotation = Annotation()

    def __repr__(self) -> str:
        return f"InstanceSpec(name={self.name!r}, image_id={self.image_id!r}, zone_id={self.zone_id!r})"


class InstanceChanges(Struct, frozen=True):
    """What to change on an instance; None leaves a member as it is."""

    name: str | None = None
    description: str | None = None
    delete_protected: bool | None = None
    instance_type_id: str | None = None
    memory: int | None = None
    cpus: int | None = None
    user_data: bytes | None = None
    annotation: Annotation | None = None

    def __repr__(self) -> str:
        given = [name for name in self.__struct_fields__ if getattr(self, name) is not None]
        return f"InstanceChanges({', '.join(given)})"
