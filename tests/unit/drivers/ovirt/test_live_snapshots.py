"""Snapshots of machines, and images made of them, over real HTTP against the simulator."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from deltaic.drivers.ovirt.instance_snapshots import MARK, description_of, read_description
from deltaic.model.annotation import Annotation
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.image import ImageChanges, ImageSpec, ImageState
from deltaic.model.instance import InstanceChanges, InstanceSpec, InstanceState
from deltaic.model.instance_snapshot import InstanceSnapshotSpec, InstanceSnapshotState
from tests.unit.drivers.ovirt.conftest import DEFAULT, DESKTOP, RUNNING_VM, SERVERS, World

NOWHERE = "00000000-0000-0000-0000-00000000dead"


async def machine(world: World, name: str = "web", *, start: bool = False, **members: Any) -> str:
    return (await world.launched(InstanceSpec(name, DESKTOP, SERVERS, **members), start=start)).id


async def taken(world: World, instance_id: str, name: str, **members: Any) -> str:
    spec = InstanceSnapshotSpec(instance_id, name, marker=f"marker-{name}", **members)
    made = await world.driver.instance_snapshots.create(world.context(), spec)
    world.advance(1)
    world.advance()
    return made.id


async def kind_of(awaitable: Any) -> tuple[ErrorKind, str]:
    with pytest.raises(Error) as caught:
        await awaitable
    return caught.value.kind, caught.value.resource


async def test_a_snapshot_tells_what_it_was_given(world: World) -> None:
    vm, snapshots = await machine(world), world.driver.instance_snapshots
    spec = InstanceSnapshotSpec(vm, "vor dem Umbau – ½ 🙂", 'a "text"', "m-1", temporary=True)
    made = await snapshots.create(world.context(), spec)
    assert (made.state, made.instance_id, made.memory) == (InstanceSnapshotState.PENDING, vm, False)
    world.advance()
    (seen,) = await snapshots.list(world.context(), [vm])
    assert seen == structs.replace(made, state=InstanceSnapshotState.AVAILABLE)
    assert (seen.name, seen.description, seen.marker, seen.temporary) == (spec.name, spec.description, "m-1", True)
    assert await snapshots.get(world.context(), vm, made.id) == seen
    engine = world.engine.get("snapshot", f"{vm}/{made.id}") or world.engine.get("snapshot", made.id)
    assert engine is not None
    assert engine.data["description"].startswith("vor dem Umbau ? ? ? gw1:{")


async def test_memory_is_saved_only_when_asked_for(world: World) -> None:
    vm = await machine(world, start=True)
    await taken(world, vm, "without")
    await taken(world, vm, "with", memory=True)
    found = await world.driver.instance_snapshots.list(world.context(), [vm])
    assert [(one.name, one.memory) for one in found] == [("without", False), ("with", True)]
    assert (await world.driver.instances.get(world.context(), vm)).state is InstanceState.RUNNING


async def test_the_active_snapshot_is_none(world: World) -> None:
    vm, snapshots = await machine(world), world.driver.instance_snapshots
    (active,) = world.engine.children("snapshot", vm)
    assert await snapshots.list(world.context(), [vm]) == []
    assert await kind_of(snapshots.get(world.context(), vm, active.id)) == (ErrorKind.NOT_FOUND, "instance_snapshot")


async def test_what_others_made_has_their_description_as_its_name(world: World) -> None:
    vm = await machine(world)
    made = await world.driver.instance_snapshots.create(world.context(), InstanceSnapshotSpec(vm, "x"))
    entity = next(one for one in world.engine.children("snapshot", vm) if one.id == made.id)
    for description, name in (("by hand", "by hand"), ("broken gw1:{", "broken gw1:{"), ("gw1:[]", "gw1:[]")):
        entity.data["description"] = description
        world.engine.touch(entity)
        (seen,) = await world.driver.instance_snapshots.list(world.context(), [vm])
        assert (seen.name, seen.description, seen.marker) == (name, "", "")


async def test_restore_puts_back_size_and_disks_and_drops_what_came_later(world: World) -> None:
    vm, driver = await machine(world, memory=1 << 30, cpus=2), world.driver
    first = await taken(world, vm, "first")
    await taken(world, vm, "second")
    await driver.instances.update(world.context(), vm, InstanceChanges(memory=2 << 30, cpus=4))
    (attachment,) = world.engine.children("disk_attachment", vm)
    disk = world.engine.get("disk", attachment.id)
    assert disk is not None
    size, image = disk.data["provisioned_size"], disk.data["image_id"]
    disk.data.update(provisioned_size=2 * size)
    await driver.instance_snapshots.restore(world.context(), vm, first)
    again = await kind_of(driver.instance_snapshots.restore(world.context(), vm, first))
    assert again == (ErrorKind.CONFLICT, "instance_snapshot")
    world.advance()
    seen = await driver.instances.get(world.context(), vm)
    assert (seen.state, seen.memory, seen.cpus) == (InstanceState.STOPPED, 1 << 30, 2)
    assert disk.data["provisioned_size"] == size
    assert disk.data["image_id"] != image
    assert [one.id for one in await driver.instance_snapshots.list(world.context(), [vm])] == [first]


@pytest.mark.parametrize(("memory", "way"), [(True, "restoring_state"), (False, "powering_up")])
async def test_a_restored_memory_goes_on_where_it_was(world: World, memory: bool, way: str) -> None:
    vm, driver = await machine(world, start=True), world.driver
    snapshot = await taken(world, vm, "live", memory=True)
    refused = await kind_of(driver.instance_snapshots.restore(world.context(), vm, snapshot))
    assert refused == (ErrorKind.CONFLICT, "instance_snapshot")
    await driver.instances.stop(world.context(), vm, force=True)
    world.advance()
    await driver.instance_snapshots.restore(world.context(), vm, snapshot, memory=memory)
    world.advance()
    await driver.instances.start(world.context(), vm)
    world.advance(0.6)
    entity = world.engine.get("vm", vm)
    assert entity is not None
    assert entity.data["status"] == way


async def test_a_snapshot_is_merged_away(world: World) -> None:
    vm, snapshots = await machine(world), world.driver.instance_snapshots
    first, second = await taken(world, vm, "first"), await taken(world, vm, "second")
    await snapshots.delete(world.context(), vm, first)
    assert (await snapshots.get(world.context(), vm, first)).state is InstanceSnapshotState.PENDING
    assert (await kind_of(snapshots.delete(world.context(), vm, first)))[0] is ErrorKind.BUSY
    assert (await kind_of(snapshots.create(world.context(), InstanceSnapshotSpec(vm, "x"))))[0] is ErrorKind.BUSY
    world.advance()
    assert (await kind_of(snapshots.get(world.context(), vm, first)))[0] is ErrorKind.NOT_FOUND
    assert [one.id for one in await snapshots.list(world.context(), [vm])] == [second]


async def test_a_suspended_machine_has_no_snapshot_taken(world: World) -> None:
    vm, driver = await machine(world, start=True), world.driver
    await driver.instances.suspend(world.context(), vm)
    world.advance()
    refused = await kind_of(driver.instance_snapshots.create(world.context(), InstanceSnapshotSpec(vm, "x")))
    assert refused[0] is ErrorKind.CONFLICT


async def test_other_data_centers_and_wrong_ids_are_not_found(world: World) -> None:
    vm, snapshots = await machine(world), world.driver.instance_snapshots
    snapshot = await taken(world, vm, "here")
    elsewhere = world.context(DEFAULT)
    assert await snapshots.list(elsewhere, [vm]) == []
    assert await snapshots.list(world.context(), [NOWHERE, "no id at all"]) == []
    assert await snapshots.list(world.context(), []) == []
    for attempt in (
        snapshots.get(elsewhere, vm, snapshot),
        snapshots.restore(elsewhere, vm, snapshot),
        snapshots.delete(elsewhere, vm, snapshot),
        snapshots.create(elsewhere, InstanceSnapshotSpec(vm, "x")),
        world.driver.images.create(elsewhere, ImageSpec("x", vm)),
        snapshots.get(world.context(), vm, "../../disks"),
        snapshots.get(world.context(), NOWHERE, snapshot),
    ):
        assert (await kind_of(attempt))[0] is ErrorKind.NOT_FOUND


async def test_snapshots_of_many_machines_cost_one_call(world: World) -> None:
    vms = [await machine(world, f"web-{number}") for number in range(3)]
    for vm in vms:
        await taken(world, vm, "one")
        await taken(world, vm, "two")
    before = world.engine.calls
    found = await world.driver.instance_snapshots.list(world.context(), vms)
    assert sorted((one.instance_id, one.name) for one in found) == sorted((vm, n) for vm in vms for n in ("one", "two"))
    assert world.engine.calls == before + 1
    assert await world.driver.instance_snapshots.list(world.context(), None) == found
    assert world.engine.calls == before + 2
    assert await world.driver.instance_snapshots.list(world.context(DEFAULT), None) == []


async def test_too_long_a_description_is_refused_and_a_mark_is_read_back(world: World) -> None:
    with pytest.raises(Error) as caught:
        description_of(InstanceSnapshotSpec("vm", "n", "d" * 4000))
    assert (caught.value.kind, caught.value.field) == (ErrorKind.INVALID, "description")
    text, mark = read_description(description_of(InstanceSnapshotSpec("vm", f"a{MARK}b", "d", "m")))
    assert (text, mark.name, mark.text, mark.marker) == ("a b", f"a{MARK}b", "d", "m")


async def test_an_image_of_a_stopped_machine(world: World) -> None:
    vm, images = await machine(world), world.driver.images
    spec = ImageSpec("golden", vm, description="ours", annotation=Annotation(launch="image-1", tags={"a": "b"}))
    made = await images.create(world.context(), spec)
    assert (made.state, made.name, made.annotation.tags) == (ImageState.PENDING, "golden", {"a": "b"})
    assert (await world.driver.instances.get(world.context(), vm)).state is InstanceState.LOCKED
    assert [one.id for one in await images.find_marked(world.context(), "image-1")] == [made.id]
    assert await images.find_marked(world.context(), "image") == []
    assert await images.find_marked(world.context(), "") == []
    world.advance()
    seen = await images.get(world.context(), made.id)
    assert (seen.state, seen.description, len(seen.disks)) == (ImageState.AVAILABLE, "ours", 1)
    assert (await kind_of(images.create(world.context(), spec)))[0] is ErrorKind.ALREADY_EXISTS
    await images.update(world.context(), made.id, ImageChanges(name="silver", description=""))
    seen = await images.get(world.context(), made.id)
    assert (seen.name, seen.description, seen.annotation.launch) == ("silver", "", "image-1")
    await images.delete(world.context(), made.id)
    assert (await kind_of(images.delete(world.context(), made.id)))[0] is ErrorKind.BUSY
    world.advance()
    assert (await kind_of(images.get(world.context(), made.id)))[0] is ErrorKind.NOT_FOUND


async def test_an_image_of_a_running_machine_needs_a_snapshot(world: World) -> None:
    vm, images = await machine(world, start=True), world.driver.images
    refused = await kind_of(images.create(world.context(), ImageSpec("live", vm)))
    assert refused == (ErrorKind.CONFLICT, "instance")
    snapshot = await taken(world, vm, "for the image", temporary=True)
    made = await images.create(world.context(), ImageSpec("live", vm, snapshot))
    world.advance()
    assert (await images.get(world.context(), made.id)).state is ImageState.AVAILABLE
    assert (await world.driver.instances.get(world.context(), vm)).state is InstanceState.RUNNING


async def test_an_image_that_machines_depend_on_stays(world: World) -> None:
    used = (await world.driver.instances.get(world.context(), RUNNING_VM)).image_id
    entity = world.engine.get("vm", RUNNING_VM)
    assert entity is not None
    entity.inner["thin"] = True
    refused = await kind_of(world.driver.images.delete(world.context(), used))
    assert refused == (ErrorKind.IN_USE, "image")
