"""The port that every cloud implements: one small protocol per noun.

A driver translates; it does not validate what the capability layer checks, does not retry, does not cache
beyond its own details, and raises only `model.errors.Error`. Every verb takes the caller's `Context` first,
honours its deadline and works inside its scope. Mutating verbs return as soon as the cloud accepted; waiting is
the business of durable flows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from deltaic.model.annotation import Annotation
from deltaic.model.capability import Capability
from deltaic.model.context import Context
from deltaic.model.event import Event
from deltaic.model.health import Check
from deltaic.model.image import Image, ImageChanges, ImageSpec
from deltaic.model.instance import Instance, InstanceChanges, InstanceSpec
from deltaic.model.instance_snapshot import InstanceSnapshot, InstanceSnapshotSpec
from deltaic.model.instance_type import InstanceType
from deltaic.model.metric import Metric
from deltaic.model.network import Network, NetworkChanges, NetworkSpec
from deltaic.model.nic import Nic, NicChanges, NicSpec
from deltaic.model.snapshot import Snapshot, SnapshotChanges, SnapshotSpec
from deltaic.model.storage_domain import StorageDomain
from deltaic.model.volume import Volume, VolumeChanges, VolumeSpec
from deltaic.model.zone import DataCenter, Zone

#: How an annotation is changed: a pure function from the old to the new one.
Edit = Callable[[Annotation], Annotation]


class Zones(Protocol):
    """Data centers and clusters."""

    async def data_centers(self, context: Context) -> list[DataCenter]:
        """List every data center the caller sees, whatever the scope, by name."""

    async def list(self, context: Context) -> list[Zone]:
        """List the clusters of the scope's data center; of all data centers when the scope names none."""


class Images(Protocol):
    """Templates."""

    async def list(self, context: Context, *, ids: Sequence[str] = ()) -> list[Image]:
        """List the images usable in the scope, with their disks; all when `ids` is empty, by name.

        Unknown ids are left out. Where the cloud makes machines of snapshots, `<instance id>.<snapshot id>` is the id
        of one as an image: listed when it is asked for, and taken by `interfaces` and `Instances.create`.
        """

    async def get(self, context: Context, image_id: str) -> Image:
        """Read one image of the scope, cheaply; NOT_FOUND when there is none."""

    async def find_marked(self, context: Context, marker: str) -> Sequence[Image]:
        """Find the images whose annotation carries this marker in `launch`."""

    async def create(self, context: Context, spec: ImageSpec) -> Image:
        """Make an image of a machine and return as soon as the cloud accepted: state PENDING.

        CONFLICT while the machine runs, unless one of its snapshots is named; BUSY while locked; ALREADY_EXISTS for
        a taken name.
        """

    async def update(self, context: Context, image_id: str, changes: ImageChanges) -> None:
        """Change members; ALREADY_EXISTS for a taken name."""

    async def delete(self, context: Context, image_id: str) -> None:
        """Remove an image; BUSY while locked, IN_USE while machines depend on it."""

    async def interfaces(self, context: Context, image_id: str) -> int:
        """How many network interfaces an instance of this image gets by itself."""

    async def annotate(self, context: Context, image_id: str, edit: Edit) -> Annotation:
        """Change the image's annotation through `edit`; return what was written."""


class InstanceTypes(Protocol):
    """Named sizes."""

    async def list(self, context: Context) -> list[InstanceType]:
        """List the cloud's named sizes, smallest first."""


class Instances(Protocol):
    """Virtual machines."""

    async def list(self, context: Context, *, ids: Sequence[str] = (), details: bool = True) -> list[Instance]:
        """List machines of the scope, by name; those of `ids` when given (unknown ids are left out).

        `details` fills nics, disks and addresses. The number of engine calls does not grow with the number of
        machines.
        """

    async def get(self, context: Context, instance_id: str, *, details: bool = True) -> Instance:
        """Read one machine; NOT_FOUND when there is none in the scope."""

    async def find_launch(self, context: Context, launch: str) -> Sequence[Instance]:
        """Find the machines whose annotation carries this launch marker (without details)."""

    async def create(self, context: Context, spec: InstanceSpec) -> Instance:
        """Create a machine from an image and return as soon as the cloud accepted: state CREATING or STOPPED.

        INVALID/NOT_FOUND naming the field for a wrong image, zone, type or network; ALREADY_EXISTS for a taken name.
        """

    async def start(self, context: Context, instance_id: str, *, paused: bool = False) -> None:
        """Start or resume; `paused` powers a stopped machine up and freezes it before its guest runs.

        BUSY while locked, CONFLICT in a state that can't start.
        """

    async def stop(self, context: Context, instance_id: str, *, force: bool = False) -> None:
        """Ask the guest to shut down; `force` cuts the power. Nothing happens on a stopped machine."""

    async def suspend(self, context: Context, instance_id: str) -> None:
        """Save memory to disk and stop."""

    async def reboot(self, context: Context, instance_id: str) -> None:
        """Restart the guest, or reset the machine where the cloud can't."""

    async def delete(self, context: Context, instance_id: str) -> None:
        """Remove a stopped machine with its own disks; BUSY while locked, PROTECTED, CONFLICT while it runs.

        Volumes that stand for themselves are detached first and stay; BUSY while that takes its time.
        """

    async def update(self, context: Context, instance_id: str, changes: InstanceChanges) -> None:
        """Change members; those the cloud can't change on a running machine raise CONFLICT."""

    async def annotate(self, context: Context, instance_id: str, edit: Edit) -> Annotation:
        """Change the machine's annotation through `edit` (read, edit, write); return what was written."""

    async def user_data(self, context: Context, instance_id: str) -> bytes:
        """The user data the machine was given, byte-exact; empty when there is none."""

    async def creation_failure(self, context: Context, instance_id: str) -> str:
        """The cloud's own words about why a machine's creation failed; empty when it says nothing."""

    async def screenshot(self, context: Context, instance_id: str) -> bytes:
        """A picture of the console (PNG); UNSUPPORTED where the cloud can't."""

    async def console_file(self, context: Context, instance_id: str) -> bytes:
        """What opens the console in virt-viewer (`application/x-virt-viewer`), with a password that holds for a while.

        CONFLICT while the machine does not run, UNSUPPORTED for one without a graphical console.
        """


