"""Whatever is done to machines and their disks, no volume is lost with them and nothing of theirs is left behind."""

from __future__ import annotations

import pytest

from deltaic.drivers.ovirt import wire
from deltaic.drivers.ovirt.disk_mark import DiskMark, body_of
from deltaic.model.errors import ErrorKind
from deltaic.model.instance_snapshot import InstanceSnapshotSpec
from deltaic.model.snapshot import SnapshotSpec, SnapshotState
from tests.unit.drivers.ovirt.conftest import RUNNING_VM, SERVERS, STOPPED_VM, World
from tests.unit.drivers.ovirt.test_live_volumes import NOWHERE, listed, made, refusal, stored


async def test_a_machine_is_not_brought_back_while_it_has_a_volume_that_would_be_lost(world: World) -> None:
    volumes, snapshots, context = world.driver.volumes, world.driver.instance_snapshots, world.context()
    held, later = await made(world, "held"), await made(world, "later")
    own = await made(world, "own", instance_id=STOPPED_VM)
    await volumes.attach(context, held.id, STOPPED_VM)
    taken = await snapshots.create(context, InstanceSnapshotSpec(STOPPED_VM, "first"))
    world.advance()
    await volumes.attach(context, own.id, STOPPED_VM, own=True)
    await volumes.attach(context, later.id, STOPPED_VM)
    assert (await refusal(snapshots.restore(context, STOPPED_VM, taken.id)))[0] is ErrorKind.CONFLICT
    await volumes.detach(context, later.id, STOPPED_VM)
    await snapshots.restore(context, STOPPED_VM, taken.id)
    world.advance()
    left = {one.id: [at.instance_id for at in one.attachments] for one in await volumes.list(context)}
    assert (left[held.id], left[later.id], own.id in left) == ([STOPPED_VM], [], False)


@pytest.mark.parametrize("text", ["gw1:{}", 'mine gw1:{"kind":"disk"}', 'gw1:{"kind":"disk","machine":"m"} and more'])
async def test_a_text_that_looks_like_a_mark_does_not_unmake_a_volume(world: World, text: str) -> None:
    volume = await made(world, description=text)
    seen = await listed(world, volume.id)
    assert (seen.kept, seen.description, seen.instance_id) == (True, text, "")
    await world.driver.volumes.attach(world.context(), volume.id, STOPPED_VM)
    await world.driver.instances.delete(world.context(), STOPPED_VM)
    world.advance()
    assert (await listed(world, volume.id)).attachments == ()


async def test_a_machines_disk_that_was_attached_as_a_volume_meanwhile_is_not_marked_back(world: World) -> None:
    volumes, context = world.driver.volumes, world.context()
    taken = await made(world, "taken", instance_id=STOPPED_VM)
    await volumes.attach(context, taken.id, RUNNING_VM)
    assert (await refusal(volumes.attach(context, taken.id, STOPPED_VM, own=True)))[0] is ErrorKind.CONFLICT
    assert (await listed(world, taken.id)).kept is True
    await world.driver.instances.stop(context, RUNNING_VM, force=True)
    world.advance()
    await world.driver.instances.delete(context, RUNNING_VM)
    world.advance()
    assert (await listed(world, taken.id)).attachments == ()


async def test_a_refused_attachment_leaves_another_machines_own_disk_its_own(world: World) -> None:
    volumes, context = world.driver.volumes, world.context()
    own = await made(world, "own", instance_id=STOPPED_VM)
    await volumes.attach(context, own.id, STOPPED_VM, own=True)
    before = stored(world, own.id)["description"]
    assert (await refusal(volumes.attach(context, own.id, RUNNING_VM)))[0] is ErrorKind.IN_USE
    assert stored(world, own.id)["description"] == before


