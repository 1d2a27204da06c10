"""A cloud in memory behind the driver port: scripted states and faults, and a record of every change.

A machine's passing states last a number of *looks* (calls of `list` or `get` that see it), not seconds, so tests
decide how long they are and never sleep for them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from msgspec.structs import replace

from deltaic.driver import ABSENT, Consoles, Edit, KeyPairs
from deltaic.model.annotation import Annotation
from deltaic.model.capability import Capability
from deltaic.model.context import Context, Scope
from deltaic.model.errors import Error, ErrorKind, not_found, unsupported
from deltaic.model.health import Check
from deltaic.model.image import Image
from deltaic.model.instance import UP_STATES, Instance, InstanceChanges, InstanceSpec, InstanceState
from deltaic.model.instance_type import InstanceType
from deltaic.model.network import Network
from deltaic.model.signed_request import Grant, SignedRequest
from deltaic.model.snapshot import Snapshot
from deltaic.model.volume import Volume
from deltaic.model.zone import DataCenter, Zone
from tests.fakes.addresses import FakeAddresses
from tests.fakes.faults import Faults
from tests.fakes.instance_snapshots import FakeImages, FakeInstanceSnapshots
from tests.fakes.networks import FakeInterfaces, FakeNetworks
from tests.fakes.security_groups import FakeSecurityGroups
from tests.fakes.volumes import FakeSnapshots, FakeVolumes
from tests.fakes.watch import FakeEvents, FakeMetrics

S = InstanceState
DATA_CENTER = DataCenter("dc-1", "Default")
ZONE = Zone("zone-1", "Default", DATA_CENTER.id)


class FakeInstances:
    """Machines. `changes` lists (verb, id) of what had an effect; `looks` counts reads."""

    def __init__(self) -> None:
        self.machines: dict[str, Instance] = {}
        self.changes: list[tuple[str, str]] = []
        self.calls: list[str] = []
        self.faults = Faults()
        self.failure_words = ""
        self.new_id: Callable[[int], str] = "vm-{}".format
        #: Called with the id of a machine that is deleted: what stands for itself is detached first.
        self.release: Callable[[str], None] = lambda _: None
        self.given: dict[str, InstanceSpec] = {}
        #: Looks that a passing state lasts.
        self.creation_looks = 20
        self.start_looks = 2
        self.stop_looks = 2
        self.delete_looks = 2
        self.delete_states: set[S] = {S.STOPPED, S.ERROR}
        #: Where each passing state leads; None removes the machine.
        self.creation_ends: S | None = S.STOPPED
        self.start_ends: S | None = S.RUNNING
        self.guest_obeys = True
        self._passing: dict[str, tuple[int, S | None]] = {}

    def add(self, state: S = S.STOPPED, instance_id: str = "vm-1", **members: object) -> Instance:
        """Put a machine there by hand."""
        machine = Instance(instance_id, f"name-{instance_id}", state, ZONE.id, DATA_CENTER.id)
        self.machines[instance_id] = replace(machine, **members)
        return self.machines[instance_id]

    def become(self, instance_id: str, state: S, looks: int = 0, then: S | None = None) -> None:
        """Give a machine a state; after `looks` looks it becomes `then` (None: it is gone), never when 0."""
        started = datetime.now(UTC) if state is S.STARTING else self.machines[instance_id].started_at
        self.machines[instance_id] = replace(self.machines[instance_id], state=state, started_at=started)
        self._passing.pop(instance_id, None)
        if looks:
            self._passing[instance_id] = (looks, then)

    async def list(self, context: Context, *, ids: Sequence[str] = (), details: bool = True) -> list[Instance]:
        self._call("list")
        wanted = [each for each in list(self.machines) if not ids or each in ids]
        seen = [self._look(each) for each in wanted]
        return sorted((each for each in seen if each is not None), key=lambda each: each.name)

    async def get(self, context: Context, instance_id: str, *, details: bool = True) -> Instance:
        self._call("get")
        seen = self._look(instance_id) if instance_id in self.machines else None
        if seen is None:
            raise not_found("instance", instance_id)
        return seen

    async def find_launch(self, context: Context, launch: str) -> Sequence[Instance]:
        self._call("find_launch")
        return [each for each in self.machines.values() if each.annotation.launch == launch]

    async def create(self, context: Context, spec: InstanceSpec) -> Instance:
        self._call("create")
        if any(each.name == spec.name for each in self.machines.values()):
            raise Error(ErrorKind.ALREADY_EXISTS, "The name is taken", resource="instance", field="name")
        instance_id = self.new_id(len(self.given) + 1)
        self.given[instance_id] = spec
        self.add(S.CREATING, instance_id, name=spec.name, image_id=spec.image_id, annotation=spec.annotation)
        self.become(instance_id, S.CREATING, self.creation_looks, self.creation_ends)
        self._changed("create", instance_id)
        return self.machines[instance_id]

    async def start(self, context: Context, instance_id: str, *, paused: bool = False) -> None:
        self._act("start", instance_id, {S.STOPPED, S.SUSPENDED, S.PAUSED})
        self.become(instance_id, S.STARTING, self.start_looks, S.PAUSED if paused else self.start_ends)
        self._changed("start paused" if paused else "start", instance_id)

    async def stop(self, context: Context, instance_id: str, *, force: bool = False) -> None:
        self._act(
            "force" if force else "stop",
            instance_id,
            UP_STATES | {S.PAUSED, S.STOPPING, S.SUSPENDING, S.SUSPENDED, S.STOPPED},
        )
        if self.machines[instance_id].state is not S.STOPPED:
            ends = S.STOPPED if force or self.guest_obeys else S.RUNNING
            self.become(instance_id, S.STOPPING, self.stop_looks, ends)
            self._changed("force" if force else "stop", instance_id)

    async def suspend(self, context: Context, instance_id: str) -> None:
        self._act("suspend", instance_id, {S.RUNNING})
        self.become(instance_id, S.SUSPENDED)
        self._changed("suspend", instance_id)

    async def reboot(self, context: Context, instance_id: str) -> None:
        self._act("reboot", instance_id, {S.RUNNING})
        self._changed("reboot", instance_id)

    async def delete(self, context: Context, instance_id: str) -> None:
        self._act("delete", instance_id, self.delete_states)
        if self.machines[instance_id].delete_protected:
            raise Error(ErrorKind.PROTECTED, "The machine is protected", resource="instance")
        self.release(instance_id)
        self.become(instance_id, S.LOCKED, self.delete_looks, None)
        self._changed("delete", instance_id)

    async def update(self, context: Context, instance_id: str, changes: InstanceChanges) -> None:
        self._act("update", instance_id, set(S))
        members = {name: getattr(changes, name) for name in ("name", "description", "delete_protected", "annotation")}
        self.machines[instance_id] = replace(
            self.machines[instance_id], **{name: value for name, value in members.items() if value is not None}
        )
        self._changed("update", instance_id)

    async def annotate(self, context: Context, instance_id: str, edit: Edit) -> Annotation:
        self._act("annotate", instance_id, set(S) - {S.LOCKED, S.CREATING})
        machine = self.machines[instance_id]
        self.machines[instance_id] = replace(machine, annotation=edit(machine.annotation))
        self._changed("annotate", instance_id)
        return self.machines[instance_id].annotation

    async def user_data(self, context: Context, instance_id: str) -> bytes:
        spec = self.given.get(instance_id)
        return spec.user_data if spec else b""

    async def creation_failure(self, context: Context, instance_id: str) -> str:
        return self.failure_words

    async def screenshot(self, context: Context, instance_id: str) -> bytes:
        raise Error(ErrorKind.UNSUPPORTED, "There is no console")

    async def console_file(self, context: Context, instance_id: str) -> bytes:
        raise Error(ErrorKind.UNSUPPORTED, "There is no console")

    def _call(self, verb: str) -> None:
        self.calls.append(verb)
        self.faults.strike(self.faults.before, verb)

    def _changed(self, verb: str, instance_id: str) -> None:
        self.changes.append((verb, instance_id))
        self.faults.strike(self.faults.after, verb)

    def _act(self, verb: str, instance_id: str, allowed: frozenset[S] | set[S]) -> None:
        self._call(verb)
        machine = self.machines.get(instance_id)
        if machine is None:
            raise not_found("instance", instance_id)
        if machine.state in (S.LOCKED, S.CREATING) and S.LOCKED not in allowed:
            raise Error(ErrorKind.BUSY, "The machine is locked", resource="instance", resource_id=instance_id)
        if machine.state not in allowed:
            raise Error(ErrorKind.CONFLICT, f"The machine is {machine.state}", resource="instance")

    def _look(self, instance_id: str) -> Instance | None:
        seen = self.machines[instance_id]
        if instance_id in self._passing:
            left, then = self._passing.pop(instance_id)
            if left > 1:
                self._passing[instance_id] = (left - 1, then)
            elif then is None:
                del self.machines[instance_id]
            else:
                self.become(instance_id, then)
        return seen


class FakeList:
    """A noun that is only listed."""

    def __init__(self, rows: Sequence[object] = ()) -> None:
        self.rows = list(rows)
        self.centers = [DATA_CENTER]

    async def list(self, context: Context, *, ids: Sequence[str] = ()) -> Sequence[object]:
        return [row for row in self.rows if not ids or row.id in ids]  # type: ignore[attr-defined]

    async def data_centers(self, context: Context) -> Sequence[DataCenter]:
        return self.centers


class FakeDriver:
    """The driver: set `images.rows` and the like by hand; `instances` behaves."""

    name = "fake"
    capability = Capability(
        instance_types_list=True, instances_create_with_image_size=True, instances_list_with_runs=True,
        networks_list=True,
    )  # fmt: skip

    def __init__(
        self,
        images: Sequence[Image] = (),
        instance_types: Sequence[InstanceType] = (),
        volumes: Sequence[Volume] = (),
        snapshots: Sequence[Snapshot] = (),
        networks: Sequence[Network] = (),
    ) -> None:
        self.zones = FakeList([ZONE])
        self.instance_types = FakeList(instance_types)
        self.instances = FakeInstances()
        self.instance_snapshots = FakeInstanceSnapshots(self.instances, self.instances.faults)
        self.images = FakeImages(images, self.instances, self.instance_snapshots)
        self.volumes = FakeVolumes(volumes)
        self.instances.release = self.volumes.release
        self.snapshots = FakeSnapshots(snapshots)
        self.networks = FakeNetworks(self.instances, networks)
        self.interfaces = FakeInterfaces(self.instances)
        self.metrics = FakeMetrics()
        self.events = FakeEvents()
        self.key_pairs: KeyPairs = ABSENT
        self.security_groups = FakeSecurityGroups(self.instances)
        self.addresses = FakeAddresses(self.instances)
        self.consoles: Consoles = ABSENT

    def view(self, asked: str, configured: str = "") -> str:
        return asked or configured

    def account(self, user: str, scope: Scope) -> tuple[str, Scope]:
        return user, scope

    async def verify(self, context: Context, claim: SignedRequest) -> Grant:
        raise unsupported("verify")

    async def login(self, context: Context) -> str:
        return context.principal.user

    async def doctor(self, context: Context) -> list[Check]:
        return []

    async def close(self) -> None:
        """Nothing to close."""
