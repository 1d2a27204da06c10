"""Networks and interfaces over real HTTP against the simulator."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from deltaic.model.annotation import Annotation, Want
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.instance import Instance, InstanceSpec
from deltaic.model.network import Network, NetworkChanges, NetworkSpec
from deltaic.model.nic import Nic, NicChanges, NicConfiguration, NicSpec
from tests.unit.drivers.ovirt.conftest import BARCELONA, DEFAULT, DESKTOP, SERVERS, World

NOWHERE = "00000000-0000-0000-0000-00000000dead"
GUESTS = "bcn-guests"


def network_spec(name: str = "backend", **members: Any) -> NetworkSpec:
    members.setdefault("annotation", Annotation(tags={"tier": "db"}, launch=f"network:{name}"))
    return NetworkSpec(name, members.pop("data_center_id", BARCELONA), **members)


async def named(world: World, name: str) -> Network:
    return next(one for one in await world.driver.networks.list(world.context()) if one.name == name)


async def machine(world: World, *, start: bool = False, **members: Any) -> Instance:
    annotation = Annotation(want=Want.RUNNING, launch="launch-nics:0")
    return await world.launched(InstanceSpec("web", DESKTOP, SERVERS, annotation=annotation, **members), start=start)


async def nics(world: World, instance: Instance) -> list[Nic]:
    return list((await world.driver.instances.get(world.context(), instance.id)).nics)


async def test_a_networks_life(world: World) -> None:
    networks, context = world.driver.networks, world.context()
    made = await networks.create(context, network_spec(description="for databases", mtu=9000, vlan=42))
    assert (made.name, made.description, made.mtu, made.vlan) == ("backend", "for databases", 9000, 42)
    assert (made.data_center_id, made.tags, made.pluggable) == (BARCELONA, {"tier": "db"}, True)
    clusters = [one.id for one in world.engine.all("cluster") if one.ref("data_center") == BARCELONA]
    assert list(made.zone_ids) == sorted(clusters)
    assert await named(world, "backend") == made
    network = world.engine.get("network", made.id)
    assert network is not None
    assert {one["required"] for one in network.inner["clusters"].values()} == {False}
    await networks.update(context, made.id, NetworkChanges("renamed", "still", 1400))
    note = await networks.annotate(context, made.id, lambda old: structs.replace(old, traits={"class": "GOLD"}))
    assert (note.traits, note.tags) == ({"class": "GOLD"}, {"tier": "db"})
    changed = await named(world, "renamed")
    assert (changed.id, changed.description, changed.mtu, changed.annotation) == (made.id, "still", 1400, note)
    await networks.delete(context, made.id)
    assert made.id not in {one.id for one in await networks.list(context)}
    with pytest.raises(Error) as caught:
        await networks.delete(context, made.id)
    assert (caught.value.kind, caught.value.resource) == (ErrorKind.NOT_FOUND, "network")


async def test_a_repeated_creation_completes_the_first(world: World) -> None:
    made = await world.driver.networks.create(world.context(), network_spec())
    network = world.engine.get("network", made.id)
    assert network is not None
    # As a gateway leaves it that dies after its first call; and an administrator without profiles.
    network.inner["clusters"].clear()
    for profile in [one for one in world.engine.all("vnic_profile") if one.ref("network") == made.id]:
        world.engine.drop(profile)
    again = await world.driver.networks.create(world.context(), network_spec())
    assert (again.id, again.zone_ids, again.pluggable) == (made.id, made.zone_ids, True)
    assert [one.name for one in world.engine.all("network")].count("backend") == 1


@pytest.mark.parametrize(
    ("spec", "kind", "field"),
    [
        (network_spec(GUESTS), ErrorKind.ALREADY_EXISTS, "name"),
        (network_spec("x" * 300), ErrorKind.INVALID, "name"),
        (network_spec(data_center_id=NOWHERE), ErrorKind.NOT_FOUND, ""),
        (network_spec(mtu=5), ErrorKind.INVALID, ""),
    ],
)
async def test_a_network_that_cannot_be_made(world: World, spec: NetworkSpec, kind: ErrorKind, field: str) -> None:
    before = [one.id for one in world.engine.all("network")]
    with pytest.raises(Error) as caught:
        await world.driver.networks.create(world.context(), spec)
    assert (caught.value.kind, caught.value.field) == (kind, field)
    assert [one.id for one in world.engine.all("network")] == before


async def test_a_network_of_another_data_center_is_none(world: World) -> None:
    other = next(one for one in world.engine.all("network") if one.ref("data_center") == DEFAULT)
    for verb in (
        world.driver.networks.update(world.context(), other.id, NetworkChanges("mine")),
        world.driver.networks.delete(world.context(), other.id),
        world.driver.networks.annotate(world.context(), other.id, lambda old: old),
    ):
        with pytest.raises(Error) as caught:
            await verb
        assert caught.value.kind is ErrorKind.NOT_FOUND


async def test_a_network_in_use_stays(world: World) -> None:
    made = await world.driver.networks.create(world.context(), network_spec())
    instance = await machine(world)
    nic = await world.driver.interfaces.create(world.context(), instance.id, NicSpec(made.id))
    with pytest.raises(Error) as caught:
        await world.driver.networks.delete(world.context(), made.id)
    assert (caught.value.kind, caught.value.resource_id) == (ErrorKind.IN_USE, made.id)
    await world.driver.interfaces.delete(world.context(), instance.id, nic.id)
    await world.driver.networks.delete(world.context(), made.id)


@pytest.mark.parametrize("start", [False, True])
async def test_an_interfaces_life(world: World, start: bool) -> None:
    interfaces, context = world.driver.interfaces, world.context()
    backend = await world.driver.networks.create(context, network_spec())
    guests = await named(world, GUESTS)
    instance = await machine(world, start=start)
    (first,) = await nics(world, instance)
    made = await interfaces.create(context, instance.id, NicSpec(backend.id, linked=False))
    assert (made.name, made.network_id, made.linked, made.plugged) == ("nic2", backend.id, False, True)
    assert made.mac.startswith("56:6f:")
    shown = {nic.id: nic for nic in await nics(world, instance)}
    assert (set(shown), shown[made.id].linked) == ({first.id, made.id}, False)
    await interfaces.update(context, instance.id, made.id, NicChanges("nic9", guests.id, True, False))
    (changed,) = [nic for nic in await nics(world, instance) if nic.id == made.id]
    assert (changed.name, changed.network_id, changed.linked, changed.plugged) == ("nic9", guests.id, True, False)
    await interfaces.update(context, instance.id, made.id, NicChanges(plugged=True))
    # A running machine lets go of an interface only once it is unplugged.
    await interfaces.delete(context, instance.id, made.id)
    assert await nics(world, instance) == await nics(world, instance)
    assert [nic.id for nic in await nics(world, instance)] == [first.id]
    with pytest.raises(Error) as caught:
        await interfaces.delete(context, instance.id, made.id)
    assert (caught.value.kind, caught.value.resource) == (ErrorKind.NOT_FOUND, "network_interface")


async def test_a_named_interface_is_added_once(world: World) -> None:
    guests, instance = await named(world, GUESTS), await machine(world)
    spec = NicSpec(guests.id, name="port-1", mac="56:6f:aa:bb:cc:dd")
    made = await world.driver.interfaces.create(world.context(), instance.id, spec)
    assert await world.driver.interfaces.create(world.context(), instance.id, spec) == made
    assert (made.mac, len(await nics(world, instance))) == ("56:6f:aa:bb:cc:dd", 2)
    management = await named(world, "ovirtmgmt")
    with pytest.raises(Error) as caught:
        await world.driver.interfaces.create(world.context(), instance.id, NicSpec(management.id, name="port-1"))
    assert (caught.value.kind, caught.value.field) == (ErrorKind.ALREADY_EXISTS, "name")


async def test_interfaces_of_machines_that_change_are_busy(world: World) -> None:
    guests = await named(world, GUESTS)
    instance = await machine(world)
    (nic,) = await nics(world, instance)
    await world.driver.instances.start(world.context(), instance.id)
    for verb in (
        world.driver.interfaces.create(world.context(), instance.id, NicSpec(guests.id)),
        world.driver.interfaces.update(world.context(), instance.id, nic.id, NicChanges(linked=False)),
        world.driver.interfaces.delete(world.context(), instance.id, nic.id),
    ):
        with pytest.raises(Error) as caught:
            await verb
        assert caught.value.kind is ErrorKind.BUSY
    world.advance()
    await world.driver.instances.suspend(world.context(), instance.id)
    world.advance()
    with pytest.raises(Error) as caught:
        await world.driver.interfaces.update(world.context(), instance.id, nic.id, NicChanges(linked=False))
    assert caught.value.kind is ErrorKind.CONFLICT


async def test_an_unknown_network_is_named(world: World) -> None:
    instance = await machine(world)
    with pytest.raises(Error) as caught:
        await world.driver.interfaces.create(world.context(), instance.id, NicSpec(NOWHERE))
    assert (caught.value.kind, caught.value.field) == (ErrorKind.NOT_FOUND, "network")
    with pytest.raises(Error) as caught:
        await world.driver.interfaces.create(world.context(), NOWHERE, NicSpec(NOWHERE))
    assert (caught.value.kind, caught.value.resource) == (ErrorKind.NOT_FOUND, "instance")


async def test_a_change_outlives_what_a_new_machine_is_owed(world: World) -> None:
    """The networks chosen at the launch wait for the first start: a later choice must not be undone by it."""
    management, guests = await named(world, "ovirtmgmt"), await named(world, GUESTS)
    instance = await machine(world, network_ids=(management.id,))
    (nic,) = await nics(world, instance)
    assert nic.network_id == management.id
    await world.driver.interfaces.update(world.context(), instance.id, nic.id, NicChanges(network_id=guests.id))
    await world.driver.instances.start(world.context(), instance.id)
    assert [one.network_id for one in await nics(world, instance)] == [guests.id]


async def test_fixed_addresses_reach_the_guest(world: World) -> None:
    management, guests = await named(world, "ovirtmgmt"), await named(world, GUESTS)
    lines = (
        NicConfiguration(),
        NicConfiguration("192.168.7.9", 22, "192.168.4.1", ("192.168.4.2", "192.168.4.3")),
        NicConfiguration("2001:db8::9", 64, "2001:db8::1"),
    )
    instance = await machine(
        world, start=True, network_ids=(management.id, guests.id, guests.id), nic_configurations=lines
    )
    vm = world.engine.get("vm", instance.id)
    assert vm is not None
    told = vm.data["initialization"]
    assert told["dns_servers"] == "192.168.4.2 192.168.4.3"
    assert told["nic_configurations"] == [
        {"name": "eth0", "on_boot": True, "boot_protocol": "dhcp"},
        {
            "name": "eth1",
            "on_boot": True,
            "boot_protocol": "static",
            "ip": {"address": "192.168.7.9", "version": "v4", "netmask": "255.255.252.0", "gateway": "192.168.4.1"},
        },
        {
            "name": "eth2",
            "on_boot": True,
            "boot_protocol": "none",
            "ipv6_boot_protocol": "static",
            "ipv6": {"address": "2001:db8::9", "version": "v6", "netmask": "64", "gateway": "2001:db8::1"},
        },
    ]
    assert [nic.ipv4 for nic in await nics(world, instance)][1] == ("192.168.7.9",)
    await world.driver.instances.stop(world.context(), instance.id, force=True)
    world.advance()
    at_rest = await nics(world, instance)
    assert [(nic.ipv4, nic.ipv6) for nic in at_rest] == [
        ((), ()), (("192.168.7.9",), ()), ((), ("2001:db8::9",))
    ]  # fmt: skip


async def test_fixed_addresses_need_user_data_that_leaves_room_for_them(world: World) -> None:
    guests = await named(world, GUESTS)
    with pytest.raises(Error) as caught:
        await machine(
            world,
            network_ids=(guests.id,),
            nic_configurations=(NicConfiguration("192.168.7.9", 24),),
            user_data=b"\x00raw",
        )
    assert (caught.value.kind, caught.value.field) == (ErrorKind.INVALID, "user_data")
