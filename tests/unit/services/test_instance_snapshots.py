from __future__ import annotations

import pytest
from msgspec.structs import replace

from deltaic.model.capability import Capability
from deltaic.model.context import Principal
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.image import ImageChanges, ImageState
from deltaic.model.instance import InstanceState
from deltaic.model.instance_snapshot import InstanceSnapshotState
from deltaic.model.secret import Secret
from deltaic.services.captures import CaptureRequest
from deltaic.services.instance_snapshots import SnapshotChanges, SnapshotRequest
from tests.unit.services.conftest import World

S = InstanceState
NOWHERE = "11111111-2222-4333-8444-555555555555"


async def taken(world: World, *names: str) -> list[str]:
    found = []
    for name in names:
        view = await world.services.instance_snapshots.create(world.context, SnapshotRequest("vm-1", name))
        await world.operations.settle()
        found.append(view.snapshot.id)
    return found


async def chain(world: World) -> dict[str, str]:
    views = await world.services.instance_snapshots.list(world.context, "vm-1")
    return {view.snapshot.id: view.previous_id for view in views}


class TestSnapshots:
    async def test_it_is_shown_as_soon_as_it_is_accepted(self, world: World) -> None:
        world.driver.instances.add(S.RUNNING)
        world.driver.instance_snapshots.looks = 1000
        request = SnapshotRequest("vm-1", "first", "words", {"k": "v"})
        view = await world.services.instance_snapshots.create(world.context, request)
        seen = view.snapshot
        assert (seen.name, seen.description, seen.state) == ("first", "words", InstanceSnapshotState.PENDING)
        assert (view.properties, view.latest, view.previous_id) == ({"k": "v"}, True, "")
        await world.operations.settle()
        view = await world.services.instance_snapshots.get(world.context, "vm-1", seen.id)
        assert view.snapshot.state is InstanceSnapshotState.AVAILABLE

    @pytest.mark.parametrize(
        ("able", "state", "memory"),
        [(True, S.RUNNING, True), (True, S.STOPPED, False), (False, S.RUNNING, False), (True, S.STARTING, False)],
    )
    async def test_the_memory_goes_with_it_where_there_is_one(
        self, world: World, able: bool, state: InstanceState, memory: bool
    ) -> None:
        world.driver.instances.add(state)
        world.driver.capability = Capability(instance_snapshots_create_with_memory=able)
        (snapshot_id,) = await taken(world, "")
        row = world.driver.instance_snapshots.rows[snapshot_id]
        assert (row.memory, row.name) == (memory, "Snapshot of name-vm-1")

    async def test_a_chain_loses_its_middle_and_goes_back(self, world: World) -> None:
        world.driver.instances.add(S.STOPPED)
        service = world.services.instance_snapshots
        one, two, three = await taken(world, "one", "two", "three")
        assert await chain(world) == {one: "", two: one, three: two}
        await service.delete(world.context, "vm-1", two)
        # Gone for its owner at once, whatever the cloud still has to do.
        assert await chain(world) == {one: "", three: one}
        await world.operations.settle()
        assert (await chain(world), await service.latest(world.context)) == ({one: "", three: one}, {"vm-1": three})
        await service.restore(world.context, "vm-1", one)
        await world.operations.settle()
        assert (await chain(world), await service.latest(world.context)) == ({one: ""}, {"vm-1": one})
        (four,) = await taken(world, "four")
        assert await chain(world) == {one: "", four: one}

    async def test_names_change_in_the_gateway_alone(self, world: World) -> None:
        world.driver.instances.add(S.STOPPED)
        world.driver.instance_snapshots.add("theirs", name="by hand")
        service = world.services.instance_snapshots
        await service.edit(world.context, "vm-1", "theirs", SnapshotChanges(name="ours", properties={"a": "b"}))
        await service.edit(world.context, "vm-1", "theirs", SnapshotChanges(description="why"))
        view = await service.get(world.context, "vm-1", "theirs")
        assert (view.snapshot.name, view.snapshot.description, view.properties) == ("ours", "why", {"a": "b"})
        assert (await service.latest(world.context), view.previous_id) == ({"vm-1": "theirs"}, "")
        await service.edit(world.context, "vm-1", "theirs", SnapshotChanges(name=""))
        assert (await service.get(world.context, "vm-1", "theirs")).snapshot.name == ""
        with pytest.raises(Error) as caught:
            await service.edit(world.context, "vm-1", "theirs", SnapshotChanges(properties={"": "x"}))
        assert caught.value.kind is ErrorKind.INVALID

    async def test_what_was_removed_in_the_console_is_forgotten(self, world: World) -> None:
        world.driver.instances.add(S.STOPPED)
        one, two, three = await taken(world, "one", "two", "three")
        del world.driver.instance_snapshots.rows[two]
        del world.driver.instance_snapshots.rows[three]
        service = world.services.instance_snapshots
        assert await service.latest(world.context) == {"vm-1": three}
        assert [view.snapshot.id for view in await service.known(world.context)] == [one]
        assert await service.latest(world.context) == {"vm-1": one}
        world.driver.instance_snapshots.rows.clear()
        # In a listing the machine may be out of scope; where it is asked for by itself it is not.
        await service.known(world.context)
        assert await service.latest(world.context) == {"vm-1": one}
        assert await service.list(world.context, "vm-1") == []
        assert await service.latest(world.context) == {}

    async def test_temporary_ones_are_nobodys(self, world: World) -> None:
        world.driver.instances.add(S.STOPPED)
        world.driver.instance_snapshots.add("passing", temporary=True)
        assert await chain(world) == {}
        for attempt in (
            world.services.instance_snapshots.get(world.context, "vm-1", "passing"),
            world.services.instance_snapshots.delete(world.context, "vm-1", "passing"),
            world.services.instance_snapshots.restore(world.context, "vm-1", "passing"),
        ):
            with pytest.raises(Error) as caught:
                await attempt
            assert caught.value.kind is ErrorKind.NOT_FOUND

    async def test_others_have_their_own_view(self, world: World) -> None:
        world.driver.instances.add(S.STOPPED)
        await taken(world, "one")
        other = replace(world.context, principal=Principal("user:x", "x@internal", Secret("p")))
        service = world.services.instance_snapshots
        assert await service.known(other) == []
        (view,) = await service.list(other, "vm-1")
        assert (view.snapshot.name, view.properties) == ("one", {})

    async def test_one_way_back_at_a_time(self, world: World) -> None:
        world.driver.instances.add(S.STOPPED)
        one, two = await taken(world, "one", "two")
        world.driver.instance_snapshots.looks = 1000
        service = world.services.instance_snapshots
        await service.restore(world.context, "vm-1", two)
        await service.restore(world.context, "vm-1", two)
        with pytest.raises(Error) as caught:
            await service.restore(world.context, "vm-1", one)
        assert caught.value.kind is ErrorKind.BUSY
        # What it goes back to is as usable as before.
        view = await service.get(world.context, "vm-1", two)
        assert view.snapshot.state is InstanceSnapshotState.AVAILABLE
        await world.operations.settle()
        assert [flow for flow, _ in world.operations.started].count("instance-restore") == 1


