"""Public addresses through their service."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from deltaic.model.address import AddressChanges, AddressSpec
from deltaic.model.capability import Capability
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.instance import InstanceState
from deltaic.model.nic import Nic
from tests.unit.services.conftest import World

NIC = Nic("nic-1", "nic1", network_id="net-1", instance_id="vm-1", ipv4=("10.0.0.5", "10.0.0.6"))
OTHER = Nic("nic-2", "nic1", network_id="net-1", instance_id="vm-2", ipv4=("10.0.0.7",))


@pytest.fixture(autouse=True)
def machines(world: World) -> None:
    world.driver.instances.add(InstanceState.RUNNING, "vm-1", nics=(NIC,))
    world.driver.instances.add(InstanceState.RUNNING, "vm-2", nics=(OTHER,))


def test_a_cloud_may_have_none(world: World) -> None:
    assert world.services.addresses.offered(world.context) is False
    world.driver.capability = Capability(addresses_list=True)
    assert world.services.addresses.offered(world.context) is True


async def test_a_repeated_token_allocates_one_address(world: World) -> None:
    addresses = world.services.addresses
    (pool,) = await addresses.pools(world.context)
    spec = AddressSpec(pool.id, description="mail", tags={"a": "1"})
    first = await addresses.allocate(world.context, spec, "token")
    assert (first.ip, first.pool_id, first.description, first.tags) == ("203.0.113.1", pool.id, "mail", {"a": "1"})
    assert await addresses.allocate(world.context, spec, "token") == first
    assert (await addresses.allocate(world.context, AddressSpec())).ip == "203.0.113.2"
    await addresses.modify(world.context, first.id, AddressChanges(tags={"b": "2"}))
    assert [one.tags for one in await addresses.list(world.context)] == [{"b": "2"}, {}]
    await addresses.release(world.context, first.id)
    with pytest.raises(Error) as caught:
        await addresses.list(world.context, [first.id])
    assert (caught.value.kind, caught.value.resource, caught.value.resource_id) == (
        ErrorKind.NOT_FOUND, "address", first.id,
    )  # fmt: skip


async def test_an_address_leads_to_a_machines_first_interface(world: World) -> None:
    addresses = world.services.addresses
    made = await addresses.allocate(world.context, AddressSpec())
    seen = await addresses.associate(world.context, made.id, instance_id="vm-1")
    assert (seen.nic_id, seen.instance_id, seen.private_ip) == ("nic-1", "vm-1", "10.0.0.5")
    assert await addresses.associate(world.context, made.id, instance_id="vm-1") == seen
    assert [verb for verb, _ in world.driver.addresses.changes] == ["create", "associate"]
    assert world.driver.instances.machines["vm-1"].nics[0].public_ipv4 == (made.ip,)
    for _ in range(2):
        await addresses.disassociate(world.context, made.id)
    assert (await addresses.list(world.context, [made.id]))[0].nic_id == ""
    assert world.driver.instances.machines["vm-1"].nics[0].public_ipv4 == ()


async def test_an_address_that_leads_elsewhere_is_moved_when_that_is_said(world: World) -> None:
    addresses = world.services.addresses
    made = await addresses.allocate(world.context, AddressSpec())
    await addresses.associate(world.context, made.id, instance_id="vm-1", private_ip="10.0.0.6")
    with pytest.raises(Error) as caught:
        await addresses.associate(world.context, made.id, nic_id="nic-2")
    assert (caught.value.kind, caught.value.resource_id) == (ErrorKind.IN_USE, made.id)
    seen = await addresses.associate(world.context, made.id, nic_id="nic-2", reassociate=True)
    assert (seen.nic_id, seen.private_ip) == ("nic-2", "10.0.0.7")


async def test_another_address_takes_the_place_of_the_first(world: World) -> None:
    addresses = world.services.addresses
    first, second = [await addresses.allocate(world.context, AddressSpec()) for _ in range(2)]
    await addresses.associate(world.context, first.id, instance_id="vm-1")
    await addresses.associate(world.context, second.id, instance_id="vm-1")
    assert [(one.id, one.nic_id) for one in await addresses.list(world.context)] == [
        (first.id, ""), (second.id, "nic-1"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("members", "asked", "kind", "field"),
    [
        ({"nics": ()}, {"instance_id": "vm-1"}, ErrorKind.CONFLICT, ""),
        ({"nics": (), "state": InstanceState.CREATING}, {"instance_id": "vm-1"}, ErrorKind.BUSY, ""),
        ({}, {"instance_id": "vm-1", "private_ip": "10.9.9.9"}, ErrorKind.INVALID, "private_ip"),
        ({}, {}, ErrorKind.MISSING, "instance_id"),
        ({}, {"instance_id": "vm-9"}, ErrorKind.NOT_FOUND, ""),
        ({}, {"nic_id": "nic-9"}, ErrorKind.NOT_FOUND, ""),
    ],
)
async def test_where_no_address_can_lead(
    world: World, members: dict[str, object], asked: dict[str, str], kind: ErrorKind, field: str
) -> None:
    world.driver.instances.machines["vm-1"] = replace(world.driver.instances.machines["vm-1"], **members)
    made = await world.services.addresses.allocate(world.context, AddressSpec())
    with pytest.raises(Error) as caught:
        await world.services.addresses.associate(world.context, made.id, **asked)
    assert (caught.value.kind, caught.value.field) == (kind, field)
    assert (await world.services.addresses.list(world.context))[0].nic_id == ""


async def test_an_unknown_address(world: World) -> None:
    with pytest.raises(Error) as caught:
        await world.services.addresses.associate(world.context, "gone", instance_id="vm-1")
    assert (caught.value.kind, caught.value.resource_id) == (ErrorKind.NOT_FOUND, "gone")
