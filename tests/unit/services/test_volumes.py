"""Volumes and snapshots as callers see them while flows are at work."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from deltaic.model.annotation import Annotation, Want
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.image import Image, ImageState
from deltaic.model.instance import InstanceState
from deltaic.model.snapshot import SnapshotSpec
from deltaic.model.volume import Volume, VolumeAttachment, VolumeSpec, VolumeState, VolumeWish
from deltaic.model.zone import DataCenter
from deltaic.services.launch import LaunchRequest
from deltaic.services.networks import NetworkRequest
from tests.fakes.driver import DATA_CENTER
from tests.unit.services.conftest import World


def busy() -> Error:
    return Error(ErrorKind.BUSY, "locked")


async def refusal(verb: object) -> ErrorKind:
    with pytest.raises(Error) as caught:
        await verb  # type: ignore[misc]
    return caught.value.kind


async def test_a_volume_is_answered_when_the_cloud_accepted_it(world: World) -> None:
    made = await world.services.volumes.create(world.context, VolumeSpec("data", 5), {"a": "b"})
    assert (made.state, made.name) == (VolumeState.CREATING, "data")
    assert await world.store.resource_tags.get([made.id]) == {made.id: {"a": "b"}}
    await world.operations.settle()
    assert (await world.services.volumes.list(world.context, [made.id]))[0].state is VolumeState.AVAILABLE


async def test_without_a_place_a_volume_is_where_networks_are_whatever_images_there_are(world: World) -> None:
    far = [Image(f"far-{number}", "far", ImageState.AVAILABLE, data_center_ids=("dc-0",)) for number in range(5)]
    world.driver.images.rows = far
    world.driver.zones.centers = [DataCenter("dc-0", "far"), DATA_CENTER]
    volume = await world.services.volumes.create(world.context, VolumeSpec("data", 5))
    network = await world.services.networks.create(world.context, NetworkRequest("lan"))
    assert (volume.data_center_id, network.data_center_id) == (DATA_CENTER.id, DATA_CENTER.id)


@pytest.mark.parametrize("size", [0, -1])
async def test_a_volume_needs_a_size(world: World, size: int) -> None:
    assert await refusal(world.services.volumes.create(world.context, VolumeSpec("data", size))) is ErrorKind.INVALID
    assert world.operations.started == []


async def test_what_is_removed_shows_it_at_once(world: World) -> None:
    world.driver.volumes.rows = [Volume("x", "x", VolumeState.AVAILABLE, 1), Volume("y", "y", VolumeState.AVAILABLE, 1)]
    world.driver.volumes.faults.before["delete"].append(busy())
    await world.services.volumes.delete(world.context, "x")
    seen = {one.id: one.state for one in await world.services.volumes.list(world.context)}
    assert seen == {"x": VolumeState.DELETING, "y": VolumeState.AVAILABLE}
    await world.operations.settle()
    assert [one.id for one in await world.services.volumes.list(world.context)] == ["y"]
    assert await refusal(world.services.volumes.delete(world.context, "x")) is ErrorKind.NOT_FOUND


async def test_an_attached_volume_is_not_removed_and_a_machines_own_disk_is(world: World) -> None:
    plug = (VolumeAttachment("vm-1"),)
    world.driver.volumes.rows = [
        Volume("x", "x", VolumeState.AVAILABLE, 1, attachments=plug, kept=True),
        Volume("own", "own", VolumeState.AVAILABLE, 1, attachments=plug, instance_id="vm-1"),
    ]
    assert await refusal(world.services.volumes.delete(world.context, "x")) is ErrorKind.IN_USE
    assert world.operations.started == []
    await world.services.volumes.delete(world.context, "own")
    await world.operations.settle()
    assert [one.id for one in world.driver.volumes.rows] == ["x"]


async def test_attachments_that_wait_for_a_lock_are_shown(world: World) -> None:
    world.driver.instances.add(instance_id="vm-1")
    world.driver.volumes.rows = [Volume("x", "x", VolumeState.AVAILABLE, 1)]
    world.driver.volumes.faults.before["attach"].append(busy())
    attached = await world.services.volumes.attach(world.context, "x", "vm-1", device="/dev/vdb")
    assert attached.attachments == (VolumeAttachment("vm-1", "/dev/vdb", active=False, pending=True),)
    seen = (await world.services.volumes.list(world.context))[0]
    assert ([one.instance_id for one in seen.attachments], seen.independent) == (["vm-1"], True)
    await world.operations.settle()
    locked = world.driver.volumes.faults.before["detach"]
    locked += [busy()] * 10_000
    await world.services.volumes.detach(world.context, "x", "vm-1")
    (seen,) = await world.services.volumes.list(world.context)
    assert (seen.attachments, [one.instance_id for one in seen.leaving]) == ((), ["vm-1"])
    locked.clear()
    await world.operations.settle()
    (seen,) = await world.services.volumes.list(world.context)
    assert (seen.attachments, seen.leaving) == ((), ())
    await world.services.volumes.attach(world.context, "x", "vm-1")
    assert [verb for verb, _ in world.driver.volumes.changes] == ["attach", "detach", "attach"]


async def test_the_last_word_wins_while_an_attachment_waits_for_a_lock(world: World) -> None:
    world.driver.instances.add(instance_id="vm-1")
    world.driver.volumes.rows = [Volume("x", "x", VolumeState.AVAILABLE, 1)]
    world.driver.volumes.faults.before["attach"].extend(busy() for _ in range(20))
    await world.services.volumes.attach(world.context, "x", "vm-1")
    await world.services.volumes.detach(world.context, "x", "vm-1")
    await world.operations.settle()
    assert [verb for verb, _ in world.driver.volumes.changes] == ["attach", "detach"]
    assert (await world.services.volumes.list(world.context))[0].attachments == ()


async def test_a_machine_that_is_being_removed_gets_none(world: World) -> None:
    world.driver.instances.add(instance_id="vm-1", annotation=Annotation(want=Want.TERMINATED))
    world.driver.volumes.rows = [Volume("x", "x", VolumeState.AVAILABLE, 1)]
    assert await refusal(world.services.volumes.attach(world.context, "x", "vm-1")) is ErrorKind.CONFLICT
    spec = VolumeSpec("own", 5, instance_id="vm-1")
    assert await refusal(world.services.volumes.create(world.context, spec)) is ErrorKind.CONFLICT
    assert world.operations.started == []


async def test_a_suspended_machine_gets_no_new_disk(world: World) -> None:
    world.driver.instances.add(InstanceState.SUSPENDED, "vm-1")
    spec = VolumeSpec("own", 5, instance_id="vm-1")
    assert await refusal(world.services.volumes.create(world.context, spec)) is ErrorKind.CONFLICT
    assert world.operations.started == []


async def test_snapshots(world: World) -> None:
    made = await world.services.snapshots.create(world.context, SnapshotSpec("x", "Monday"))
    await world.operations.settle()
    assert [one.id for one in await world.services.snapshots.list(world.context, [made.id])] == [made.id]
    world.driver.snapshots.faults.before["delete"].append(busy())
    await world.services.snapshots.delete(world.context, made.id)
    assert await world.services.snapshots.list(world.context) == []
    await world.operations.settle()
    assert world.driver.snapshots.rows == []


@pytest.mark.parametrize(
    ("wishes", "kind"),
    [
        ((VolumeWish("nowhere"),), ErrorKind.NOT_FOUND),
        ((VolumeWish("taken"),), ErrorKind.IN_USE),
        ((VolumeWish("free"), VolumeWish("free")), ErrorKind.IN_USE),
        ((VolumeWish(spec=VolumeSpec("new")),), ErrorKind.INVALID),
    ],
)
async def test_a_launch_needs_volumes_that_can_be_had(
    world: World, wishes: tuple[VolumeWish, ...], kind: ErrorKind
) -> None:
    taken = (VolumeAttachment("vm-7"),)
    world.driver.volumes.rows = [
        Volume("taken", "taken", VolumeState.AVAILABLE, 1, attachments=taken),
        Volume("free", "free", VolumeState.AVAILABLE, 1),
    ]
    assert await refusal(world.services.instances.launch(world.context, LaunchRequest("img-1", volumes=wishes))) is kind
    assert world.driver.instances.machines == {}


async def test_one_volume_is_not_for_two_machines(world: World) -> None:
    world.driver.volumes.rows = [Volume("free", "free", VolumeState.AVAILABLE, 1)]
    request = LaunchRequest("img-1", max_count=2, volumes=(VolumeWish("free"),))
    assert await refusal(world.services.instances.launch(world.context, request)) is ErrorKind.IN_USE


async def test_a_launch_whose_answer_was_lost_meets_its_own_volume(world: World) -> None:
    world.driver.volumes.rows = [Volume("free", "free", VolumeState.AVAILABLE, 1)]
    request = LaunchRequest("img-1", volumes=(VolumeWish("free"),), client_token="token")
    launch = world.services.instances.launch
    first = await launch(world.context, request)
    await world.operations.settle()
    (volume,) = world.driver.volumes.rows
    assert [one.instance_id for one in volume.attachments] == [first[0].instance.id]
    for key, record in world.store.idempotency.rows.items():
        world.store.idempotency.rows[key] = replace(record, result=b"")
    again = await launch(world.context, request)
    assert again[0].instance.id == first[0].instance.id
    assert len(world.driver.instances.machines) == 1
    other = replace(request, client_token="other")
    assert await refusal(launch(world.context, other)) is ErrorKind.IN_USE