class TestCaptures:
    async def test_a_stopped_machine_has_its_image_at_once(self, world: World) -> None:
        world.driver.instances.add(S.STOPPED)
        request = CaptureRequest("vm-1", "", "My image!", "words", {"a": "b"})
        made = await world.services.captures.create(world.context, request)
        assert (made.id, made.name, made.state) == ("image-1", "My-image", ImageState.PENDING)
        assert (made.annotation.tags, made.annotation.owner) == ({"a": "b"}, "me@internal")
        await world.operations.settle()
        assert [image.id for image in await world.services.captures.list(world.context)] == [
            "img-1",
            "img-2",
            "image-1",
        ]

    async def test_a_running_machines_image_has_an_address_from_the_beginning(self, world: World) -> None:
        world.driver.instances.add(S.RUNNING)
        world.driver.instance_snapshots.looks = 1000
        captures = world.services.captures
        promised = await captures.create(world.context, CaptureRequest("vm-1", name="live"))
        assert (promised.state, promised.name) == (ImageState.PENDING, "live")
        assert await captures.get(world.context, promised.id) == replace(
            promised, created_at=(await captures.get(world.context, promised.id)).created_at
        )
        assert [image.id for image in await captures.list(world.context)][2:] == [promised.id]
        for attempt in (
            captures.delete(world.context, promised.id),
            captures.edit(world.context, promised.id, ImageChanges(name="x")),
        ):
            with pytest.raises(Error) as caught:
                await attempt
            assert caught.value.kind is ErrorKind.BUSY
        await world.operations.settle()
        assert [image.id for image in await captures.list(world.context)][2:] == ["image-1"]
        assert (await captures.get(world.context, promised.id)).id == "image-1"
        await captures.delete(world.context, promised.id)
        with pytest.raises(Error) as caught:
            await captures.get(world.context, "image-1")
        assert caught.value.kind is ErrorKind.NOT_FOUND

    async def test_one_that_never_came_says_why_until_it_is_removed(self, world: World) -> None:
        world.driver.instances.add(S.RUNNING)
        world.driver.images.creation_ends = None
        captures = world.services.captures
        promised = await captures.create(world.context, CaptureRequest("vm-1", name="live"))
        await world.operations.settle()
        assert (await captures.get(world.context, promised.id)).state is ImageState.ERROR
        assert await captures.reason(world.context, promised.id) == "The cloud gave up to make the image"
        await captures.delete(world.context, promised.id)
        with pytest.raises(Error) as caught:
            await captures.get(world.context, promised.id)
        assert caught.value.kind is ErrorKind.NOT_FOUND

    async def test_changes(self, world: World) -> None:
        captures, images = world.services.captures, world.driver.images
        changes = ImageChanges(name="new name", description="new")
        await captures.edit(world.context, "img-1", changes, {"Name": "new name"})
        image = await captures.get(world.context, "img-1")
        assert (image.name, image.description, image.annotation.tags) == ("new-name", "new", {"Name": "new name"})
        await captures.edit(world.context, "img-1", changes, {"Name": "new name"})
        assert [verb for verb, _ in images.changes] == ["update", "update", "annotate"]
        # Names need not be unique here; the cloud's must be.
        await captures.edit(world.context, "img-1", ImageChanges(name="half"), {"Name": "half"})
        image = await captures.get(world.context, "img-1")
        assert (image.name, image.annotation.tags) == ("new-name", {"Name": "half"})

    @pytest.mark.parametrize("image_id", [NOWHERE, "no id", "../x", ""])
    async def test_unknown_ones(self, world: World, image_id: str) -> None:
        for attempt in (
            world.services.captures.get(world.context, image_id),
            world.services.captures.delete(world.context, image_id),
        ):
            with pytest.raises(Error) as caught:
                await attempt
            assert caught.value.kind is ErrorKind.NOT_FOUND

    async def test_an_image_of_nothing(self, world: World) -> None:
        with pytest.raises(Error) as caught:
            await world.services.captures.create(world.context, CaptureRequest(NOWHERE, name="x"))
        assert caught.value.kind is ErrorKind.NOT_FOUND
