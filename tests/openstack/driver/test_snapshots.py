"""Snapshots through the driver, each step seen from the other side."""

from __future__ import annotations

from typing import Any

import pytest

from deltaic.model.errors import Error, ErrorKind
from deltaic.model.snapshot import Snapshot, SnapshotChanges, SnapshotSpec, SnapshotState
from deltaic.model.volume import VolumeSpec
from tests.openstack.driver.conftest import Desk
from tests.openstack.driver.test_volumes import GIB, listed, made, refused, removed


async def taken(desk: Desk, spec: SnapshotSpec) -> Snapshot:
    first = await desk.driver.snapshots.create(desk.context, spec)

    async def finish() -> Snapshot:
        return await desk.driver.snapshots.finish(desk.context, first.id, spec)

    return await desk.until(finish, lambda seen: seen.state is not SnapshotState.PENDING)


async def dropped(desk: Desk, snapshot_id: str) -> None:
    await desk.driver.snapshots.delete(desk.context, snapshot_id)

    async def left() -> list[Snapshot]:
        return await desk.driver.snapshots.list(desk.context, ids=[snapshot_id])

    await desk.until(left, lambda seen: not seen)


async def test_life(desk: Desk) -> None:
    source = await made(desk, VolumeSpec("source", GIB, bootable=True, marker="s-1"))
    spec = SnapshotSpec(source.id, "before", "the change", marker="s-2")
    there = await taken(desk, spec)
    told = await desk.told(desk.cloud.block_storage.get_snapshot, there.id)
    assert (told.name, told.description, told.volume_id, told.status) == (
        "before",
        "the change",
        source.id,
        "available",
    )
    assert (there.size, there.volume_id, there.state, there.bootable) == (GIB, source.id, SnapshotState.COMPLETED, True)
    assert there.created_at is not None
    assert (await desk.driver.snapshots.create(desk.context, spec)).id == there.id
    assert await desk.driver.snapshots.list(desk.context) == [there]
    with pytest.raises(Error) as caught:
        await desk.driver.volumes.delete(desk.context, source.id)
    assert (caught.value.kind, there.id in caught.value.message) == (ErrorKind.IN_USE, True)
    copy = await made(desk, VolumeSpec("copy", 2 * GIB, source_id=there.id, marker="s-3"))
    assert (copy.size, copy.source_id) == (2 * GIB, there.id)
    assert (await desk.told(desk.cloud.block_storage.get_volume, copy.id)).snapshot_id == there.id
    bigger = await taken(desk, SnapshotSpec(copy.id, "bigger", marker="s-4", bootable=False))
    assert (bigger.size, bigger.bootable) == (2 * GIB, False)
    small = await refused(desk, VolumeSpec("small", GIB, source_id=bigger.id))
    assert (small.kind, small.field) == (ErrorKind.INVALID, "size")
    for snapshot_id in (there.id, bigger.id):
        await dropped(desk, snapshot_id)
    with pytest.raises(Error) as caught:
        await desk.driver.snapshots.delete(desk.context, there.id)
    assert (caught.value.kind, caught.value.resource) == (ErrorKind.NOT_FOUND, "snapshot")
    await removed(desk, source.id, copy.id)


async def test_changes(desk: Desk) -> None:
    source = await made(desk, VolumeSpec("source", GIB, marker="s-5"))
    there = await taken(desk, SnapshotSpec(source.id, "first", "old", marker="s-6"))
    tags = {"Name": "A", "name": "b", "a/b": "ä b", "b": ""}
    await desk.driver.snapshots.update(desk.context, there.id, SnapshotChanges(name="second", bootable=True, tags=tags))
    seen = await desk.driver.snapshots.get(desk.context, there.id)
    assert (seen.name, seen.description, seen.bootable, seen.tags) == ("second", "old", True, tags)
    told = await desk.told(desk.cloud.block_storage.get_snapshot, there.id)
    assert (told.name, told.metadata["Name"], told.metadata["deltaic:tag:a:2Fb"]) == ("second", "A", "ä b")
    await desk.driver.snapshots.update(desk.context, there.id, SnapshotChanges(description="", bootable=False, tags={}))
    seen = await desk.driver.snapshots.get(desk.context, there.id)
    assert (seen.description, seen.bootable, seen.tags) == ("", False, {})
    told = await desk.told(desk.cloud.block_storage.get_snapshot, there.id)
    assert list(told.metadata) == ["deltaic:made"]
    await dropped(desk, there.id)
    await removed(desk, source.id)


async def test_of_a_volume_in_use(desk: Desk, server: Any) -> None:
    source = await made(desk, VolumeSpec("source", GIB, marker="s-7"))
    await desk.driver.volumes.attach(desk.context, source.id, server.id)
    spec = SnapshotSpec(source.id, "in use", marker="s-8")
    try:
        early = (await desk.driver.snapshots.create(desk.context, spec)).id
    except Error as error:
        if error.kind is not ErrorKind.BUSY:
            raise
        early = ""

    async def plugged() -> Any:
        return await listed(desk, source.id)

    await desk.until(plugged, lambda one: not one.attachments[0].pending)
    there = await taken(desk, spec)
    assert (there.state, there.size) == (SnapshotState.COMPLETED, GIB)
    # Where the cloud was faster than the question, that snapshot is this one.
    assert early in ("", there.id)
    await desk.driver.volumes.detach(desk.context, source.id, server.id)
    await desk.until(plugged, lambda one: not (one.attachments or one.leaving))
    await dropped(desk, there.id)
    await removed(desk, source.id)


async def test_of_nothing(desk: Desk) -> None:
    wanted = SnapshotSpec("7c1d9a8e-0000-4000-8000-000000000000", "none", marker="s-9")
    with pytest.raises(Error) as caught:
        await desk.driver.snapshots.create(desk.context, wanted)
    assert (caught.value.kind, caught.value.resource) == (ErrorKind.NOT_FOUND, "volume")
    await desk.driver.snapshots.withdraw(desk.context, wanted)
    assert await desk.driver.snapshots.list(desk.context) == []
