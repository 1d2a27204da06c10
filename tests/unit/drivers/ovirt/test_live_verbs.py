"""The life of an instance over real HTTP against the simulator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from msgspec import structs

from deltaic.drivers.ovirt.interface_plan import InterfacePlan
from deltaic.model.annotation import Annotation, Want
from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.instance import InstanceChanges, InstanceSpec, InstanceState
from tests.unit.drivers.ovirt.conftest import DESKTOP, RUNNING_VM, SERVERS, STOPPED_VM, World

NOWHERE = "00000000-0000-0000-0000-00000000dead"
SCRIPT = b"#!/bin/sh\necho \xff hello\n"


def spec(name: str = "web-1", **members: Any) -> InstanceSpec:
    members.setdefault("annotation", Annotation(want=Want.RUNNING, launch=f"launch-{name}:0"))
    return InstanceSpec(name, DESKTOP, SERVERS, **members)


async def test_from_nothing_to_nothing(world: World) -> None:
    instances, context = world.driver.instances, world.context()
    made = await instances.create(context, spec(description="a web server", annotation=Annotation(
        tags={"Name": "Web é"}, want=Want.RUNNING, launch="l-1:0", key_name="k", owner="1")))  # fmt: skip
    assert (made.state, made.name, made.zone_id, made.image_id) == (InstanceState.CREATING, "web-1", SERVERS, DESKTOP)
    assert (made.annotation.tags, made.description) == ({"Name": "Web é"}, "a web server")
    world.advance()
    created = await instances.get(context, made.id)
    assert (created.state, len(created.nics), len(created.disks)) == (InstanceState.STOPPED, 1, 1)
    await instances.start(context, made.id)
    assert (await instances.get(context, made.id)).state is InstanceState.STARTING
    world.advance()
    running = await instances.get(context, made.id)
    assert (running.state, len(running.addresses)) == (InstanceState.RUNNING, 1)
    await instances.reboot(context, made.id)
    world.advance()
    await instances.suspend(context, made.id)
    world.advance()
    assert (await instances.get(context, made.id)).state is InstanceState.SUSPENDED
    await instances.start(context, made.id)
    world.advance()
    await instances.stop(context, made.id)
    assert (await instances.get(context, made.id)).state is InstanceState.STOPPING
    world.advance()
    await instances.stop(context, made.id)
    await instances.annotate(context, made.id, lambda old: structs.replace(old, want=Want.TERMINATED))
    await instances.delete(context, made.id)
    assert (await instances.get(context, made.id)).state is InstanceState.DELETING
    world.advance()
    with pytest.raises(Error) as caught:
        await instances.get(context, made.id)
    assert caught.value.kind is ErrorKind.NOT_FOUND
    assert made.id not in {one.id for one in await instances.list(context)}


async def test_a_paused_start_and_its_end(world: World) -> None:
    instances, context = world.driver.instances, world.context()
    made = await world.launched(spec(), start=False)
    await instances.start(context, made.id, paused=True)
    assert (await instances.get(context, made.id)).state is InstanceState.STARTING
    world.advance()
    assert (await instances.get(context, made.id)).state is InstanceState.PAUSED
    await instances.start(context, made.id)
    world.advance()
    assert (await instances.get(context, made.id)).state is InstanceState.RUNNING


async def test_size_type_and_protection(world: World) -> None:
    tiny = (await world.driver.instance_types.list(world.context()))[0]
    typed = await world.launched(spec("typed", instance_type_id=tiny.id), start=False)
    assert (typed.instance_type_id, typed.memory, typed.cpus) == (tiny.id, tiny.memory, 1)
    sized = await world.launched(spec("sized", memory=256 << 20, cpus=3, delete_protected=True), start=False)
    assert (sized.memory, sized.cpus, sized.delete_protected) == (256 << 20, 3, True)
    with pytest.raises(Error) as caught:
        await world.driver.instances.delete(world.context(), sized.id)
    assert caught.value.kind is ErrorKind.PROTECTED


@pytest.mark.parametrize(
    ("change", "kind", "field"),
    [
        ({"image_id": NOWHERE}, ErrorKind.NOT_FOUND, "image_id"),
        ({"image_id": "Blank"}, ErrorKind.NOT_FOUND, "image_id"),
        ({"zone_id": NOWHERE}, ErrorKind.INVALID, "zone_id"),
        ({"zone_id": "99408929-82cf-4dc7-a532-9d998063fa95"}, ErrorKind.INVALID, "zone_id"),
        ({"instance_type_id": NOWHERE}, ErrorKind.NOT_FOUND, "instance_type_id"),
        ({"network_ids": (NOWHERE,)}, ErrorKind.NOT_FOUND, "network_ids"),
        ({"name": "a b"}, ErrorKind.INVALID, "name"),
        ({"name": "x" * 65}, ErrorKind.INVALID, "name"),
        ({"name": "ec2_machine"}, ErrorKind.ALREADY_EXISTS, "name"),
        ({"user_data": b"\x00" * 7000}, ErrorKind.INVALID, "user_data"),
    ],
)
async def test_wrong_arguments(world: World, change: dict[str, Any], kind: ErrorKind, field: str) -> None:
    before = len(world.engine.all("vm"))
    with pytest.raises(Error) as caught:
        await world.driver.instances.create(world.context(), structs.replace(spec(), **change))
    assert (caught.value.kind, caught.value.field) == (kind, field)
    assert len(world.engine.all("vm")) == before


async def test_creation_is_found_by_its_marker(world: World) -> None:
    kept = Annotation(key_name="a machine that nobody launched")
    await world.driver.instances.annotate(world.context(), STOPPED_VM, lambda _: kept)
    made = await world.driver.instances.create(world.context(), spec())
    found = await world.driver.instances.find_launch(world.context(), "launch-web-1:0")
    assert [one.id for one in found] == [made.id]
    assert list(await world.driver.instances.find_launch(world.context(), "launch-web-1:")) == []
    assert list(await world.driver.instances.find_launch(world.context(), "")) == []
    assert list(await world.driver.instances.find_launch(world.context("Default"), "launch-web-1:0")) == []


@pytest.mark.parametrize(
    "data", [SCRIPT, b"#cloud-config\npackages:\n- git\n", b"\x00binary", b"#!/bin/sh\n" + b"#" * 16000, b""]
)
async def test_user_data_comes_back(world: World, data: bytes) -> None:
    made = await world.launched(spec(user_data=data, host_name="web", authorized_keys=("ssh-rsa A a",)), start=False)
    assert await world.driver.instances.user_data(world.context(), made.id) == data


async def test_user_data_changes_with_the_rest_kept(world: World) -> None:
    instances, context = world.driver.instances, world.context()
    made = await world.launched(spec(user_data=SCRIPT, host_name="web", authorized_keys=("ssh-rsa A a",)), start=False)
    for data in (b"\x01\x02", b"#cloud-config\na: 1\n", SCRIPT, b"", b"\x03"):
        await instances.update(context, made.id, InstanceChanges(user_data=data))
        assert await instances.user_data(context, made.id) == data
    data = world.engine.get("vm", made.id)
    assert data is not None
    assert data.data["initialization"]["host_name"] == "web"


async def test_changes(world: World) -> None:
    instances, context = world.driver.instances, world.context()
    small = (await world.driver.instance_types.list(context))[1]
    await instances.update(context, STOPPED_VM, InstanceChanges(
        name="renamed", description="d", delete_protected=True, instance_type_id=small.id,
        annotation=Annotation(tags={"a": "b"})))  # fmt: skip
    found = await instances.get(context, STOPPED_VM)
    assert (found.name, found.description, found.delete_protected) == ("renamed", "d", True)
    assert (found.instance_type_id, found.memory, found.annotation.tags) == (small.id, small.memory, {"a": "b"})
    await instances.update(context, STOPPED_VM, InstanceChanges(delete_protected=False, memory=512 << 20, cpus=4))
    found = await instances.get(context, STOPPED_VM)
    assert (found.delete_protected, found.cpus) == (False, 4)


@pytest.mark.parametrize(
    "changes", [InstanceChanges(user_data=b"x"), InstanceChanges(memory=1 << 30), InstanceChanges(instance_type_id="x")]
)
async def test_changes_a_running_machine_refuses(world: World, changes: InstanceChanges) -> None:
    with pytest.raises(Error) as caught:
        await world.driver.instances.update(world.context(), RUNNING_VM, changes)
    assert caught.value.kind is ErrorKind.CONFLICT


async def test_a_persons_comment_is_kept(world: World) -> None:
    vm = world.engine.get("vm", STOPPED_VM)
    assert vm is not None
    vm.data["comment"] = "ask Ann"
    world.engine.touch(vm)
    written = await world.driver.instances.annotate(
        world.context(), STOPPED_VM, lambda old: structs.replace(old, key_name="k")
    )
    assert (written.text, written.key_name) == ("ask Ann", "k")
    assert vm.data["comment"] == 'ask Ann\ngw1:{"key_name":"k"}'


async def test_images_are_annotated(world: World) -> None:
    await world.driver.images.annotate(world.context(), DESKTOP, lambda old: structs.replace(old, tags={"a": "b"}))
    (found,) = await world.driver.images.list(world.context(), ids=[DESKTOP])
    assert found.annotation.tags == {"a": "b"}
    with pytest.raises(Error) as caught:
        await world.driver.images.annotate(world.context("Default"), DESKTOP, lambda old: old)
    assert caught.value.kind is ErrorKind.NOT_FOUND


@pytest.mark.parametrize(
    ("verb", "id_", "kind"),
    [
        ("start", RUNNING_VM, ErrorKind.CONFLICT),
        ("delete", RUNNING_VM, ErrorKind.CONFLICT),
        ("suspend", STOPPED_VM, ErrorKind.CONFLICT),
        ("reboot", STOPPED_VM, ErrorKind.CONFLICT),
    ],
)
async def test_verbs_out_of_place(world: World, verb: str, id_: str, kind: ErrorKind) -> None:
    with pytest.raises(Error) as caught:
        await getattr(world.driver.instances, verb)(world.context(), id_)
    assert caught.value.kind is kind


@pytest.mark.parametrize("verb", ["start", "stop", "delete"])
async def test_a_machine_being_made_is_busy(world: World, verb: str) -> None:
    made = await world.driver.instances.create(world.context(), spec())
    with pytest.raises(Error) as caught:
        await getattr(world.driver.instances, verb)(world.context(), made.id)
    assert (caught.value.kind, caught.value.retryable) == (ErrorKind.BUSY, True)


async def test_a_failed_creation_tells_why(world: World) -> None:
    world.engine.faults.order("fail_creation", match={"method": "POST", "path": "vms"})
    made = await world.driver.instances.create(world.context(), spec())
    assert await world.driver.instances.creation_failure(world.context(), made.id) == ""
    world.advance()
    with pytest.raises(Error) as caught:
        await world.driver.instances.get(world.context(), made.id)
    assert caught.value.kind is ErrorKind.NOT_FOUND
    words = await world.driver.instances.creation_failure(world.context(), made.id)
    assert words == "Failed to complete VM web-1 creation."


async def test_a_tag_given_while_networks_are_plugged_is_kept(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    networks = {one.name: one.id for one in await world.driver.networks.list(world.context())}
    made = await world.launched(spec(network_ids=(networks["bcn-guests"],)), start=False)
    apply = InterfacePlan._apply

    async def tagged_meanwhile(plan: InterfacePlan, context: Context, vm_id: str, profiles: Sequence[str]) -> None:
        await world.driver.instances.annotate(context, vm_id, lambda note: structs.replace(note, tags={"a": "b"}))
        await apply(plan, context, vm_id, profiles)

    monkeypatch.setattr(InterfacePlan, "_apply", tagged_meanwhile)
    await world.driver.instances.start(world.context(), made.id)
    found = await world.driver.instances.get(world.context(), made.id)
    assert found.annotation.tags == {"a": "b"}
    vm = world.engine.get("vm", made.id)
    assert vm is not None
    assert "networks" not in vm.data["comment"]


async def test_chosen_networks(world: World) -> None:
    networks = {one.name: one.id for one in await world.driver.networks.list(world.context())}
    chosen = (networks["bcn-guests"], networks["ovirtmgmt"])
    made = await world.driver.instances.create(world.context(), spec(network_ids=chosen))
    world.advance()
    await world.driver.instances.start(world.context(), made.id)
    world.advance()
    running = await world.driver.instances.get(world.context(), made.id)
    assert [nic.network_id for nic in running.nics] == list(chosen)
    vm = world.engine.get("vm", made.id)
    assert vm is not None
    assert "networks" not in vm.data["comment"]


async def test_screenshot(world: World) -> None:
    picture = await world.driver.instances.screenshot(world.context(), RUNNING_VM)
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"


async def test_console_file(world: World) -> None:
    told = (await world.driver.instances.console_file(world.context(), RUNNING_VM)).decode()
    first = dict(line.split("=", 1) for line in told.splitlines()[1:])
    assert told.splitlines()[0] == "[virt-viewer]"
    assert first["type"] in ("spice", "vnc")
    assert len(first["password"]) >= 8


async def test_no_console_file_of_a_stopped_machine(world: World) -> None:
    with pytest.raises(Error) as caught:
        await world.driver.instances.console_file(world.context(), STOPPED_VM)
    assert caught.value.kind is ErrorKind.CONFLICT


async def test_no_screenshot_of_an_engine_without(world: World) -> None:
    world.engine.faults.order("status", match={"path": "vms/*/screenshot"}, status=404)
    with pytest.raises(Error) as caught:
        await world.driver.instances.screenshot(world.context(), RUNNING_VM)
    assert caught.value.kind is ErrorKind.UNSUPPORTED