class InstanceSnapshots(Protocol):
    """Whole machines at one time."""

    async def list(self, context: Context, instance_ids: Sequence[str] | None) -> list[InstanceSnapshot]:
        """List the snapshots of these machines of the scope, or of all when None, oldest first.

        The number of engine calls does not grow with the number of snapshots, and hardly with that of machines.
        """

    async def get(self, context: Context, instance_id: str, snapshot_id: str) -> InstanceSnapshot:
        """Read one snapshot; NOT_FOUND when the machine has none such."""

    async def create(self, context: Context, spec: InstanceSnapshotSpec) -> InstanceSnapshot:
        """Take a snapshot and return as soon as the cloud accepted: state PENDING.

        BUSY while the machine is locked or another snapshot is worked on, CONFLICT in a state that has no snapshots.
        """

    async def restore(self, context: Context, instance_id: str, snapshot_id: str, *, memory: bool = False) -> None:
        """Bring a stopped machine back; with `memory` its next start goes on where the snapshot was taken.

        BUSY while locked, CONFLICT while the machine is not stopped.
        """

    async def delete(self, context: Context, instance_id: str, snapshot_id: str) -> None:
        """Remove a snapshot, which the cloud merges into what follows; errors as of `create`."""


class Volumes(Protocol):
    """Disks."""

    async def list(self, context: Context, *, ids: Sequence[str] = ()) -> list[Volume]:
        """List the disks of the scope with their attachments; those of `ids` when given."""

    async def get(self, context: Context, volume_id: str) -> Volume:
        """Read one disk of the scope without its attachments, cheaply; NOT_FOUND when there is none."""

    async def storage_domains(self, context: Context) -> Sequence[StorageDomain]:
        """Where volumes can be made in the scope, the one with the most room first."""

    async def create(self, context: Context, spec: VolumeSpec) -> Volume:
        """Make a volume, empty or as a copy, and return as soon as the cloud accepted: state CREATING.

        A repeated creation with the same marker returns what the first one made. INVALID names the field of a wrong
        size, name or storage domain; NOT_FOUND for an unknown source, BUSY while the source is locked, IN_USE while
        a running machine has it.
        """

    async def finish(self, context: Context, volume_id: str, spec: VolumeSpec) -> Volume:
        """Do what is left once the cloud made the volume (a copy's name, a size beyond its source's); the volume.

        CREATING until there is nothing left. NOT_FOUND when the cloud gave the creation up.
        """

    async def update(self, context: Context, volume_id: str, changes: VolumeChanges) -> None:
        """Change members; INVALID for a smaller size, BUSY while locked."""

    async def delete(self, context: Context, volume_id: str) -> None:
        """Remove a volume; BUSY while locked, IN_USE while it is plugged into a running machine."""

    async def attach(
        self,
        context: Context,
        volume_id: str,
        instance_id: str,
        *,
        device: str = "",
        boot: bool = False,
        active: bool = True,
        own: bool = False,
    ) -> None:
        """Attach a volume; nothing happens when it is attached there already.

        It then stands for itself, and outlives the machine, unless it is the machine's `own`. IN_USE when another
        machine has it and it is not shareable, BUSY while volume or machine is locked or changes its state,
        CONFLICT in a state in which the machine takes no volume.
        """

    async def detach(self, context: Context, volume_id: str, instance_id: str) -> None:
        """Detach a volume, which then stands for itself; nothing happens when it is not attached there.

        BUSY while locked, CONFLICT while a snapshot of the machine holds it.
        """


