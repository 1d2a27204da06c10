"""Block storage's snapshots: the cloud keeps a volume as long as it has one."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from msgspec import structs

from deltaic.drivers.openstack.by_ids import of_ids, or_none
from deltaic.drivers.openstack.client import Client, segment
from deltaic.drivers.openstack.disk_mark import (
    BOOTABLE,
    FOREIGN,
    MADE,
    DiskMark,
    DiskMetadata,
    made_by,
    made_query,
    mark_items,
    mark_of,
    members,
    require_text,
    texts_of,
)
from deltaic.drivers.openstack.disks import DiskReader
from deltaic.drivers.openstack.errors import Subject
from deltaic.drivers.openstack.metadata import tag_items, tags_of
from deltaic.drivers.openstack.storage import GIB, SERVICE
from deltaic.drivers.openstack.times import moment
from deltaic.drivers.openstack.volume_states import (
    require_memory,
    require_rest,
    require_snapshot_rest,
    require_sound,
    snapshot_state,
)
from deltaic.drivers.openstack.wire_storage import Snapshot, SnapshotAnswer, Snapshots
from deltaic.model import snapshot as neutral
from deltaic.model.context import Context
from deltaic.model.snapshot import SnapshotChanges, SnapshotSpec

#: Until this microversion a snapshot of a volume in use has to be forced; later that word is refused.
UNFORCED: Final = "3.66"


class SnapshotReader:
    """Reads snapshots. Source page: Block Storage API v3, "List snapshots and details"."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def all(self, context: Context, **query: str) -> list[Snapshot]:
        """The project's snapshots that the query finds."""
        return await self._client.pages(
            context, SERVICE, "snapshots/detail", Snapshots, lambda page: page.snapshots, query=query
        )

    async def one(self, context: Context, snapshot_id: str) -> Snapshot:
        """One snapshot of the project."""
        path, subject = f"snapshots/{segment(snapshot_id)}", Subject("snapshot", snapshot_id)
        return (await self._client.read(context, SERVICE, path, SnapshotAnswer, subject=subject)).snapshot

    async def or_none(self, context: Context, snapshot_id: str) -> Snapshot | None:
        """One snapshot, or None when there is none."""
        return await or_none(self.one(context, snapshot_id))

    async def some(self, context: Context, ids: Sequence[str]) -> list[Snapshot]:
        """Those of `ids` that there are."""
        return await of_ids(ids, partial(self.one, context), partial(self.all, context))

    async def of_volume(self, context: Context, volume_id: str) -> list[Snapshot]:
        """The snapshots of a volume."""
        return [one for one in await self.all(context, volume_id=volume_id) if one.volume_id == volume_id]

    async def marked(self, context: Context, made: str) -> list[Snapshot]:
        """What a creation made before; nothing for no mark. Old clouds don't look for metadata and answer them all."""
        found = await self.all(context, **made_query(made)) if made else []
        return [one for one in found if one.metadata.get(MADE) == made]


