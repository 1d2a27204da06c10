"""The port that every cloud implements: one small protocol per noun.

A driver translates; it does not validate what the capability layer checks, does not retry, does not cache
beyond its own details, and raises only `model.errors.Error`. Every verb takes the caller's `Context` first,
honours its deadline and works inside its scope. Mutating verbs return as soon as the cloud accepted; waiting is
the business of durable flows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from deltaic.model.annotation import Annotation
from deltaic.model.capability import Capability
from deltaic.model.context import Context
from deltaic.model.health import Check
from deltaic.model.image import Image
from deltaic.model.instance import Instance, InstanceChanges, InstanceSpec
from deltaic.model.instance_type import InstanceType
from deltaic.model.network import Network
from deltaic.model.snapshot import Snapshot
from deltaic.model.volume import Volume
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

        Unknown ids are left out.
        """

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

    async def start(self, context: Context, instance_id: str) -> None:
        """Start or resume. BUSY while locked, CONFLICT in a state that can't start."""

    async def stop(self, context: Context, instance_id: str, *, force: bool = False) -> None:
        """Ask the guest to shut down; `force` cuts the power. Nothing happens on a stopped machine."""

    async def suspend(self, context: Context, instance_id: str) -> None:
        """Save memory to disk and stop."""

    async def reboot(self, context: Context, instance_id: str) -> None:
        """Restart the guest, or reset the machine where the cloud can't."""

    async def delete(self, context: Context, instance_id: str) -> None:
        """Remove a stopped machine with its own disks; BUSY while locked, PROTECTED, CONFLICT while it runs."""

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


class Volumes(Protocol):
    """Disks."""

    async def list(self, context: Context, *, ids: Sequence[str] = ()) -> list[Volume]:
        """List the disks of the scope with their attachments; those of `ids` when given."""


class Snapshots(Protocol):
    """Contents of disks at one time."""

    async def list(self, context: Context, *, ids: Sequence[str] = ()) -> list[Snapshot]:
        """List the snapshots of the scope; those of `ids` when given."""


class Networks(Protocol):
    """Logical networks."""

    async def list(self, context: Context, *, ids: Sequence[str] = ()) -> list[Network]:
        """List the networks of the scope that can carry instances; those of `ids` when given."""


class Driver(Protocol):
    """One cloud, reached under one provider string."""

    name: str
    capability: Capability
    zones: Zones
    images: Images
    instance_types: InstanceTypes
    instances: Instances
    volumes: Volumes
    snapshots: Snapshots
    networks: Networks

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
