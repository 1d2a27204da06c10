"""Reads over real HTTP against the simulator."""

from __future__ import annotations

import pytest

from deltaic.model.errors import Error, ErrorKind
from deltaic.model.instance import InstanceState
from deltaic.model.volume import VolumeState
from tests.unit.drivers.ovirt.conftest import BARCELONA, DEFAULT, DESKTOP, RUNNING_VM, SERVERS, STOPPED_VM, World


@pytest.fixture(params=[False, True], ids=["strings", "native"])
def native_json(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


async def test_data_centers_and_zones(world: World) -> None:
    centers = await world.driver.zones.data_centers(world.context())
    assert [(one.id, one.name, one.available) for one in centers] == [
        (DEFAULT, "Default", True),
        (BARCELONA, "barcelona", True),
    ]
    zones = await world.driver.zones.list(world.context())
    assert [(one.id, one.name, one.data_center_id) for one in zones] == [(SERVERS, "bcn-servers", BARCELONA)]
    assert len(await world.driver.zones.list(world.context(""))) == 2


@pytest.mark.parametrize("name", ["barcelona", BARCELONA, BARCELONA.upper()])
async def test_the_scope_is_a_name_or_an_id(world: World, name: str) -> None:
    found = await world.driver.instances.list(world.context(name))
    assert [one.name for one in found] == ["ec2_machine", "ec2_machine2"]


@pytest.mark.parametrize("name", ["Barcelona", "nowhere", "a'b", '"; x'])
async def test_an_unknown_scope(world: World, name: str) -> None:
    with pytest.raises(Error) as caught:
        await world.driver.instances.list(world.context(name))
    assert (caught.value.kind, caught.value.resource) == (ErrorKind.NOT_FOUND, "data_center")


async def test_images(world: World) -> None:
    found = await world.driver.images.list(world.context())
    assert [one.name for one in found] == ["Blank", "desktop_template"]
    desktop = found[1]
    assert (desktop.id, desktop.zone_id, desktop.data_center_ids) == (DESKTOP, SERVERS, (BARCELONA,))
    assert [(disk.size, disk.boot) for disk in desktop.disks] == [(1073741824, True)]
    assert [one.name for one in await world.driver.images.list(world.context("Default"))] == [
        "Blank",
        "Workshop template",
    ]
    assert [one.id for one in await world.driver.images.list(world.context(), ids=[DESKTOP, "x"])] == [DESKTOP]


@pytest.mark.parametrize(("image", "count"), [(DESKTOP, 1), ("00000000-0000-0000-0000-000000000000", 0)])
async def test_interfaces_that_an_image_brings(world: World, image: str, count: int) -> None:
    assert await world.driver.images.interfaces(world.context(), image) == count


async def test_interfaces_of_an_unknown_image(world: World) -> None:
    with pytest.raises(Error) as caught:
        await world.driver.images.interfaces(world.context(), DESKTOP.replace("7", "8"))
    assert (caught.value.kind, caught.value.resource) == (ErrorKind.NOT_FOUND, "image")


async def test_instance_types(world: World) -> None:
    found = await world.driver.instance_types.list(world.context())
    assert [(one.name, one.memory >> 20, one.cpus) for one in found] == [
        ("Tiny", 512, 1),
        ("Small", 2048, 1),
        ("Medium", 4096, 2),
        ("Large", 8192, 2),
        ("XLarge", 16384, 4),
    ]


async def test_instances(world: World) -> None:
    stopped, running = await world.driver.instances.list(world.context())
    assert (stopped.id, stopped.state) == (STOPPED_VM, InstanceState.STOPPED)
    assert stopped.addresses == ("192.168.1.27",)
    assert (running.id, running.state, running.zone_id) == (RUNNING_VM, InstanceState.RUNNING, SERVERS)
    assert running.addresses == ("192.168.1.28",)
    networks = {one.id: one.name for one in await world.driver.networks.list(world.context())}
    assert [(nic.name, networks[nic.network_id]) for nic in running.nics] == [("nic1", "ovirtmgmt")]
    assert [disk.boot for disk in running.disks] == [True]
    assert (running.image_id, running.data_center_id) == (DESKTOP, BARCELONA)


async def test_instances_by_id_stay_in_scope(world: World) -> None:
    asked = [STOPPED_VM, RUNNING_VM.upper(), "no-id", "00000000-0000-0000-0000-00000000dead"]
    found = await world.driver.instances.list(world.context(), ids=asked)
    assert [one.id for one in found] == [STOPPED_VM, RUNNING_VM]
    assert await world.driver.instances.list(world.context("Default"), ids=asked) == []
    assert await world.driver.instances.list(world.context(), ids=["no-id"]) == []


@pytest.mark.parametrize("verb", ["get", "start", "stop", "delete", "user_data", "reboot", "suspend"])
@pytest.mark.parametrize("id_", [STOPPED_VM, "00000000-0000-0000-0000-00000000dead", "../datacenters"])
async def test_nothing_outside_the_scope_can_be_reached(world: World, verb: str, id_: str) -> None:
    with pytest.raises(Error) as caught:
        await getattr(world.driver.instances, verb)(world.context("Default"), id_)
    assert (caught.value.kind, caught.value.resource) == (ErrorKind.NOT_FOUND, "instance")
    assert caught.value.resource_id == id_


async def test_volumes(world: World) -> None:
    found = await world.driver.volumes.list(world.context())
    assert [(one.name, one.state, one.bootable) for one in found] == [
        ("ec2_machine2_Disk1", VolumeState.AVAILABLE, True),
        ("ec2_machine_Disk1", VolumeState.AVAILABLE, True),
    ]
    assert [[a.instance_id for a in one.attachments] for one in found] == [[RUNNING_VM], [STOPPED_VM]]
    one = found[0].id
    assert [volume.id for volume in await world.driver.volumes.list(world.context(), ids=[one])] == [one]
    assert await world.driver.snapshots.list(world.context()) == []


async def test_networks(world: World) -> None:
    found = await world.driver.networks.list(world.context())
    assert [(one.name, one.vlan, one.zone_ids, one.pluggable) for one in found] == [
        ("bcn-guests", 34, (SERVERS,), True),
        ("ovirtmgmt", 0, (SERVERS,), True),
    ]


async def test_the_users_own_objects_only(world: World) -> None:
    found = await world.driver.instances.list(world.context(view="USER"))
    assert [one.host_id for one in found] == ["", ""]


async def test_login_and_doctor(world: World) -> None:
    assert await world.driver.login(world.context()) == (await world.driver.login(world.context("Default")))
    checks = await world.driver.doctor(world.context())
    assert [(one.name, one.ok) for one in checks] == [
        (name, True) for name in ("address and TLS", "clock", "login", "version", "data center", "permissions")
    ]
    bad = await world.driver.doctor(world.context("nowhere", password="wrong"))
    assert [(one.name, one.ok) for one in bad] == [("address and TLS", True), ("clock", True), ("login", False)]
    assert "user@profile" in bad[2].advice
    assert not any("wrong" in one.detail for one in bad)
