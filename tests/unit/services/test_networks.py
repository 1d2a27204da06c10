"""Networks and interfaces through their services."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from msgspec.structs import replace

from deltaic.model.annotation import Annotation
from deltaic.model.capability import Capability
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.instance import InstanceState
from deltaic.model.network import Network, NetworkChanges, SubnetSpec
from deltaic.model.nic import Nic, NicChanges, NicConfiguration, NicSpec
from deltaic.services.launch import LaunchRequest
from deltaic.services.networks import CIDR_TRAIT, NetworkRequest, default_network
from tests.unit.services.conftest import World

NIC = Nic("nic-1", "nic1", "56:6f:00:00:00:01", "net-1", instance_id="vm-1")


def test_making_a_vpc_moves_the_default_network_nowhere() -> None:
    """Where the cloud names none it is the first by name, but none that was made as a VPC while there are others."""
    vpc = Network("net-2", "a", "dc-1", annotation=Annotation(traits={CIDR_TRAIT: "10.0.0.0/16"}))
    other, named = Network("net-1", "inside", "dc-1"), Network("net-3", "z", "dc-1", default=True)
    assert default_network([vpc, other]) == other
    assert default_network([vpc, other, named]) == named
    assert default_network([vpc]) == vpc
    assert default_network([]) is None


async def test_a_network_is_made_where_machines_are(world: World) -> None:
    request = NetworkRequest("backend", "for databases", 9000, 7, {"tier": "db"}, {"class": "GOLD"})
    made = await world.services.networks.create(world.context, request)
    assert (made.name, made.description, made.mtu, made.vlan) == ("backend", "for databases", 9000, 7)
    assert (made.data_center_id, made.tags, made.annotation.traits) == ("dc-1", {"tier": "db"}, {"class": "GOLD"})
    assert made.annotation.owner == "me@internal"
    assert await world.services.networks.list(world.context, ids=[made.id]) == [made]


async def test_a_cloud_without_networks_has_none(world: World) -> None:
    world.driver.capability = Capability()
    assert await world.services.networks.list(world.context) == []
    with pytest.raises(Error) as caught:
        await world.services.networks.list(world.context, ids=["net-1"])
    assert (caught.value.kind, caught.value.resource_id) == (ErrorKind.NOT_FOUND, "net-1")


async def test_a_repeated_token_makes_one_network(world: World) -> None:
    first = await world.services.networks.create(world.context, NetworkRequest(), "token")
    assert await world.services.networks.create(world.context, NetworkRequest(), "token") == first
    other = await world.services.networks.create(world.context, NetworkRequest(), "another")
    assert other.id != first.id
    assert first.name.startswith("network-")
    assert first.name != other.name


async def test_a_network_that_the_cloud_refuses_leaves_nothing(world: World) -> None:
    # The cloud makes the network, and refuses to give it to a cluster.
    world.driver.networks.faults["create"] = [Error(ErrorKind.FORBIDDEN, "You may not")]
    with pytest.raises(Error) as caught:
        await world.services.networks.create(world.context, NetworkRequest("backend"))
    assert caught.value.kind is ErrorKind.FORBIDDEN
    flow = next(flow_id for name, flow_id in world.operations.started if name == "network-create")
    with pytest.raises(Error):
        await world.operations.result(flow, 5)
    assert [verb for verb, _ in world.driver.networks.changes] == ["create", "delete"]
    assert [network.name for network in world.driver.networks.rows] == ["ovirtmgmt"]


@pytest.mark.parametrize(
    ("members", "field"),
    [({"mtu": 67}, "mtu"), ({"mtu": 70000}, "mtu"), ({"mtu": -1}, "mtu"), ({"vlan": 4095}, "vlan"),
     ({"tags": {"": "x"}}, "tag_key")],
)  # fmt: skip
async def test_impossible_networks(world: World, members: dict[str, Any], field: str) -> None:
    with pytest.raises(Error) as caught:
        await world.services.networks.create(world.context, NetworkRequest("backend", **members))
    assert (caught.value.kind, caught.value.field) == (ErrorKind.INVALID, field)
    assert world.operations.started == []


async def test_a_change_touches_only_what_it_names(world: World) -> None:
    networks = world.services.networks
    made = await networks.create(world.context, NetworkRequest("backend", tags={"a": "1"}, traits={"b": "2"}))
    world.driver.networks.changes.clear()
    await networks.modify(world.context, made.id, NetworkChanges(), tags={"c": "3"})
    assert world.driver.networks.changes == [("annotate", made.id)]
    (changed,) = await networks.list(world.context, ids=[made.id])
    assert (changed.tags, changed.annotation.traits) == ({"c": "3"}, {"b": "2"})
    await networks.modify(world.context, made.id, NetworkChanges(mtu=0))
    assert world.driver.networks.changes[1:] == [("update", made.id)]
    with pytest.raises(Error) as caught:
        await networks.modify(world.context, made.id, NetworkChanges(mtu=20))
    assert caught.value.field == "mtu"


async def test_an_interface_is_changed_at_once_where_the_machine_allows_it(world: World) -> None:
    world.driver.instances.add(InstanceState.RUNNING, nics=(NIC,))
    interfaces = world.services.interfaces
    assert await interfaces.change(world.context, "vm-1", "nic-1", NicChanges(linked=False)) is True
    made = await interfaces.add(world.context, "vm-1", NicSpec("net-1"))
    assert await interfaces.remove(world.context, "vm-1", "nic-1") is True
    assert world.driver.instances.machines["vm-1"].nics == (made,)
    assert world.operations.started == []


async def test_an_interface_is_changed_later_where_the_machine_does_not_allow_it_yet(world: World) -> None:
    other = Nic("nic-2", "nic2", "56:6f:00:00:00:02", "net-1", instance_id="vm-1")
    world.driver.instances.add(InstanceState.CREATING, nics=(NIC, other))
    interfaces = world.services.interfaces
    assert await interfaces.change(world.context, "vm-1", "nic-1", NicChanges(linked=False)) is False
    assert await interfaces.remove(world.context, "vm-1", "nic-2") is False
    assert world.driver.instances.machines["vm-1"].nics == (NIC, other)
    world.driver.instances.become("vm-1", InstanceState.STOPPED)
    for _, flow_id in world.operations.started:
        await world.operations.result(flow_id, 5)
    assert [(nic.id, nic.linked) for nic in world.driver.instances.machines["vm-1"].nics] == [("nic-1", False)]


async def test_what_does_not_pass_is_told_at_once(world: World) -> None:
    world.driver.instances.add(InstanceState.SUSPENDED, nics=(NIC,))
    interfaces = world.services.interfaces
    for verb in (
        interfaces.change(world.context, "vm-1", "nic-1", NicChanges(linked=False)),
        interfaces.remove(world.context, "vm-1", "nic-1"),
        interfaces.add(world.context, "vm-1", NicSpec("net-1")),
    ):
        with pytest.raises(Error) as caught:
            await verb
        assert caught.value.kind is ErrorKind.CONFLICT
    assert world.operations.started == []


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        (NicSpec("net-1", mac="56:6f"), "mac"),
        (NicSpec("net-1", mac="01:00:5e:00:00:01"), "mac"),
        (NicSpec("net-1", name="n" * 51), "name"),
    ],
)
async def test_impossible_interfaces(world: World, spec: NicSpec, field: str) -> None:
    world.driver.instances.add(InstanceState.STOPPED)
    with pytest.raises(Error) as caught:
        await world.services.interfaces.add(world.context, "vm-1", spec)
    assert (caught.value.kind, caught.value.field) == (ErrorKind.INVALID, field)


async def test_a_launch_tells_the_guest_about_every_interface(world: World) -> None:
    fixed = NicConfiguration("10.0.0.9", 24)
    world.driver.images.brings = 3
    request = LaunchRequest("img-1", network_ids=("net-1",), nic_configurations=(fixed,))
    (view,) = await world.services.instances.launch(world.context, request)
    spec = world.driver.instances.given[view.instance.id]
    assert spec.nic_configurations == (fixed, NicConfiguration(), NicConfiguration())
    several = LaunchRequest("img-1", max_count=2, network_ids=("net-1",), nic_configurations=(fixed,))
    with pytest.raises(Error) as caught:
        await world.services.instances.launch(world.context, several)
    assert (caught.value.kind, caught.value.field) == (ErrorKind.INVALID, "nic_configurations")


def _fixed(address: str, token: str = "") -> LaunchRequest:
    line = NicConfiguration(address, 24)
    return LaunchRequest("img-1", network_ids=("net-1",), nic_configurations=(line,), client_token=token)


async def test_no_two_machines_get_one_address(world: World) -> None:
    launch = world.services.instances.launch
    results = await asyncio.gather(
        launch(world.context, _fixed("10.0.0.9")),
        launch(world.context, _fixed("10.0.0.9")),
        launch(world.context, _fixed("10.0.0.10")),
        return_exceptions=True,
    )
    refused = [one for one in results if isinstance(one, Error)]
    assert [(one.kind, one.resource_id) for one in refused] == [(ErrorKind.IN_USE, "10.0.0.9")]
    assert len(world.driver.instances.machines) == 2
    (taken,) = [
        vm for vm, spec in world.driver.instances.given.items() if spec.nic_configurations[0].address[-2:] == ".9"
    ]
    world.driver.instances.machines[taken] = replace(
        world.driver.instances.machines[taken], nics=(replace(NIC, ipv4=("10.0.0.9",)),)
    )
    with pytest.raises(Error) as caught:
        await launch(world.context, _fixed("10.0.0.9"))
    assert (caught.value.kind, caught.value.field) == (ErrorKind.IN_USE, "nic_configurations")


async def test_a_repeated_launch_meets_its_own_address(world: World) -> None:
    launch = world.services.instances.launch
    first, second = await asyncio.gather(*(launch(world.context, _fixed("10.0.0.9", "token")) for _ in range(2)))
    assert first[0].instance.id == second[0].instance.id
    assert len(world.driver.instances.machines) == 1


async def test_ranges_of_addresses_come_with_a_network_and_later(world: World) -> None:
    networks = world.services.networks
    request = NetworkRequest("backend", subnets=(SubnetSpec("10.0.0.0/24"), SubnetSpec("2001:db8::/64", "six")))
    made = await networks.create(world.context, request)
    assert [(one.cidr, one.name, one.ip_version) for one in made.subnets] == [
        ("10.0.0.0/24", "", 4), ("2001:db8::/64", "six", 6),
    ]  # fmt: skip
    wanted = SubnetSpec("10.0.1.0/24", gateway="10.0.1.254", tags={"a": "1"})
    added = await networks.add_subnet(world.context, made.id, wanted, "token")
    assert (added.cidr, added.gateway, added.network_id, added.tags) == (
        "10.0.1.0/24", "10.0.1.254", made.id, {"a": "1"},
    )  # fmt: skip
    assert await networks.add_subnet(world.context, made.id, wanted, "token") == added
    await networks.remove_subnet(world.context, made.subnets[0].id)
    (seen,) = await networks.list(world.context, ids=[made.id])
    assert [one.cidr for one in seen.subnets] == ["2001:db8::/64", "10.0.1.0/24"]


@pytest.mark.parametrize(
    ("subnets", "field"),
    [
        ((SubnetSpec("10.0.0.1/24"),), "cidr"),
        ((SubnetSpec("ten"),), "cidr"),
        ((SubnetSpec("10.0.0.0/16"), SubnetSpec("10.0.3.0/24")), "cidr"),
        ((SubnetSpec("10.0.0.0/24", gateway="10.0.1.1"),), "gateway"),
        ((SubnetSpec("10.0.0.0/24", gateway="x"),), "gateway"),
        ((SubnetSpec("10.0.0.0/24", tags={"aws:x": ""}),), "tag_key"),
    ],
)
async def test_impossible_ranges(world: World, subnets: tuple[SubnetSpec, ...], field: str) -> None:
    with pytest.raises(Error) as caught:
        await world.services.networks.create(world.context, NetworkRequest("backend", subnets=subnets))
    assert (caught.value.kind, caught.value.field) == (ErrorKind.INVALID, field)
    assert world.operations.started == []