@pytest.mark.parametrize("kind", ["snapshot", "disk"])
async def test_what_is_anothers_does_not_go_with_a_machine_that_a_person_gave_it_to(world: World, kind: str) -> None:
    disk = await made(world)
    mark = DiskMark(kind, machine=RUNNING_VM if kind == "disk" else "", source=NOWHERE if kind == "snapshot" else "")
    stored(world, disk.id)["description"] = body_of("x", mark, disk.id)["description"]
    client = world.driver._client  # type: ignore[attr-defined]
    body = {"disk": {"id": disk.id}, "interface": "virtio", "active": "true", "bootable": "false"}
    await client.create(world.context(), f"vms/{STOPPED_VM}/diskattachments", body, wire.DiskAttachment)
    await world.driver.instances.delete(world.context(), STOPPED_VM)
    world.advance()
    assert stored(world, disk.id)["status"] == "ok"


async def test_a_copied_machines_disks_go_with_it_though_their_marks_name_the_first_machine(world: World) -> None:
    volumes, context = world.driver.volumes, world.context()
    own, copied = await made(world, "own", instance_id=RUNNING_VM), await made(world, "copied")
    await volumes.attach(context, own.id, RUNNING_VM, own=True)
    stored(world, copied.id)["description"] = stored(world, own.id)["description"]
    client = world.driver._client  # type: ignore[attr-defined]
    body = {"disk": {"id": copied.id}, "interface": "virtio", "active": "true", "bootable": "false"}
    await client.create(context, f"vms/{STOPPED_VM}/diskattachments", body, wire.DiskAttachment)
    await world.driver.instances.delete(context, STOPPED_VM)
    world.advance()
    assert world.engine.get("disk", copied.id) is None
    assert stored(world, own.id)["status"] == "ok"


async def test_a_helper_takes_no_volume_along_that_somebody_gave_it(world: World) -> None:
    volumes, snapshots, context = world.driver.volumes, world.driver.snapshots, world.context()
    volume, other = await made(world), await made(world, "other")
    await volumes.attach(context, volume.id, RUNNING_VM)
    machines = {vm.id for vm in world.engine.all("vm")}
    spec = SnapshotSpec(volume.id, "live", marker="s-9", created_at=1_790_000_100)
    assert (await refusal(snapshots.create(context, spec)))[0] is ErrorKind.BUSY
    world.advance()
    taken = await snapshots.create(context, spec)
    world.advance()
    [helper] = [vm.id for vm in world.engine.all("vm") if vm.id not in machines]
    client = world.driver._client  # type: ignore[attr-defined]
    body = {"disk": {"id": other.id}, "interface": "virtio", "active": "true", "bootable": "false"}
    await client.create(context, f"vms/{helper}/diskattachments", body, wire.DiskAttachment)
    assert (await snapshots.finish(context, taken.id, spec)).state is SnapshotState.PENDING
    world.advance()
    assert {vm.id for vm in world.engine.all("vm")} == machines
    assert (stored(world, other.id)["status"], stored(world, taken.id)["status"]) == ("ok", "ok")


async def test_the_copy_of_a_disk_is_not_what_the_disk_is(world: World) -> None:
    volumes, context = world.driver.volumes, world.context()
    volume = await made(world, description="Ann's")
    await volumes.attach(context, volume.id, STOPPED_VM)
    client = world.driver._client  # type: ignore[attr-defined]
    template = await client.create(context, "templates", {"name": "t", "vm": {"id": STOPPED_VM}}, wire.Ref)
    world.advance()
    body = {"name": "copied", "cluster": {"id": SERVERS}, "template": {"id": template.id}}
    machine = await client.create(context, "vms", body, wire.Ref)
    world.advance()
    own = [one for one in await volumes.list(context) if any(at.instance_id == machine.id for at in one.attachments)]
    assert len(own) == 2
    assert {one.independent for one in own} == {False}
    assert "Ann's" in {one.description for one in own}
    await world.driver.instances.delete(context, machine.id)
    world.advance()
    assert not {one.id for one in own} & {one.id for one in await volumes.list(context)}
    assert (await listed(world, volume.id)).attachments[0].instance_id == STOPPED_VM
