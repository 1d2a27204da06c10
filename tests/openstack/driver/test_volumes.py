"""Volumes through the driver, each step seen from the other side."""

from __future__ import annotations

from typing import Any

import pytest

from deltaic.model.errors import Error, ErrorKind
from deltaic.model.volume import Volume, VolumeChanges, VolumeSpec, VolumeState
from tests.openstack.driver.conftest import Desk

GIB = 1 << 30


async def made(desk: Desk, spec: VolumeSpec) -> Volume:
    first = await desk.driver.volumes.create(desk.context, spec)

    async def finish() -> Volume:
        return await desk.driver.volumes.finish(desk.context, first.id, spec)

    return await desk.until(finish, lambda seen: seen.state is not VolumeState.CREATING)


async def listed(desk: Desk, volume_id: str) -> Volume:
    return (await desk.driver.volumes.list(desk.context, ids=[volume_id]))[0]


async def removed(desk: Desk, *volume_ids: str) -> None:
    for volume_id in volume_ids:
        await desk.driver.volumes.delete(desk.context, volume_id)

    async def left() -> list[Volume]:
        return await desk.driver.volumes.list(desk.context, ids=volume_ids)

    await desk.until(left, lambda seen: not seen)


async def forgotten(desk: Desk, server: Any) -> None:
    """Wait until compute, too, knows of no volume in a server: block storage has it back before."""

    async def seen() -> list[Any]:
        return list(await desk.told(lambda: list(desk.cloud.compute.volume_attachments(server.id))))

    await desk.until(seen, lambda left: not left)


async def detached(desk: Desk, volume_id: str, server_id: str) -> None:
    """Have it detached, though it may be changing hands."""

    async def accepted() -> bool:
        try:
            await desk.driver.volumes.detach(desk.context, volume_id, server_id)
        except Error as error:
            if error.kind is not ErrorKind.BUSY:
                raise
            return False
        return True

    await desk.until(accepted, bool)


async def refused(desk: Desk, spec: VolumeSpec) -> Error:
    with pytest.raises(Error) as caught:
        await desk.driver.volumes.create(desk.context, spec)
    return caught.value


async def test_life(desk: Desk) -> None:
    spec = VolumeSpec("data", GIB + 1, "of Ann", bootable=True, zone_id="nova", marker="m-1")
    there = await made(desk, spec)
    seen = await desk.told(desk.cloud.block_storage.get_volume, there.id)
    assert (seen.name, seen.size, seen.description, seen.status) == ("data", 2, "of Ann", "available")
    assert (seen.is_bootable, seen.availability_zone, there.zone_id) == (True, "nova", "nova")
    assert (there.size, there.bootable, there.kept, there.data_center_id) == (2 * GIB, True, True, "RegionOne")
    assert there.created_at is not None
    assert there.storage_domain_id == (await desk.driver.volumes.storage_domains(desk.context))[0].id
    assert (await desk.driver.volumes.create(desk.context, spec)).id == there.id
    await removed(desk, there.id)
    assert not [one for one in await desk.told(lambda: list(desk.cloud.block_storage.volumes())) if one.id == there.id]
    with pytest.raises(Error) as caught:
        await desk.driver.volumes.delete(desk.context, there.id)
    assert (caught.value.kind, caught.value.resource) == (ErrorKind.NOT_FOUND, "volume")


async def test_changes(desk: Desk) -> None:
    there = await made(desk, VolumeSpec("first", GIB, "old", marker="m-2"))
    tags = {"Name": "A", "name": "b", "a/b+ä": "1", "long": "x" * 255, "smile": "😀", "": "", "readonly": "mine"}
    await desk.driver.volumes.update(desk.context, there.id, VolumeChanges(name="second", size=2 * GIB, tags=tags))

    async def look() -> Volume:
        return await desk.driver.volumes.get(desk.context, there.id)

    seen = await desk.until(look, lambda one: one.size == 2 * GIB and one.state is VolumeState.AVAILABLE)
    assert (seen.name, seen.description, seen.tags) == ("second", "old", tags)
    other = await desk.told(desk.cloud.block_storage.get_volume, there.id)
    assert (other.name, other.size, other.metadata["Name"]) == ("second", 2, "A")
    await desk.told(lambda: desk.cloud.block_storage.set_volume_metadata(other, by="a person"))
    await desk.driver.volumes.update(desk.context, there.id, VolumeChanges(description="", tags={"name": "c"}))
    seen = await look()
    assert (seen.description, seen.tags) == ("", {"name": "c"})
    other = await desk.told(desk.cloud.block_storage.get_volume, there.id)
    assert sorted(other.metadata) == ["deltaic:made", "name"]
    with pytest.raises(Error) as caught:
        await desk.driver.volumes.update(desk.context, there.id, VolumeChanges(size=GIB))
    assert (caught.value.kind, caught.value.field) == (ErrorKind.INVALID, "size")
    await removed(desk, there.id)