class OpenstackSnapshots:
    """Snapshots of the project. Source page: Block Storage API v3, "Volume snapshots"."""

    def __init__(self, client: Client, reader: SnapshotReader, volumes: DiskReader) -> None:
        self._client = client
        self._reader = reader
        self._volumes = volumes
        self._metadata = DiskMetadata(client, "snapshot")

    async def list(self, context: Context, *, ids: Sequence[str] = ()) -> builtins.list[neutral.Snapshot]:
        """List the project's snapshots by name."""
        found = await (self._reader.some(context, ids) if ids else self._reader.all(context))
        return sorted((snapshot_of(one) for one in found), key=lambda one: (one.name, one.id))

    async def get(self, context: Context, snapshot_id: str) -> neutral.Snapshot:
        """Read one snapshot."""
        return snapshot_of(await self._reader.one(context, snapshot_id))

    async def find_marked(self, context: Context, marker: str) -> Sequence[neutral.Snapshot]:
        """Find the snapshots that this marker made."""
        return [snapshot_of(one) for one in await self._reader.marked(context, made_by(marker))]

    async def create(self, context: Context, spec: SnapshotSpec) -> neutral.Snapshot:
        """Make a snapshot, of a volume in use too."""
        require_text("snapshot", name=spec.name, description=spec.description)
        made = made_by(spec.marker)
        found = next(iter(await self._reader.marked(context, made)), None)
        if found is None:
            found = await self._create(context, spec, made)
        return snapshot_of(found)

    async def finish(self, context: Context, snapshot_id: str, spec: SnapshotSpec) -> neutral.Snapshot:
        """Nothing is left to do."""
        return await self.get(context, snapshot_id)

    async def withdraw(self, context: Context, spec: SnapshotSpec) -> None:
        """Nothing is left behind beside the snapshot."""

    async def update(self, context: Context, snapshot_id: str, changes: SnapshotChanges) -> None:
        """Change members."""
        require_text("snapshot", name=changes.name, description=changes.description)
        found = await self._reader.one(context, snapshot_id)
        if changes.tags is not None or changes.bootable is not None:
            require_memory(found)
        body = texts_of(found, changes)
        if body:
            await self._client.update(
                context, SERVICE, f"snapshots/{segment(snapshot_id)}", {"snapshot": body}, SnapshotAnswer,
                subject=Subject("snapshot", snapshot_id),
            )  # fmt: skip
        if changes.tags is not None:
            await self._metadata.tag(context, found.id, found.metadata, changes.tags)
        await self._mark(context, found, changes.bootable)

    async def delete(self, context: Context, snapshot_id: str) -> None:
        """Remove a snapshot; volumes made from it stay where the storage can do without it."""
        found = await self._reader.one(context, snapshot_id)
        if found.status == "deleting":
            return
        require_snapshot_rest(found)
        path, subject = f"snapshots/{segment(snapshot_id)}", Subject("snapshot", snapshot_id)
        await self._client.remove(context, SERVICE, path, subject=subject)

    async def _create(self, context: Context, spec: SnapshotSpec, made: str) -> Snapshot:
        volume = await self._volumes.one(context, spec.volume_id)
        require_rest(volume)
        require_sound(volume)
        bootable = volume.bootable if spec.bootable is None else spec.bootable
        body: dict[str, Any] = members(
            volume_id=volume.id,
            name=spec.name,
            description=spec.description,
            metadata=tag_items(spec.tags, FOREIGN) | mark_items(DiskMark(made=made, bootable=bootable)),
        )
        if volume.attachments and not await self._client.supports(context, SERVICE, UNFORCED):
            body["force"] = True
        subject = Subject("volume", volume.id)
        answer = await self._client.create(
            context, SERVICE, "snapshots", {"snapshot": body}, SnapshotAnswer, subject=subject
        )
        return answer.snapshot

    async def _mark(self, context: Context, found: Snapshot, bootable: bool | None) -> None:
        mark = mark_of(found.metadata)
        if bootable is None or bootable == mark.bootable:
            return
        if bootable:
            await self._metadata.set(context, found.id, mark_items(structs.replace(mark, bootable=True)))
        else:
            await self._metadata.remove(context, found.id, BOOTABLE)


def snapshot_of(snapshot: Snapshot) -> neutral.Snapshot:
    """The neutral form of a snapshot."""
    mark = mark_of(snapshot.metadata)
    return neutral.Snapshot(
        id=snapshot.id,
        name=snapshot.name or "",
        state=snapshot_state(snapshot),
        size=snapshot.size * GIB,
        volume_id=snapshot.volume_id or "",
        description=snapshot.description or "",
        created_at=moment(snapshot.created_at),
        tags=tags_of(snapshot.metadata, FOREIGN),
        bootable=mark.bootable,
        made=mark.made,
    )
