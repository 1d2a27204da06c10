"""Public addresses through the driver, each step seen from the other side."""

from __future__ import annotations

from typing import Any

import pytest

from deltaic.model.address import Address, AddressChanges, AddressSpec
from deltaic.model.errors import Error, ErrorKind
from tests.openstack.driver.conftest import Desk


async def listed(desk: Desk, address_id: str) -> Address:
    return (await desk.driver.addresses.list(desk.context, ids=[address_id]))[0]


async def test_life(desk: Desk) -> None:
    addresses, other = desk.driver.addresses, desk.cloud.network
    (pool,) = [one for one in await addresses.pools(desk.context) if one.id == desk.tenant.public_network_id]
    spec = AddressSpec(pool.id, description="mail", tags={"a": "b"}, marker="address:1")
    made = await addresses.create(desk.context, spec)
    assert await addresses.create(desk.context, spec) == made
    seen = await desk.told(other.get_ip, made.id)
    assert (seen.floating_ip_address, seen.floating_network_id, seen.description) == (made.ip, pool.id, "mail")
    assert seen.tags == ["a=b", "deltaic:launch=address:1"]
    await addresses.update(desk.context, made.id, AddressChanges("web", {"c": "d"}))
    found = await listed(desk, made.id)
    assert (found.description, found.tags) == ("web", {"c": "d"})
    await addresses.delete(desk.context, made.id)
    assert await desk.told(lambda: list(other.ips())) == []
    with pytest.raises(Error) as caught:
        await addresses.delete(desk.context, made.id)
    assert (caught.value.kind, caught.value.resource) == (ErrorKind.NOT_FOUND, "address")


async def test_an_address_leads_to_a_machine(desk: Desk, server: Any) -> None:
    addresses, other = desk.driver.addresses, desk.cloud.network
    nic = (await desk.driver.instances.get(desk.context, server.id)).nics[0]
    first, second = [await addresses.create(desk.context, AddressSpec()) for _ in range(2)]
    await addresses.associate(desk.context, first.id, nic.id)
    found = await listed(desk, first.id)
    assert (found.nic_id, found.instance_id, found.private_ip) == (nic.id, server.id, nic.ipv4[0])
    seen = await desk.told(other.get_ip, first.id)
    assert (seen.port_id, seen.fixed_ip_address) == (nic.id, nic.ipv4[0])
    assert (await desk.driver.instances.get(desk.context, server.id)).nics[0].public_ipv4 == (first.ip,)
    with pytest.raises(Error) as caught:
        await addresses.associate(desk.context, second.id, nic.id)
    assert caught.value.kind is ErrorKind.IN_USE
    for _ in range(2):
        await addresses.disassociate(desk.context, first.id)
    assert (await desk.told(other.get_ip, first.id)).port_id is None
    for one in (first, second):
        await addresses.delete(desk.context, one.id)


async def test_a_network_without_a_way_out(desk: Desk) -> None:
    addresses, other = desk.driver.addresses, desk.cloud.network
    network = await desk.told(lambda: other.create_network(name="alone"))
    await desk.told(lambda: other.create_subnet(network_id=network.id, ip_version=4, cidr="10.90.0.0/24"))
    port = await desk.told(lambda: other.create_port(network_id=network.id))
    made = await addresses.create(desk.context, AddressSpec())
    with pytest.raises(Error) as caught:
        await addresses.associate(desk.context, made.id, port.id)
    assert caught.value.kind is ErrorKind.CONFLICT
    await addresses.delete(desk.context, made.id)
    await desk.told(other.delete_port, port.id)
    await desk.told(other.delete_network, network.id)


async def test_the_quota_is_told(desk: Desk) -> None:
    admin = desk.tenant.plane.administrator()
    before = await desk.told(lambda: admin.network.get_quota(desk.tenant.project_id).floating_ips)
    await desk.told(lambda: admin.network.update_quota(desk.tenant.project_id, floating_ips=0))
    try:
        with pytest.raises(Error) as caught:
            await desk.driver.addresses.create(desk.context, AddressSpec())
    finally:
        await desk.told(lambda: admin.network.update_quota(desk.tenant.project_id, floating_ips=before))
    assert caught.value.kind is ErrorKind.QUOTA


async def test_a_pool_that_is_not_there(desk: Desk) -> None:
    for pool in ("00000000-0000-4000-8000-00000000dead", desk.tenant.network_id):
        with pytest.raises(Error) as caught:
            await desk.driver.addresses.create(desk.context, AddressSpec(pool))
        assert (caught.value.kind, caught.value.resource) == (ErrorKind.NOT_FOUND, "address_pool")