async def test_copies(desk: Desk) -> None:
    source = await made(desk, VolumeSpec("source", GIB, marker="m-3"))
    copy = await made(desk, VolumeSpec("copy", 2 * GIB, "a copy", source_id=source.id, marker="m-4"))
    same = await made(desk, VolumeSpec("same", source_id=source.id, marker="m-5"))
    assert (copy.size, copy.source_id, copy.name, same.size) == (2 * GIB, source.id, "copy", GIB)
    seen = await desk.told(desk.cloud.block_storage.get_volume, copy.id)
    assert (seen.source_volume_id, seen.size, seen.name) == (source.id, 2, "copy")
    small = await refused(desk, VolumeSpec("small", GIB, source_id=copy.id))
    assert (small.kind, small.field) == (ErrorKind.INVALID, "size")
    await removed(desk, source.id, copy.id, same.id)


@pytest.mark.parametrize(
    ("spec", "kind", "field"),
    [
        (VolumeSpec("x", -1), ErrorKind.INVALID, "size"),
        (VolumeSpec("x", 1 << 62), ErrorKind.INVALID, "size"),
        (VolumeSpec("x" * 256, GIB), ErrorKind.INVALID, "name"),
        (VolumeSpec("x", GIB, format="cow"), ErrorKind.INVALID, "format"),
        (VolumeSpec("x", 5000 * GIB), ErrorKind.QUOTA, ""),
        (VolumeSpec("x", GIB, storage_domain_id="nowhere"), ErrorKind.NOT_FOUND, "storage_domain_id"),
        (VolumeSpec("x", source_id="no/such id"), ErrorKind.NOT_FOUND, "source_id"),
    ],
)
async def test_wrong_volumes(desk: Desk, spec: VolumeSpec, kind: ErrorKind, field: str) -> None:
    error = await refused(desk, spec)
    assert (error.kind, error.field) == (kind, field), error.message
    assert await desk.driver.volumes.list(desk.context) == []


async def test_in_a_machine(desk: Desk, server: Any) -> None:
    there = await made(desk, VolumeSpec("data", GIB, marker="m-6"))
    driver, attachments = desk.driver.volumes, desk.cloud.compute.volume_attachments
    await driver.attach(desk.context, there.id, server.id, device="/dev/sdf")
    await driver.attach(desk.context, there.id, server.id)
    assert [one.instance_id for one in (await listed(desk, there.id)).attachments] == [server.id]

    async def plugged() -> Volume:
        return await listed(desk, there.id)

    seen = await desk.until(plugged, lambda one: not one.attachments[0].pending)
    told = (await desk.told(lambda: list(attachments(server.id))))[0]
    plug = seen.attachments[0]
    assert (plug.device, plug.boot, plug.active) == (told.device, False, True)
    assert plug.device != "/dev/sdf"
    assert plug.attached_at is not None
    assert (seen.kept, seen.independent, told.delete_on_termination) == (True, True, False)
    with pytest.raises(Error) as caught:
        await driver.delete(desk.context, there.id)
    assert caught.value.kind is ErrorKind.IN_USE
    await driver.update(desk.context, there.id, VolumeChanges(size=2 * GIB))
    await desk.until(plugged, lambda one: one.size == 2 * GIB)
    await driver.detach(desk.context, there.id, server.id)
    await detached(desk, there.id, server.id)
    seen = await desk.until(plugged, lambda one: not (one.attachments or one.leaving))
    assert (seen.kept, seen.state) == (True, VolumeState.AVAILABLE)
    await forgotten(desk, server)
    await removed(desk, there.id)


async def test_a_disk_of_a_machine(desk: Desk, server: Any) -> None:
    there = await made(desk, VolumeSpec("own", GIB, instance_id=server.id, marker="m-7"))
    assert (there.independent, there.instance_id) == (False, server.id)
    await desk.driver.volumes.attach(desk.context, there.id, server.id, own=True)
    seen = await listed(desk, there.id)
    assert (seen.independent, seen.instance_id) == (False, server.id)
    told = (await desk.told(lambda: list(desk.cloud.compute.volume_attachments(server.id))))[0]
    assert told.delete_on_termination is True

    async def look() -> Volume:
        return await listed(desk, there.id)

    await desk.until(look, lambda one: not one.attachments[0].pending)
    await desk.driver.volumes.detach(desk.context, there.id, server.id)
    seen = await desk.until(look, lambda one: not (one.attachments or one.leaving))
    assert (seen.independent, seen.kept, seen.instance_id) == (True, True, "")
    await forgotten(desk, server)
    with pytest.raises(Error) as caught:
        await desk.driver.volumes.attach(desk.context, there.id, server.id, own=True)
    assert caught.value.kind is ErrorKind.CONFLICT
    await removed(desk, there.id)


async def test_attaching_what_is_not_there(desk: Desk, server: Any) -> None:
    there = await made(desk, VolumeSpec("data", GIB, marker="m-8"))
    nothing = "7c1d9a8e-0000-4000-8000-000000000000"
    for volume_id, server_id, noun in ((nothing, server.id, "volume"), (there.id, nothing, "instance")):
        with pytest.raises(Error) as caught:
            await desk.driver.volumes.attach(desk.context, volume_id, server_id)
        assert (caught.value.kind, caught.value.resource) == (ErrorKind.NOT_FOUND, noun)
    await desk.driver.volumes.detach(desk.context, there.id, server.id)
    await removed(desk, there.id)
