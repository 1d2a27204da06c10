"""Images through the driver, each step seen from the other side."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from deltaic.model.annotation import Annotation
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.image import Image, ImageChanges, ImageSpec, ImageState
from deltaic.model.snapshot import Snapshot, SnapshotState
from tests.openstack.driver.conftest import Desk
from tests.openstack.driver.test_volumes import GIB
from tests.openstack.support.tenant import Tenant

NOTHING = "7c1d9a8e-0000-4000-8000-000000000000"
TAGS = {"Name": "A", "name": "b", "a/b": "ä b", "smile": "😀", "empty": "", "long": "x" * 255}


async def taken(desk: Desk, spec: ImageSpec) -> Image:
    first = await desk.driver.images.create(desk.context, spec)

    async def look() -> Image:
        return await desk.driver.images.get(desk.context, first.id)

    return await desk.until(look, lambda seen: seen.state is not ImageState.PENDING)


async def completed(desk: Desk, there: Image, description: str) -> Image:
    """As the gateway does once an image is made."""
    assert (there.description, there.state) == (description[:255], ImageState.AVAILABLE)
    await desk.driver.images.annotate(desk.context, there.id, lambda own: own)
    await desk.driver.images.update(desk.context, there.id, ImageChanges(description=description))
    return await desk.driver.images.get(desk.context, there.id)


async def patched(desk: Desk, image_id: str, **properties: Any) -> None:
    await desk.told(lambda: desk.cloud.image.update_image(image_id, **properties))


@pytest.fixture(scope="module")
def from_volume(project: Tenant) -> Iterator[Any]:
    """A server that starts from a volume made of an image which somebody tagged."""
    cloud = project.cloud
    image = cloud.image.create_image(
        name="tagged", disk_format="raw", container_format="bare", data=b"x", validate_checksum=False,
        **{"Colour": "red", "deltaic:launch": "theirs", "deltaic:id": "theirs"},
    )  # fmt: skip
    volume = cloud.block_storage.create_volume(size=1, name="boot", image_id=image.id)
    cloud.block_storage.wait_for_status(volume, interval=0.3)
    disk = {
        "boot_index": 0, "uuid": volume.id, "source_type": "volume", "destination_type": "volume",
        "delete_on_termination": True,
    }  # fmt: skip
    server = cloud.compute.create_server(
        name="from-volume", flavor_id=project.flavors["m1.tiny"], networks=[{"uuid": project.network_id}],
        block_device_mapping=[disk],
    )  # fmt: skip
    yield cloud.compute.wait_for_server(server, interval=0.3)
    cloud.compute.delete_server(server)
    cloud.compute.wait_for_delete(server, interval=0.3)
    cloud.image.delete_image(image)


async def test_what_is_listed(desk: Desk) -> None:
    mine = desk.tenant.image_id
    found = {one.id: one for one in await desk.driver.images.list(desk.context)}
    told = await desk.told(lambda: {one.id: one.name for one in desk.cloud.image.images()})
    assert {one.id: one.name for one in found.values()} == told
    shown = (found[mine].name, found[mine].state, found[mine].owner, found[mine].data_center_ids)
    assert shown == ("tiny", ImageState.AVAILABLE, desk.tenant.project_id, ("RegionOne",))
    assert [(one.size, one.boot) for one in found[mine].disks] == [(65_536, True)]
    assert await desk.driver.images.list(desk.context, ids=[NOTHING, mine, "no/such id"]) == [found[mine]]
    assert await desk.driver.images.get(desk.context, mine) == found[mine]
    assert await desk.driver.images.interfaces(desk.context, mine) == 0
    for image_id in (NOTHING, "../servers", ""):
        with pytest.raises(Error) as caught:
            await desk.driver.images.get(desk.context, image_id)
        assert (caught.value.kind, caught.value.resource) == (ErrorKind.NOT_FOUND, "image")


async def test_an_image_of_a_running_server(desk: Desk, server: Any) -> None:
    note = Annotation(tags=TAGS, launch="marker-1", owner="ann@Default")
    spec = ImageSpec("picture", server.id, description="d" * 300, annotation=note)
    there = await taken(desk, spec)
    assert there.annotation == note
    there = await completed(desk, there, "d" * 300)
    assert (there.state, there.name, there.description) == (ImageState.AVAILABLE, "picture", "d" * 300)
    assert there.annotation == note
    assert there.disks[0].size >= GIB
    told = await desk.told(desk.cloud.image.get_image, there.id)
    assert (told.properties["deltaic:id"], "deltaic:keys" in told.properties) == (there.id, False)
    assert (told.name, told.status, told.instance_uuid) == ("picture", "active", server.id)
    assert (told.properties["Name"], told.properties["deltaic:launch"]) == ("A", "marker-1")
    assert (await desk.told(desk.cloud.compute.get_server, server.id)).status == "ACTIVE"
    assert await desk.driver.images.find_marked(desk.context, "marker-1") == [there]
    assert await desk.driver.images.find_marked(desk.context, "marker-2") == []
    assert await desk.driver.images.find_marked(desk.context, "") == []
    await changed(desk, there)
    await desk.driver.images.delete(desk.context, there.id)
    with pytest.raises(Error) as caught:
        await desk.driver.images.delete(desk.context, there.id)
    assert (caught.value.kind, caught.value.resource) == (ErrorKind.NOT_FOUND, "image")


async def changed(desk: Desk, there: Image) -> None:
    """Everything that can be changed, while somebody else changes something else."""
    await patched(desk, there.id, By="a person", hw_disk_bus="scsi", os_distro="debian")
    await desk.driver.images.update(desk.context, there.id, ImageChanges("renamed", "changed"))
    after = await desk.driver.images.annotate(
        desk.context, there.id, lambda old: replace(old, tags={"a": "1", **old.tags})
    )
    assert after.tags == {**TAGS, "By": "a person", "a": "1"}
    await desk.driver.images.annotate(desk.context, there.id, lambda old: replace(old, tags={"name": "c"}))
    seen = await desk.driver.images.get(desk.context, there.id)
    assert (seen.name, seen.description, seen.os_type) == ("renamed", "changed", "debian")
    assert seen.annotation == replace(there.annotation, tags={"name": "c"})
    told = await desk.told(desk.cloud.image.get_image, there.id)
    assert told.hw_disk_bus == "scsi"
    mine = {key for key in told.properties if key in {*TAGS, "By", "deltaic:tags"} or key.startswith("deltaic:tag:")}
    assert mine == {"deltaic:tag:name"}


async def test_an_image_that_is_protected(desk: Desk, server: Any) -> None:
    there = await taken(desk, ImageSpec("kept", server.id))
    await patched(desk, there.id, is_protected=True)
    with pytest.raises(Error) as caught:
        await desk.driver.images.delete(desk.context, there.id)
    assert caught.value.kind is ErrorKind.PROTECTED
    await patched(desk, there.id, is_protected=False)
    await desk.driver.images.delete(desk.context, there.id)


async def test_what_is_handed_down_is_not_the_images(desk: Desk, from_volume: Any) -> None:
    there = await taken(desk, ImageSpec("of-volume", from_volume.id, annotation=Annotation(launch="mine")))
    assert there.annotation == Annotation(launch="mine")
    assert [(one.size, one.boot) for one in there.disks] == [(GIB, True)]
    snapshots = await desk.driver.snapshots.list(desk.context)
    assert [one.id for one in snapshots] == [there.disks[0].id]
    theirs = await desk.told(lambda: desk.cloud.compute.create_server_image(from_volume, "theirs", wait=True))
    assert (await desk.driver.images.get(desk.context, theirs.id)).annotation == Annotation(tags={"Colour": "red"})
    assert await desk.driver.images.find_marked(desk.context, "theirs") == []
    for image_id in (there.id, theirs.id):
        await desk.driver.images.delete(desk.context, image_id)

    async def snapshots_left() -> list[Snapshot]:
        return await desk.driver.snapshots.list(desk.context)

    def made(seen: list[Snapshot]) -> bool:
        return all(one.state is SnapshotState.COMPLETED for one in seen)

    for snapshot in await desk.until(snapshots_left, made):
        await desk.driver.snapshots.delete(desk.context, snapshot.id)


@pytest.fixture
async def child(desk: Desk, server: Any) -> AsyncIterator[Any]:
    """A server made of an image of a server; that image has tags, and words."""
    note = Annotation(launch="one", tags={"a": "1"}, reservation="r-1")
    first = await taken(desk, ImageSpec("first", server.id, description="first", annotation=note))
    first = await completed(desk, first, "first")
    compute, tenant = desk.cloud.compute, desk.tenant
    wanted = {"image_id": first.id, "flavor_id": tenant.flavors["m1.tiny"], "networks": [{"uuid": tenant.network_id}]}
    made = await desk.told(lambda: compute.create_server(name="child", **wanted))
    yield await desk.told(lambda: compute.wait_for_server(made, interval=0.3))
    await desk.told(compute.delete_server, made)
    await desk.told(lambda: compute.wait_for_delete(made, interval=0.3))
    assert [one.id for one in await desk.driver.images.find_marked(desk.context, "one")] == [first.id]
    await desk.driver.images.delete(desk.context, first.id)


async def test_what_is_handed_down_to_an_image_that_is_uploaded(desk: Desk, child: Any) -> None:
    """It is never shown, and gone with the first change, which comes as soon as the image is made."""
    note = Annotation(launch="two", tags={"b": "2"})
    begun = await desk.driver.images.create(desk.context, ImageSpec("second", child.id, annotation=note))
    assert (begun.description, begun.annotation) == ("", note)
    there = await desk.until(lambda: tagged(desk, begun.id, soon="1"), lambda seen: seen is not None)
    assert there is not None
    assert (there.state, there.annotation) == (ImageState.AVAILABLE, replace(note, tags={"b": "2", "soon": "1"}))
    properties = (await desk.told(desk.cloud.image.get_image, there.id)).properties
    assert {key for key in properties if key in ("a", "b", "soon") or key.startswith("deltaic:")} == {
        "b", "soon", "deltaic:id", "deltaic:launch",
    }  # fmt: skip
    await desk.driver.images.delete(desk.context, there.id)


async def tagged(desk: Desk, image_id: str, **tags: str) -> Image | None:
    """Try to add tags; None while the image is being made."""
    try:
        await desk.driver.images.annotate(desk.context, image_id, lambda old: replace(old, tags={**old.tags, **tags}))
    except Error as error:
        if error.kind is not ErrorKind.BUSY:
            raise
        return None
    return await desk.driver.images.get(desk.context, image_id)


@pytest.mark.parametrize(
    ("spec", "kind", "field"),
    [
        (ImageSpec("x", NOTHING), ErrorKind.NOT_FOUND, ""),
        (ImageSpec("x" * 256, NOTHING), ErrorKind.INVALID, "name"),
        (ImageSpec("x", NOTHING, "a-snapshot"), ErrorKind.UNSUPPORTED, "snapshot_id"),
    ],
)
async def test_wrong_images(desk: Desk, spec: ImageSpec, kind: ErrorKind, field: str) -> None:
    with pytest.raises(Error) as caught:
        await desk.driver.images.create(desk.context, spec)
    assert (caught.value.kind, caught.value.field) == (kind, field)
