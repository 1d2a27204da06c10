"""The life of machines through the driver, each step seen from the other side."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from deltaic.model.annotation import Annotation, Want
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.instance import InstanceChanges, InstanceState
from tests.openstack.driver.conftest import Desk
from tests.openstack.driver.machines import gone, machine, state, wish
from tests.openstack.support.servers import alive

MIB = 1 << 20


async def seen(desk: Desk, instance_id: str) -> Any:
    return await desk.told(desk.cloud.compute.get_server, instance_id)


async def refused(desk: Desk, **members: Any) -> tuple[ErrorKind, str]:
    with pytest.raises(Error) as caught:
        await desk.driver.instances.create(desk.context, wish(desk, "refused", **members))
    return caught.value.kind, caught.value.field


async def test_life(desk: Desk) -> None:
    instances = desk.driver.instances
    note = Annotation(tags={"Name": "web", "a/b": "1"}, want=Want.RUNNING, launch="life:0", owner="Ann", launched_at=5)
    spec = wish(
        desk, "life", description="Of Ann", annotation=note, host_name="web", user_data=b"#!/bin/sh\n\xff",
        instance_type_id=desk.tenant.flavors["m1.small"], security_group_ids=(desk.tenant.security_group_id,),
    )  # fmt: skip
    made = await instances.create(desk.context, spec)
    assert (made.state, made.name, made.zone_id, made.annotation) == (InstanceState.CREATING, "life", "nova", note)
    assert [one.id for one in await instances.find_launch(desk.context, "life:0")] == [made.id]
    assert await instances.find_launch(desk.context, "life:1") == []

    runs = await state(desk, made.id, InstanceState.RUNNING)
    there = await seen(desk, made.id)
    assert (there.status, there.name, there.description) == ("ACTIVE", "life", "Of Ann")
    assert there.metadata["Name"] == "web"
    assert (there.hostname, there.availability_zone) == ("web", "nova")
    assert (runs.image_id, runs.instance_type_id) == (desk.tenant.image_id, desk.tenant.flavors["m1.small"])
    assert (runs.memory, runs.cpus, runs.data_center_id, runs.host_id) == (128 * MIB, 1, "RegionOne", there.host_id)
    assert runs.run > 0
    (nic,) = runs.nics
    ports = await desk.told(lambda: list(desk.cloud.network.ports(device_id=made.id)))
    assert [(nic.id, nic.mac, nic.ipv4)] == [
        (port.id, port.mac_address, (port.fixed_ips[0]["ip_address"],)) for port in ports
    ]
    assert (nic.network_id, nic.subnet_ids) == (desk.tenant.network_id, (desk.tenant.subnet_id,))
    assert nic.security_group_ids == (desk.tenant.security_group_id,)
    assert await instances.list(desk.context) == [runs]
    assert await instances.list(desk.context, ids=[made.id, "nothing"]) == [runs]

    await instances.stop(desk.context, made.id)
    rests = await state(desk, made.id, InstanceState.STOPPED)
    assert ((await seen(desk, made.id)).status, rests.run) == ("SHUTOFF", 0)
    await instances.stop(desk.context, made.id, force=True)
    await instances.start(desk.context, made.id)
    await state(desk, made.id, InstanceState.RUNNING)
    with pytest.raises(Error) as caught:
        await instances.start(desk.context, made.id)
    assert caught.value.kind is ErrorKind.CONFLICT
    await instances.suspend(desk.context, made.id)
    await state(desk, made.id, InstanceState.SUSPENDED)
    await instances.start(desk.context, made.id)
    await state(desk, made.id, InstanceState.RUNNING)
    await instances.reboot(desk.context, made.id)
    await state(desk, made.id, InstanceState.RUNNING)
    assert [one.action for one in await desk.told(lambda: list(desk.cloud.compute.server_actions(made.id)))] == [
        "reboot", "resume", "suspend", "start", "stop", "create",
    ]  # fmt: skip

    await gone(desk, made.id)
    assert await desk.told(alive, desk.cloud) == []


async def test_without_a_size_the_smallest_that_fits(desk: Desk) -> None:
    async with machine(desk, "small") as made:
        assert made.instance_type_id == desk.tenant.flavors["m1.tiny"]


async def test_changes(desk: Desk) -> None:
    instances = desk.driver.instances
    async with machine(desk, "before") as made:
        medium = desk.tenant.flavors["m1.medium"]
        with pytest.raises(Error) as caught:
            await instances.update(desk.context, made.id, InstanceChanges(instance_type_id=medium))
        assert caught.value.kind is ErrorKind.CONFLICT
        await instances.stop(desk.context, made.id)
        await state(desk, made.id, InstanceState.STOPPED)
        changes = InstanceChanges(
            name="after", description="New", instance_type_id=medium, delete_protected=True,
            annotation=Annotation(tags={"k": "v"}),
        )  # fmt: skip
        await instances.update(desk.context, made.id, changes)
        there = await seen(desk, made.id)
        assert (there.name, there.description, there.status) == ("after", "New", "SHUTOFF")
        assert there.metadata == {"k": "v", "deltaic:delete_protected": "true"}
        changed = await instances.get(desk.context, made.id)
        assert (changed.instance_type_id, changed.memory, changed.cpus) == (medium, 256 * MIB, 2)
        assert (changed.delete_protected, changed.annotation.tags) == (True, {"k": "v"})
        with pytest.raises(Error) as caught:
            await instances.delete(desk.context, made.id)
        assert caught.value.kind is ErrorKind.PROTECTED
        with pytest.raises(Error) as caught:
            await instances.update(desk.context, made.id, InstanceChanges(user_data=b"x"))
        assert (caught.value.kind, caught.value.field) == (ErrorKind.UNSUPPORTED, "user_data")
        await instances.update(desk.context, made.id, InstanceChanges(delete_protected=False))


async def test_annotations_of_two_gateways(desk: Desk) -> None:
    instances = desk.driver.instances

    def tagged(name: str) -> Any:
        return lambda note: msgspec.structs.replace(note, tags={**note.tags, name: "x"}, want=None)

    async with machine(desk, "noted", annotation=Annotation(want=Want.RUNNING, launch="noted:0")) as made:
        compute = desk.cloud.compute
        await desk.told(lambda: compute.set_server_metadata(made.id, by_hand="yes"))
        for name in ("one", "two/", "Two/"):
            await instances.annotate(desk.context, made.id, tagged(name))
        note = (await instances.get(desk.context, made.id)).annotation
        assert note.tags == {"by_hand": "yes", "one": "x", "two/": "x", "Two/": "x"}
        assert (note.want, note.launch) == (None, "noted:0")
        await instances.annotate(desk.context, made.id, lambda note: msgspec.structs.replace(note, tags={}))
        assert (await seen(desk, made.id)).metadata == {"deltaic:launch": "noted:0"}
        many = {f"k{number}": "v" for number in range(200)}
        with pytest.raises(Error) as caught:
            await instances.annotate(desk.context, made.id, lambda note: msgspec.structs.replace(note, tags=many))
        assert (caught.value.kind, caught.value.field) == (ErrorKind.QUOTA, "tags")


async def test_refused_launches_name_what_was_wrong(desk: Desk) -> None:
    nothing = "00000000-0000-4000-8000-000000000000"
    size = desk.tenant.flavors["m1.tiny"]
    assert await refused(desk, image_id=nothing) == (ErrorKind.NOT_FOUND, "image_id")
    assert await refused(desk, image_id=nothing, instance_type_id=size) == (ErrorKind.NOT_FOUND, "image_id")
    assert await refused(desk, instance_type_id=nothing) == (ErrorKind.NOT_FOUND, "instance_type_id")
    assert await refused(desk, zone_id="nowhere") == (ErrorKind.INVALID, "zone_id")
    assert await refused(desk, network_ids=(nothing,)) == (ErrorKind.NOT_FOUND, "network_ids")
    assert await refused(desk, network_ids=("net",)) == (ErrorKind.INVALID, "network_ids")
    assert await refused(desk, security_group_ids=(nothing,)) == (ErrorKind.NOT_FOUND, "security_group_ids")
    assert await refused(desk, subnet_ids=(nothing,)) == (ErrorKind.NOT_FOUND, "subnet_ids")
    assert await refused(desk, name="") == (ErrorKind.INVALID, "name")
    assert await refused(desk, user_data=b"#!", password="secret") == (ErrorKind.INVALID, "password")


async def test_unknown_machines(desk: Desk) -> None:
    instances = desk.driver.instances
    for wrong in ("nothing", "00000000-0000-4000-8000-000000000000", "../flavors"):
        for verb in (instances.get, instances.start, instances.stop, instances.suspend, instances.delete,
                     instances.reboot, desk.driver.consoles.output, desk.driver.consoles.url):  # fmt: skip
            with pytest.raises(Error) as caught:
                await verb(desk.context, wrong)
            assert (caught.value.kind, caught.value.resource_id) == (ErrorKind.NOT_FOUND, wrong), verb


async def test_console(desk: Desk) -> None:
    async with machine(desk, "screen") as made:
        assert await desk.driver.consoles.output(desk.context, made.id) == b"FAKE CONSOLE OUTPUT\nANOTHER\nLAST LINE"
        assert await desk.driver.consoles.output(desk.context, made.id, lines=1) == b"LAST LINE"
        assert "token" in await desk.driver.consoles.url(desk.context, made.id)
