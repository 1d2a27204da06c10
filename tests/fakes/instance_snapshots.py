"""Snapshots and images of machines in memory: they settle after a number of looks, as the fake machines do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from msgspec.structs import replace

from deltaic.driver import Edit
from deltaic.model.annotation import Annotation
from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind, not_found
from deltaic.model.image import Image, ImageChanges, ImageSpec, ImageState
from deltaic.model.instance import UP_STATES, InstanceState
from deltaic.model.instance_snapshot import InstanceSnapshot, InstanceSnapshotSpec, InstanceSnapshotState

if TYPE_CHECKING:
    from tests.fakes.driver import FakeInstances
    from tests.fakes.faults import Faults

S = InstanceState
P = InstanceSnapshotState
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


class FakeInstanceSnapshots:
    """Snapshots by id. `changes` lists (verb, id); what a machine was is kept and put back."""

    def __init__(self, instances: FakeInstances, faults: Faults) -> None:
        self.instances = instances
        self.faults = faults
        self.rows: dict[str, InstanceSnapshot] = {}
        self.changes: list[tuple[str, str]] = []
        self.given: dict[str, InstanceSnapshotSpec] = {}
        #: How often snapshots were listed.
        self.lists = 0
        self.restored_memory: list[bool] = []
        self.looks = 2
        #: Where the creation and the removal of a snapshot lead; None: it is gone.
        self.creation_ends: P | None = P.AVAILABLE
        self.removal_ends: P | None = None
        self._machines: dict[str, Annotation] = {}
        self._passing: dict[str, tuple[int, P | None]] = {}

    def add(self, snapshot_id: str, instance_id: str = "vm-1", **members: object) -> InstanceSnapshot:
        """Put a snapshot there by hand, later than all others."""
        at = BEGIN + timedelta(hours=len(self.rows))
        made = InstanceSnapshot(snapshot_id, instance_id, f"name-{snapshot_id}", P.AVAILABLE, created_at=at)
        self.rows[snapshot_id] = replace(made, **members)
        self._machines[snapshot_id] = self.instances.machines[instance_id].annotation
        return self.rows[snapshot_id]

    def of(self, instance_id: str = "vm-1") -> list[str]:
        return [row.id for row in self.rows.values() if row.instance_id == instance_id]

    async def list(self, context: Context, instance_ids: Sequence[str] | None) -> list[InstanceSnapshot]:
        self.lists += 1
        self.faults.strike(self.faults.before, "snapshots.list")
        wanted = self.instances.machines if instance_ids is None else instance_ids
        found = [self._look(row.id) for row in list(self.rows.values()) if row.instance_id in wanted]
        return sorted((row for row in found if row), key=lambda row: row.created_at or BEGIN)

    async def get(self, context: Context, instance_id: str, snapshot_id: str) -> InstanceSnapshot:
        seen = self._look(snapshot_id) if snapshot_id in self.rows else None
        if seen is None or seen.instance_id != instance_id:
            raise not_found("instance_snapshot", snapshot_id)
        return seen

    async def create(self, context: Context, spec: InstanceSnapshotSpec) -> InstanceSnapshot:
        self._begin("snapshots.create", spec.instance_id, UP_STATES | {S.STOPPED, S.PAUSED})
        snapshot_id = f"snap-{len(self.changes) + 1}"
        self.given[snapshot_id] = spec
        self.add(snapshot_id, spec.instance_id, name=spec.name, description=spec.description, marker=spec.marker,
                 memory=spec.memory, temporary=spec.temporary)  # fmt: skip
        made = self._lock(snapshot_id, self.creation_ends)
        self._hold(spec.instance_id)
        self._changed("create", snapshot_id)
        return made

    async def restore(self, context: Context, instance_id: str, snapshot_id: str, *, memory: bool = False) -> None:
        row = await self.get(context, instance_id, snapshot_id)
        self._begin("snapshots.restore", instance_id, {S.STOPPED})
        machine = self.instances.machines[instance_id]
        self.instances.machines[instance_id] = replace(machine, annotation=self._machines[snapshot_id])
        for other in list(self.rows.values()):
            if other.instance_id == instance_id and (other.created_at or BEGIN) > (row.created_at or BEGIN):
                del self.rows[other.id]
        self.restored_memory.append(memory)
        self._lock(snapshot_id, P.AVAILABLE)
        self._hold(instance_id)
        self._changed("restore", snapshot_id)

    async def delete(self, context: Context, instance_id: str, snapshot_id: str) -> None:
        for _ in range(2):
            await self.get(context, instance_id, snapshot_id)
        self._begin("snapshots.delete", instance_id, UP_STATES | {S.STOPPED, S.PAUSED})
        self._lock(snapshot_id, self.removal_ends)
        self._changed("delete", snapshot_id)

    def _begin(self, verb: str, instance_id: str, allowed: frozenset[S] | set[S]) -> None:
        self.faults.strike(self.faults.before, verb)
        machine = self.instances.machines.get(instance_id)
        if machine is None:
            raise not_found("instance", instance_id)
        if machine.state is S.LOCKED or any(row.state is P.PENDING for row in self.rows.values()):
            raise Error(ErrorKind.BUSY, "A snapshot is worked on", resource="instance", resource_id=instance_id)
        if machine.state not in allowed:
            raise Error(ErrorKind.CONFLICT, f"The machine is {machine.state}", resource="instance")

    def _hold(self, instance_id: str) -> None:
        """A machine that is down is locked as long as its disks are worked on."""
        if self.instances.machines[instance_id].state is S.STOPPED:
            self.instances.become(instance_id, S.LOCKED, self.looks, S.STOPPED)

    def _lock(self, snapshot_id: str, then: P | None) -> InstanceSnapshot:
        self.rows[snapshot_id] = replace(self.rows[snapshot_id], state=P.PENDING)
        self._passing[snapshot_id] = (self.looks, then)
        return self.rows[snapshot_id]

    def _look(self, snapshot_id: str) -> InstanceSnapshot | None:
        seen = self.rows[snapshot_id]
        if snapshot_id in self._passing:
            left, then = self._passing.pop(snapshot_id)
            if left > 1:
                self._passing[snapshot_id] = (left - 1, then)
            elif then is None:
                del self.rows[snapshot_id]
            else:
                self.rows[snapshot_id] = replace(seen, state=then)
            machine = self.instances.machines.get(seen.instance_id)
            if snapshot_id not in self._passing and machine is not None and machine.state is S.LOCKED:
                self.instances.become(seen.instance_id, S.STOPPED)
        return seen

    def _changed(self, verb: str, snapshot_id: str) -> None:
        self.changes.append((verb, snapshot_id))
        self.faults.strike(self.faults.after, f"snapshots.{verb}")


class FakeImages:
    """Images: set `rows` by hand, or have them made of the fake machines."""

    #: How many interfaces every image brings.
    brings = 1

    def __init__(self, rows: Sequence[Image], instances: FakeInstances, snapshots: FakeInstanceSnapshots) -> None:
        self.rows = list(rows)
        self.instances = instances
        self.snapshots = snapshots
        self.faults = snapshots.faults
        self.changes: list[tuple[str, str]] = []
        self.looks = 2
        self.creation_ends: ImageState | None = ImageState.AVAILABLE
        self.removal_ends: ImageState | None = None
        #: What the cloud makes of an image that is asked for.
        self.takes: Callable[[Image], Image] = lambda asked: asked
        self.new_id: Callable[[int], str] = "image-{}".format
        self._passing: dict[str, tuple[int, ImageState | None]] = {}

    async def list(self, context: Context, *, ids: Sequence[str] = ()) -> list[Image]:
        found = [self._look(row) for row in list(self.rows) if not ids or row.id in ids]
        return [row for row in found if row]

    async def get(self, context: Context, image_id: str) -> Image:
        found = await self.list(context, ids=[image_id])
        if not found:
            raise not_found("image", image_id)
        return found[0]

    async def find_marked(self, context: Context, marker: str) -> Sequence[Image]:
        return [row for row in self.rows if marker and row.annotation.launch == marker]

    async def create(self, context: Context, spec: ImageSpec) -> Image:
        self.faults.strike(self.faults.before, "images.create")
        machine = self.instances.machines.get(spec.instance_id)
        if machine is None:
            raise not_found("instance", spec.instance_id)
        if any(row.name == spec.name for row in self.rows):
            raise Error(ErrorKind.ALREADY_EXISTS, "The name is taken", resource="image", field="name")
        if spec.snapshot_id:
            if self.snapshots.rows[spec.snapshot_id].state is not P.AVAILABLE:
                raise Error(ErrorKind.BUSY, "The snapshot is locked", resource="instance")
        elif machine.state is not S.STOPPED:
            raise Error(ErrorKind.CONFLICT, f"The machine is {machine.state}", resource="instance")
        else:
            self.instances.become(spec.instance_id, S.LOCKED, self.looks, S.STOPPED)
        image_id = self.new_id(len(self.changes) + 1)
        made = Image(image_id, spec.name, ImageState.PENDING, spec.description, annotation=spec.annotation)
        made = self.takes(made)
        self.rows.append(made)
        self._passing[image_id] = (self.looks, self.creation_ends)
        self._changed("create", image_id)
        return made

    async def update(self, context: Context, image_id: str, changes: ImageChanges) -> None:
        await self._made(image_id)
        given = {name: value for name in ("name", "description") if (value := getattr(changes, name)) is not None}
        if any(row.name == changes.name and row.id != image_id for row in self.rows):
            raise Error(ErrorKind.ALREADY_EXISTS, "The name is taken", resource="image", field="name")
        self._replace(image_id, **given)
        self._changed("update", image_id)

    async def annotate(self, context: Context, image_id: str, edit: Edit) -> Annotation:
        self.faults.strike(self.faults.before, "images.annotate")
        row = await self._made(image_id)
        self._replace(image_id, annotation=edit(row.annotation))
        self._changed("annotate", image_id)
        return (await self.get(context, image_id)).annotation

    async def delete(self, context: Context, image_id: str) -> None:
        self.faults.strike(self.faults.before, "images.delete")
        await self._made(image_id)
        self._replace(image_id, state=ImageState.PENDING)
        self._passing[image_id] = (self.looks, self.removal_ends)
        self._changed("delete", image_id)

    async def interfaces(self, context: Context, image_id: str) -> int:
        return self.brings

    async def _made(self, image_id: str) -> Image:
        """One image; BUSY while it is being made or removed."""
        found = next((seen for row in self.rows if row.id == image_id and (seen := self._look(row))), None)
        if found is None:
            raise not_found("image", image_id)
        if found.state is ImageState.PENDING:
            raise Error(ErrorKind.BUSY, "The image is locked", resource="image", resource_id=image_id)
        return found

    def _replace(self, image_id: str, **members: object) -> None:
        self.rows = [replace(row, **members) if row.id == image_id else row for row in self.rows]

    def _look(self, seen: Image) -> Image | None:
        if seen.id in self._passing:
            left, then = self._passing.pop(seen.id)
            if left > 1:
                self._passing[seen.id] = (left - 1, then)
            elif then is None:
                self.rows = [row for row in self.rows if row.id != seen.id]
            else:
                self._replace(seen.id, state=then)
        return seen

    def _changed(self, verb: str, image_id: str) -> None:
        self.changes.append((verb, image_id))
        self.faults.strike(self.faults.after, f"images.{verb}")
