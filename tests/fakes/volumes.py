"""Volumes and snapshots in memory: what passes lasts a number of looks (`get`, `finish`), as with machines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from msgspec.structs import replace

from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind, not_found
from deltaic.model.snapshot import Snapshot, SnapshotChanges, SnapshotSpec, SnapshotState
from deltaic.model.storage_domain import StorageDomain
from deltaic.model.volume import Volume, VolumeAttachment, VolumeChanges, VolumeSpec, VolumeState
from tests.fakes.faults import Faults

DOMAIN = StorageDomain("domain-1", "data1", "dc-1", 1 << 40)


class _Rows:
    """A list of things with ids; `changes` are (verb, id) of what had an effect."""

    noun = ""

    def __init__(self, rows: Sequence[Any] = ()) -> None:
        self.rows = list(rows)
        self.changes: list[tuple[str, str]] = []
        self.faults = Faults()
        self.looks = 2
        #: Whether what is deleted is kept after all.
        self.keeps = False
        self._left: dict[str, int] = {}
        self._leaving: set[str] = set()
        self._markers: dict[str, str] = {}
        #: Marker -> what else it made.
        self.twins: dict[str, list[str]] = {}

    async def list(self, context: Context, *, ids: Sequence[str] = ()) -> Sequence[Any]:
        self.faults.strike(self.faults.before, "list")
        return [row for row in self.rows if not ids or row.id in ids]

    async def get(self, context: Context, wanted: str) -> Any:
        self.faults.strike(self.faults.before, "get")
        return self._look(wanted)

    async def find_marked(self, context: Context, marker: str) -> Sequence[Any]:
        self.faults.strike(self.faults.before, "find_marked")
        return [row for row in self.rows if row.id in (self._markers.get(marker), *self.twins.get(marker, ()))]

    async def delete(self, context: Context, wanted: str) -> None:
        self.faults.strike(self.faults.before, "delete")
        self._free(wanted)
        self._left[wanted] = self.looks
        self._leaving.add(wanted)
        self._changed("delete", wanted)

    def row(self, wanted: str) -> Any:
        found = next((row for row in self.rows if row.id == wanted), None)
        if found is None:
            raise not_found(self.noun, wanted)
        return found

    def put(self, row: Any) -> None:
        self.rows = [row if one.id == row.id else one for one in self.rows]

    def _changed(self, verb: str, wanted: str) -> None:
        self.changes.append((verb, wanted))
        self.faults.strike(self.faults.after, verb)

    def _free(self, wanted: str) -> Any:
        row = self.row(wanted)
        if wanted in self._left:
            self._look(wanted)
            raise Error(ErrorKind.BUSY, "It is locked", resource=self.noun, resource_id=wanted)
        return row

    def _look(self, wanted: str) -> Any:
        row = self.row(wanted)
        if wanted in self._left:
            self._left[wanted] -= 1
            if not self._left[wanted]:
                self._done(wanted)
        return row

    def _done(self, wanted: str) -> None:
        del self._left[wanted]
        if wanted in self._leaving and not self.keeps:
            self.rows = [row for row in self.rows if row.id != wanted]

    def _make(self, marker: str, make: Callable[[str], Any]) -> Any:
        self.faults.strike(self.faults.before, "create")
        if marker not in self._markers:
            made = self._markers[marker] = f"{self.noun}-{len(self._markers) + 1}"
            self.rows.append(make(made))
            self._left[made] = self.looks
            self._changed("create", made)
        return self.row(self._markers[marker])


class FakeVolumes(_Rows):
    """Volumes; attaching needs no machine."""

    noun = "volume"
    state_at_the_end = VolumeState.AVAILABLE

    async def storage_domains(self, context: Context) -> Sequence[StorageDomain]:
        return [DOMAIN]

    async def create(self, context: Context, spec: VolumeSpec) -> Volume:
        def make(made: str) -> Volume:
            return Volume(
                made, spec.name, VolumeState.CREATING, spec.size, description=spec.description,
                instance_id=spec.instance_id, kept=not spec.instance_id, source_id=spec.source_id,
                bootable=spec.bootable, shareable=spec.shareable, data_center_id=spec.data_center_id,
            )  # fmt: skip

        volume: Volume = self._make(spec.marker, make)
        return volume

    async def finish(self, context: Context, volume_id: str, spec: VolumeSpec) -> Volume:
        self.faults.strike(self.faults.before, "finish")
        self._look(volume_id)
        volume: Volume = self.row(volume_id)
        return volume

    async def update(self, context: Context, volume_id: str, changes: VolumeChanges) -> None:
        self.faults.strike(self.faults.before, "update")
        volume = self._free(volume_id)
        members = {name: getattr(changes, name) for name in ("name", "description", "size")}
        self.put(replace(volume, **{name: value for name, value in members.items() if value is not None}))
        self._changed("update", volume_id)

    async def attach(
        self, context: Context, volume_id: str, instance_id: str, *, device: str = "", boot: bool = False,
        active: bool = True, own: bool = False,
    ) -> None:  # fmt: skip
        self.faults.strike(self.faults.before, "attach")
        volume: Volume = self._free(volume_id)
        if any(one.instance_id == instance_id for one in volume.attachments):
            return
        if volume.attachments and not volume.shareable:
            raise Error(ErrorKind.IN_USE, "It is attached elsewhere", resource="volume", resource_id=volume_id)
        new = VolumeAttachment(instance_id, device, boot, active)
        self.put(replace(volume, attachments=(*volume.attachments, new), kept=not own))
        self._changed("attach", volume_id)

    async def detach(self, context: Context, volume_id: str, instance_id: str) -> None:
        self.faults.strike(self.faults.before, "detach")
        volume: Volume = self._free(volume_id)
        left = tuple(one for one in volume.attachments if one.instance_id != instance_id)
        if left != volume.attachments:
            self.put(replace(volume, attachments=left, kept=True))
            self._changed("detach", volume_id)

    def release(self, instance_id: str) -> None:
        """Detach from a machine that goes away."""
        for volume in list(self.rows):
            left = tuple(one for one in volume.attachments if one.instance_id != instance_id)
            if volume.independent and left != volume.attachments:
                self.put(replace(volume, attachments=left))

    def _done(self, wanted: str) -> None:
        super()._done(wanted)
        if wanted not in self._leaving:
            self.put(replace(self.row(wanted), state=self.state_at_the_end))


class FakeSnapshots(_Rows):
    """Snapshots of whatever volume they are asked of."""

    noun = "snapshot"
    state_at_the_end = SnapshotState.COMPLETED
    #: Whether a creation takes tags.
    tags_at_creation = False

    async def create(self, context: Context, spec: SnapshotSpec) -> Snapshot:
        def make(made: str) -> Snapshot:
            return Snapshot(
                made, spec.name, SnapshotState.PENDING, volume_id=spec.volume_id, description=spec.description,
                tags=spec.tags if self.tags_at_creation else {},
            )  # fmt: skip

        snapshot: Snapshot = self._make(spec.marker, make)
        return snapshot

    async def finish(self, context: Context, snapshot_id: str, spec: SnapshotSpec) -> Snapshot:
        self.faults.strike(self.faults.before, "finish")
        self._look(snapshot_id)
        snapshot: Snapshot = self.row(snapshot_id)
        return snapshot

    async def withdraw(self, context: Context, spec: SnapshotSpec) -> None:
        self.faults.strike(self.faults.before, "withdraw")
        self._changed("withdraw", spec.marker)

    async def update(self, context: Context, snapshot_id: str, changes: SnapshotChanges) -> None:
        self.faults.strike(self.faults.before, "update")
        snapshot = self._free(snapshot_id)
        members = {name: getattr(changes, name) for name in ("name", "description", "tags")}
        self.put(replace(snapshot, **{name: value for name, value in members.items() if value is not None}))
        self._changed("update", snapshot_id)

    def _done(self, wanted: str) -> None:
        super()._done(wanted)
        if wanted not in self._leaving:
            self.put(replace(self.row(wanted), state=self.state_at_the_end))
