"""The life of volumes and snapshots over real HTTP against the simulator."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from deltaic.drivers.ovirt import wire
from deltaic.drivers.ovirt.disk_mark import DiskMark, body_of, mark_of, name_of
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.snapshot import SnapshotChanges, SnapshotSpec, SnapshotState
from deltaic.model.volume import Volume, VolumeAttachment, VolumeChanges, VolumeSpec, VolumeState
from tests.unit.drivers.ovirt.conftest import BARCELONA, DEFAULT, RUNNING_VM, STOPPED_VM, World

GIB = 1 << 30
NOWHERE = "00000000-0000-0000-0000-00000000dead"


async def made(world: World, name: str = "data", **members: Any) -> Volume:
    """A volume past its creation."""
    members = {"size": GIB, "marker": f"m-{name}", "created_at": 1_790_000_000, **members}
    volume = await world.driver.volumes.create(world.context(), VolumeSpec(name, **members))
    world.advance()
    return volume


async def listed(world: World, volume_id: str) -> Volume:
    return (await world.driver.volumes.list(world.context(), ids=[volume_id]))[0]


def stored(world: World, volume_id: str) -> dict[str, Any]:
    """The disk as the engine has it."""
    disk = world.engine.get("disk", volume_id)
    assert disk is not None
    return disk.data


async def refusal(verb: Any) -> tuple[ErrorKind, str]:
    with pytest.raises(Error) as caught:
        await verb
    return caught.value.kind, caught.value.field


async def test_from_nothing_to_nothing(world: World) -> None:
    volumes, context = world.driver.volumes, world.context()
    spec = VolumeSpec("My data", 10**9, "of Ann", bootable=True, marker="m-1", created_at=1_790_000_000)
    new = await volumes.create(context, spec)
    assert (new.state, new.name, new.description, new.size) == (VolumeState.CREATING, "My data", "of Ann", 10**9)
    assert (await volumes.create(context, spec)).id == new.id
    assert await refusal(volumes.delete(context, new.id)) == (ErrorKind.BUSY, "")
    world.advance()
    there = await volumes.finish(context, new.id, spec)
    assert (there.state, there.kept, there.independent, there.bootable) == (VolumeState.AVAILABLE, True, True, True)
    assert there.created_at is not None
    assert there.created_at.timestamp() == 1_790_000_000
    assert stored(world, new.id)["alias"] == "My-data"
    await volumes.update(context, new.id, VolumeChanges(name="other", description="", size=2 * GIB, device="/dev/vdb"))
    changed = await volumes.get(context, new.id)
    assert (changed.name, changed.description, changed.size) == ("other", "", 2 * GIB)
    assert changed.created_at == there.created_at
    assert await refusal(volumes.update(context, new.id, VolumeChanges(size=GIB))) == (ErrorKind.INVALID, "size")
    await volumes.delete(context, new.id)
    world.advance()
    assert await refusal(volumes.get(context, new.id)) == (ErrorKind.NOT_FOUND, "")


@pytest.mark.parametrize(
    ("asked", "size"), [(1000, 1 << 20), (1024 * 1000, 1 << 20), (10**9, 10**9), (GIB + 1, GIB + 512)]
)
async def test_sizes_are_rounded_up_to_what_can_be_made(world: World, asked: int, size: int) -> None:
    assert (await made(world, size=asked)).size == size


@pytest.mark.parametrize(
    ("members", "refused"),
    [
        ({"size": 0}, (ErrorKind.INVALID, "size")),
        ({"size": -5}, (ErrorKind.INVALID, "size")),
        ({"size": 1 << 62}, (ErrorKind.INVALID, "size")),
        ({"format": "vmdk"}, (ErrorKind.INVALID, "format")),
        ({"format": "cow", "shareable": True}, (ErrorKind.INVALID, "format")),
        ({"storage_domain_id": "nowhere"}, (ErrorKind.NOT_FOUND, "storage_domain_id")),
        ({"storage_domain_id": "data1"}, (ErrorKind.NOT_FOUND, "storage_domain_id")),
        ({"source_id": NOWHERE}, (ErrorKind.NOT_FOUND, "")),
        ({"description": "x" * 500}, (ErrorKind.INVALID, "description")),
        ({"name": "x" * 200}, (ErrorKind.INVALID, "name")),
    ],
)
async def test_what_can_not_be_made(world: World, members: dict[str, Any], refused: tuple[ErrorKind, str]) -> None:
    assert await refusal(made(world, **{"name": "data", **members})) == refused


async def test_a_domain_by_name_and_a_shared_volume(world: World) -> None:
    domain = (await world.driver.volumes.storage_domains(world.context()))[0]
    assert domain.name == "bcn-data1"
    volume = await made(world, storage_domain_id="bcn-data1", shareable=True)
    assert (volume.storage_domain_id, volume.shareable, volume.format) == (domain.id, True, "raw")


async def test_another_data_center_does_not_see_it(world: World) -> None:
    volume = await made(world)
    assert await refusal(world.driver.volumes.get(world.context("Default"), volume.id)) == (ErrorKind.NOT_FOUND, "")
    assert await refusal(world.driver.volumes.delete(world.context("Default"), volume.id)) == (ErrorKind.NOT_FOUND, "")


async def test_a_scope_of_all_data_centers_tells_in_which_one_each_volume_is(world: World) -> None:
    everywhere = world.context("")
    centers = {}
    for domain, center in (("bcn-data1", BARCELONA), ("data1", DEFAULT)):
        spec = VolumeSpec(domain, GIB, marker=f"m-{domain}", created_at=1_790_000_000, storage_domain_id=domain)
        new = await world.driver.volumes.create(everywhere, spec)
        world.advance()
        centers[new.id] = center
    listed = {one.id: one.data_center_id for one in await world.driver.volumes.list(everywhere)}
    assert {volume: listed[volume] for volume in centers} == centers
    assert "" not in listed.values()
    for volume, center in centers.items():
        assert (await world.driver.volumes.get(everywhere, volume)).data_center_id == center


@pytest.mark.parametrize("vm", [RUNNING_VM, STOPPED_VM])
async def test_attached_and_detached_twice(world: World, vm: str) -> None:
    volumes, context = world.driver.volumes, world.context()
    volume = await made(world)
    for _ in range(2):
        await volumes.attach(context, volume.id, vm, device="/dev/vdb")
    seen = await listed(world, volume.id)
    assert seen.attachments == (VolumeAttachment(vm, "/dev/vdb", False, True),)
    assert seen.independent is True
    other = STOPPED_VM if vm == RUNNING_VM else RUNNING_VM
    assert (await refusal(volumes.attach(context, volume.id, other)))[0] is ErrorKind.IN_USE
    for _ in range(2):
        await volumes.detach(context, volume.id, vm)
    assert (await listed(world, volume.id)).attachments == ()


async def test_attaching_needs_both(world: World) -> None:
    volumes, context = world.driver.volumes, world.context()
    volume = await made(world)
    assert (await refusal(volumes.attach(context, volume.id, NOWHERE)))[0] is ErrorKind.NOT_FOUND
    assert (await refusal(volumes.attach(context, NOWHERE, RUNNING_VM)))[0] is ErrorKind.NOT_FOUND
    fresh = await volumes.create(context, VolumeSpec("fresh", GIB, marker="f"))
    assert (await refusal(volumes.attach(context, fresh.id, RUNNING_VM)))[0] is ErrorKind.BUSY


async def test_a_passing_state_is_only_a_matter_of_time(world: World) -> None:
    volume = await made(world)
    await world.driver.instances.start(world.context(), STOPPED_VM)
    assert (await refusal(world.driver.volumes.attach(world.context(), volume.id, STOPPED_VM)))[0] is ErrorKind.BUSY
    world.advance()
    await world.driver.volumes.attach(world.context(), volume.id, STOPPED_VM)
    await world.driver.instances.suspend(world.context(), STOPPED_VM)
    world.advance()
    assert (await refusal(world.driver.volumes.detach(world.context(), volume.id, STOPPED_VM)))[0] is ErrorKind.CONFLICT


async def test_a_foreign_disk_that_is_attached_here_stands_for_itself(world: World) -> None:
    volume = await made(world)
    stored(world, volume.id)["description"] = "made by hand"
    await world.driver.volumes.attach(world.context(), volume.id, STOPPED_VM)
    seen = await listed(world, volume.id)
    assert (seen.kept, seen.description) == (True, "made by hand")
    assert stored(world, volume.id)["description"].startswith('made by hand gw1:{"kind":"volume"')


async def test_a_machines_own_disk_goes_with_it_and_volumes_stay(world: World) -> None:
    volumes, context = world.driver.volumes, world.context()
    kept, own = await made(world, "kept"), await made(world, "own", instance_id=STOPPED_VM)
    assert (own.instance_id, own.independent) == (STOPPED_VM, False)
    await volumes.attach(context, kept.id, STOPPED_VM)
    await volumes.attach(context, own.id, STOPPED_VM, own=True)
    attached = [
        one for one in await volumes.list(context) if any(at.instance_id == STOPPED_VM for at in one.attachments)
    ]
    assert {one.id: one.independent for one in attached if one.id in (kept.id, own.id)} == {
        kept.id: True,
        own.id: False,
    }
    await world.driver.instances.delete(context, STOPPED_VM)
    world.advance()
    left = {one.id for one in await volumes.list(context)}
    assert kept.id in left
    assert not left & {one.id for one in attached if not one.independent}
    assert stored(world, kept.id)["status"] == "ok"


async def test_machine_snapshots_that_hold_a_volume_go_before_the_machine(world: World) -> None:
    volumes, instances, context = world.driver.volumes, world.driver.instances, world.context()
    kept = await made(world, "kept")
    await volumes.attach(context, kept.id, STOPPED_VM)
    snapshots = f"vms/{STOPPED_VM}/snapshots"
    client = world.driver._client  # type: ignore[attr-defined]
    for name in ("one", "two"):
        await client.create(context, snapshots, {"description": name}, wire.Ref)
        world.advance()
    assert (await refusal(volumes.detach(context, kept.id, STOPPED_VM)))[0] is ErrorKind.CONFLICT
    for _ in range(2):
        assert (await refusal(instances.delete(context, STOPPED_VM)))[0] is ErrorKind.BUSY
        world.advance()
    await instances.delete(context, STOPPED_VM)
    world.advance()
    assert (await listed(world, kept.id)).attachments == ()


async def test_a_snapshot_and_a_volume_from_it(world: World) -> None:
    volumes, snapshots, context = world.driver.volumes, world.driver.snapshots, world.context()
    volume = await made(world, "data", bootable=True)
    spec = SnapshotSpec(volume.id, "Monday's", "before", marker="s-1", created_at=1_790_000_100)
    taken = await snapshots.create(context, spec)
    assert (taken.state, taken.volume_id, taken.size) == (SnapshotState.PENDING, volume.id, GIB)
    assert (await snapshots.create(context, spec)).id == taken.id
    assert [one.id for one in await snapshots.list(context)] == [taken.id]
    assert taken.id not in {one.id for one in await volumes.list(context)}
    world.advance()
    assert (await snapshots.get(context, taken.id)).state is SnapshotState.PENDING
    there = await snapshots.finish(context, taken.id, spec)
    assert (there.state, there.name, there.description) == (SnapshotState.COMPLETED, "Monday's", "before")
    assert (there.volume_id, there.bootable) == (volume.id, True)
    await snapshots.update(context, taken.id, SnapshotChanges(name="Tuesday", description=""))
    renamed = await snapshots.get(context, taken.id)
    assert (renamed.name, renamed.description, renamed.created_at) == ("Tuesday", "", there.created_at)
    await volumes.delete(context, volume.id)
    world.advance()

    wanted = VolumeSpec("restored", 2 * GIB, "again", source_id=taken.id, marker="r-1", created_at=1_790_000_200)
    copy = await volumes.create(context, wanted)
    assert (copy.state, copy.name, copy.source_id) == (VolumeState.CREATING, "restored", taken.id)
    assert (await volumes.create(context, wanted)).id == copy.id
    assert [one.id for one in await snapshots.list(context)] == [taken.id]
    world.advance()
    done = await volumes.finish(context, copy.id, wanted)
    assert (done.state, done.size, done.description) == (VolumeState.AVAILABLE, 2 * GIB, "again")
    assert (done.kept, done.source_id) == (True, taken.id)
    assert (await refusal(volumes.get(context, taken.id)))[0] is ErrorKind.NOT_FOUND
    assert (await refusal(snapshots.get(context, copy.id)))[0] is ErrorKind.NOT_FOUND
    await snapshots.delete(context, taken.id)
    world.advance()
    assert await snapshots.list(context) == []


async def test_a_copy_is_not_smaller_than_its_source(world: World) -> None:
    volume = await made(world)
    assert await refusal(made(world, "small", size=GIB - 1, source_id=volume.id)) == (ErrorKind.INVALID, "size")


def test_marks_keep_the_persons_text_and_read_the_older_form() -> None:
    old = wire.Disk("d", alias="x", description='gw1:{"kind":"snapshot","volume":"v","created":5,"text":"mine"}')
    assert mark_of(old) == DiskMark("snapshot", source="v", created=5, text="mine")
    mark = DiskMark("volume", made="abc", text="two words\nand é")
    body = body_of("Ann's ☃ disk", mark, "d")
    assert body["alias"] == "Ann-s-disk"
    assert body["description"].isascii() is False
    assert "☃" not in body["description"]
    disk = wire.Disk("d", alias=body["alias"], description=body["description"])
    assert name_of(disk, mark_of(disk)) == "Ann's ☃ disk"
    assert mark_of(disk).text == "two words\nand é"
    assert name_of(structs.replace(disk, alias="renamed"), mark_of(disk)) == "renamed"


@pytest.mark.parametrize("text", ["gw1:{", "gw1:[]", 'gw1:{"kind":5}', "a gw1: b", 'gw1:{"x":' + "[" * 9000])
def test_what_is_no_mark_is_the_persons_text(text: str) -> None:
    assert mark_of(wire.Disk("d", alias="x", description=text)) == DiskMark(text=text)


async def test_a_snapshot_of_a_volume_in_use_goes_by_a_helper_that_goes_again(world: World) -> None:
    volumes, snapshots, context = world.driver.volumes, world.driver.snapshots, world.context()
    volume = await made(world)
    await volumes.attach(context, volume.id, RUNNING_VM)
    machines = {vm.id for vm in world.engine.all("vm")}
    spec = SnapshotSpec(volume.id, "live", "while it runs", marker="s-9", created_at=1_790_000_100)
    for _ in range(2):
        assert (await refusal(snapshots.create(context, spec)))[0] is ErrorKind.BUSY
    world.advance()
    taken = await snapshots.create(context, spec)
    assert (taken.state, taken.volume_id) == (SnapshotState.PENDING, volume.id)
    assert (await snapshots.create(context, spec)).id == taken.id
    helpers = [vm for vm in world.engine.all("vm") if vm.id not in machines]
    assert len(helpers) == 1
    assert helpers[0].id not in {one.id for one in await world.driver.instances.list(context)}
    assert {one.id for one in await volumes.list(context) if one.independent} >= {volume.id}
    for _ in range(6):
        assert (await snapshots.finish(context, taken.id, spec)).state is SnapshotState.PENDING
        world.advance()
        if not [one for one in world.engine.children("snapshot", RUNNING_VM) if one.data["snapshot_type"] != "active"]:
            break
    done = await snapshots.finish(context, taken.id, spec)
    assert (done.state, done.name, done.description) == (SnapshotState.COMPLETED, "live", "while it runs")
    assert {vm.id for vm in world.engine.all("vm")} == machines
    assert stored(world, taken.id)["status"] == "ok"
    assert (await listed(world, volume.id)).attachments[0].instance_id == RUNNING_VM
    await volumes.detach(context, volume.id, RUNNING_VM)


async def test_what_a_failed_copy_left_is_taken_away(world: World) -> None:
    volumes, snapshots, context = world.driver.volumes, world.driver.snapshots, world.context()
    volume = await made(world)
    await volumes.attach(context, volume.id, RUNNING_VM)
    spec = SnapshotSpec(volume.id, "live", marker="s-9", created_at=1_790_000_100)
    assert (await refusal(snapshots.create(context, spec)))[0] is ErrorKind.BUSY
    for _ in range(2):
        assert (await refusal(snapshots.withdraw(context, spec)))[0] is ErrorKind.BUSY
        world.advance()
    await snapshots.withdraw(context, spec)
    left = [one.data["snapshot_type"] for one in world.engine.children("snapshot", RUNNING_VM)]
    assert left == ["active"]


async def test_what_a_marker_made_is_found(world: World) -> None:
    volumes, snapshots, context = world.driver.volumes, world.driver.snapshots, world.context()
    empty = await volumes.create(context, VolumeSpec("data", GIB, marker="m-1", created_at=1_790_000_000))
    world.advance()
    (found,) = await volumes.find_marked(context, "m-1")
    assert (found.id, found.state) == (empty.id, VolumeState.AVAILABLE)
    copy = await volumes.create(context, VolumeSpec("copy", GIB, marker="m-2", source_id=empty.id))
    world.advance()
    (found,) = await volumes.find_marked(context, "m-2")
    # Nobody finished it.
    assert (found.id, found.state) == (copy.id, VolumeState.CREATING)
    taken = await snapshots.create(context, SnapshotSpec(empty.id, "now", marker="m-3"))
    assert [one.id for one in await snapshots.find_marked(context, "m-3")] == [taken.id]
    for marker in ("", "m-3", "m"):
        assert await volumes.find_marked(context, marker) == []
    for marker in ("", "m-1", "m"):
        assert await snapshots.find_marked(context, marker) == []