class Snapshots(Protocol):
    """Contents of disks at one time."""

    async def list(self, context: Context, *, ids: Sequence[str] = ()) -> list[Snapshot]:
        """List the snapshots of the scope; those of `ids` when given."""

    async def get(self, context: Context, snapshot_id: str) -> Snapshot:
        """Read one snapshot of the scope, cheaply; NOT_FOUND when there is none."""

    async def create(self, context: Context, spec: SnapshotSpec) -> Snapshot:
        """Copy a volume's content and return as soon as the cloud accepted: state PENDING.

        A repeated creation with the same marker returns what the first one made. BUSY while the volume is locked,
        or while the cloud has first to do something that takes a while; CONFLICT where it can't be copied now.
        """

    async def finish(self, context: Context, snapshot_id: str, spec: SnapshotSpec) -> Snapshot:
        """Do what is left to do; the snapshot, PENDING until there is nothing left.

        NOT_FOUND when the cloud gave the creation up.
        """

    async def withdraw(self, context: Context, spec: SnapshotSpec) -> None:
        """Take away what a creation that failed left behind beside the snapshot; BUSY until nothing of it is left."""

    async def update(self, context: Context, snapshot_id: str, changes: SnapshotChanges) -> None:
        """Change members; BUSY while locked."""

    async def delete(self, context: Context, snapshot_id: str) -> None:
        """Remove a snapshot; BUSY while locked."""


class Networks(Protocol):
    """Logical networks."""

    async def list(self, context: Context, *, ids: Sequence[str] = ()) -> list[Network]:
        """List the networks of the scope that can carry instances; those of `ids` when given."""

    async def create(self, context: Context, spec: NetworkSpec) -> Network:
        """Make a network that machines of all clusters of its data center can use.

        A repeated creation with the same marker completes what the first one began, and returns it.
        ALREADY_EXISTS for a taken name; INVALID naming the field.
        """

    async def update(self, context: Context, network_id: str, changes: NetworkChanges) -> None:
        """Change members."""

    async def annotate(self, context: Context, network_id: str, edit: Edit) -> Annotation:
        """Change the network's annotation through `edit`; return what was written."""

    async def delete(self, context: Context, network_id: str) -> None:
        """Remove a network; IN_USE while machines have interfaces on it."""


class Interfaces(Protocol):
    """Network interfaces of machines; `Instances.list` reads them."""

    async def create(self, context: Context, instance_id: str, spec: NicSpec) -> Nic:
        """Add an interface, to a running machine too; BUSY in a state that passes, CONFLICT in another."""

    async def update(self, context: Context, instance_id: str, nic_id: str, changes: NicChanges) -> None:
        """Change an interface, of a running machine too; BUSY in a state that passes, CONFLICT in another.

        A new machine is first given the interfaces that its creation still owes it; without changes (and with any id)
        that is all that happens.
        """

    async def delete(self, context: Context, instance_id: str, nic_id: str) -> None:
        """Unplug an interface where needed, and remove it; BUSY in a state that passes, CONFLICT in another."""


class Metrics(Protocol):
    """What the cloud measures at the moment. A figure that it does not have is left out."""

    async def read(self, context: Context, instance_id: str) -> Sequence[Metric]:
        """Read a machine's figures in a constant number of calls; NOT_FOUND when there is none in the scope."""

    async def read_volume(self, context: Context, volume_id: str) -> Sequence[Metric]:
        """Read a disk's figures in a constant number of calls; NOT_FOUND when there is none in the scope."""


class Events(Protocol):
    """The cloud's audit log."""

    async def list(
        self,
        context: Context,
        *,
        instance_ids: Sequence[str] = (),
        since: datetime | None = None,
        limit: int = 1000,
        after: str = "",
    ) -> Sequence[Event]:
        """List the newest events of the scope, the newest first; those about `instance_ids` when given.

        At most `limit` events, none older than `since`, none up to the id `after`. Those about machines that are
        gone are found as well. The number of calls grows with `limit` alone.
        """


class Driver(Protocol):
    """One cloud, reached under one provider string."""

    name: str
    capability: Capability
    zones: Zones
    images: Images
    instance_types: InstanceTypes
    instances: Instances
    instance_snapshots: InstanceSnapshots
    volumes: Volumes
    snapshots: Snapshots
    networks: Networks
    interfaces: Interfaces
    metrics: Metrics
    events: Events

    async def login(self, context: Context) -> str:
        """Check the caller's credentials against the cloud; return the cloud's id of the user.

        UNAUTHENTICATED when they are wrong.
        """

    async def doctor(self, context: Context) -> list[Check]:
        """Look at address, TLS, login, permissions, version and clock, and say what to do."""

    async def close(self) -> None:
        """Give back connections and sessions."""


class DriverConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every driver is told. `options` are the driver's own, checked by its factory.

    `provider` is the classic string `URL[;DATACENTER[;USER]]`.
    """

    name: str = "default"
    provider: str
    ca_file: str = ""
    ca_fingerprint: str = ""
    insecure: bool = False
    timeout: float = 60.0
    max_connections: int = 8
    options: Mapping[str, str] = {}


class DriverFactory(Protocol):
    """What a driver package exports under the entry-point group `deltaic.drivers`."""

    name: str
    aliases: tuple[str, ...]
    title: str
    capability: Capability

    def create(self, config: DriverConfig) -> Driver:
        """Make the driver; no I/O happens before its first verb. Raises INVALID for a wrong configuration."""
