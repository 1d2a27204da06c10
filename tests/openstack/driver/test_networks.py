"""Networks, subnets and interfaces through the driver, each step seen from the other side."""

from __future__ import annotations

from typing import Any

import pytest

from deltaic.model.annotation import Annotation
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.network import Network, NetworkChanges, NetworkSpec, SubnetSpec
from deltaic.model.nic import NicChanges, NicSpec
from tests.openstack.driver.conftest import Desk


def spec(desk: Desk, name: str, cidr: str, **members: Any) -> NetworkSpec:
    note = Annotation(launch=f"network:{name}", tags={"Name": "Nét, 50%", "name": "x "}, traits={"class": "GOLD"})
    return NetworkSpec(name, desk.tenant.plane.region, subnets=(SubnetSpec(cidr, marker=f"{name}:0"),),
                       annotation=note, **members)  # fmt: skip


async def listed(desk: Desk, network_id: str) -> Network:
    return (await desk.driver.networks.list(desk.context, ids=[network_id]))[0]


async def ports(desk: Desk, **query: Any) -> list[Any]:
    return list(await desk.told(lambda: list(desk.cloud.network.ports(**query))))


async def routers(desk: Desk) -> list[str]:
    return [one.id for one in await desk.told(lambda: list(desk.cloud.network.routers()))]


async def test_life(desk: Desk) -> None:
    networks, other = desk.driver.networks, desk.cloud.network
    wanted = spec(desk, "backend", "10.77.0.0/24", description="for databases", mtu=1400)
    made = await networks.create(desk.context, wanted)
    assert await networks.create(desk.context, wanted) == made
    assert await listed(desk, made.id) == made
    seen = await desk.told(other.get_network, made.id)
    assert (seen.name, seen.description, seen.mtu) == ("backend", "for databases", 1400)
    assert "deltaic:launch=network:backend" in seen.tags
    assert "Name=Nét%2C 50%25" in seen.tags
    assert made.tags == {"Name": "Nét, 50%", "name": "x "}
    subnet = await desk.told(other.get_subnet, made.subnets[0].id)
    assert (subnet.cidr, subnet.network_id, subnet.gateway_ip) == ("10.77.0.0/24", made.id, made.gateway)
    (way_out,) = await ports(desk, network_id=made.id)
    router = await desk.told(other.get_router, way_out.device_id)
    assert router.external_gateway_info["network_id"] == desk.tenant.public_network_id

    added = await networks.create_subnet(desk.context, made.id, SubnetSpec("10.77.1.0/24", "more", tags={"a": "b"}))
    with pytest.raises(Error) as caught:
        await networks.create_subnet(desk.context, made.id, SubnetSpec("10.77.1.128/25"))
    assert (caught.value.kind, caught.value.field) == (ErrorKind.INVALID, "cidr")
    assert (await desk.told(other.get_subnet, added.id)).tags == ["a=b"]
    await networks.delete_subnet(desk.context, added.id)
    assert [one.id for one in await desk.told(lambda: list(other.subnets(network_id=made.id)))] == [subnet.id]

    await desk.told(lambda: other.set_tags(seen, [*seen.tags, "by hand"]))
    await networks.update(desk.context, made.id, NetworkChanges(name="db", description="d"))
    await networks.annotate(desk.context, made.id, lambda old: Annotation(tags={**old.tags, "new": "1"}))
    found = await listed(desk, made.id)
    assert (found.name, found.description) == ("db", "d")
    assert found.tags == {"Name": "Nét, 50%", "name": "x ", "by hand": "", "new": "1"}
    assert "by hand" in (await desk.told(other.get_network, made.id)).tags

    await networks.delete(desk.context, made.id)
    assert router.id not in await routers(desk)
    assert await desk.told(other.find_network, made.id) is None
    with pytest.raises(Error) as caught:
        await networks.delete(desk.context, made.id)
    assert caught.value.kind is ErrorKind.NOT_FOUND


async def test_the_projects_own_network_is_the_default_one(desk: Desk) -> None:
    made = await desk.driver.networks.create(desk.context, spec(desk, "a-later-one", "10.79.0.0/24"))
    found = await desk.driver.networks.list(desk.context)
    assert {one.id: one.default for one in found} == {desk.tenant.network_id: True, made.id: False}
    await desk.driver.networks.delete(desk.context, made.id)


async def test_interfaces_come_and_go(desk: Desk, server: Any) -> None:
    interfaces, host = desk.driver.interfaces, server.id
    made = await desk.driver.networks.create(desk.context, spec(desk, "second", "10.78.0.0/24"))
    first = (await desk.driver.instances.get(desk.context, host)).nics
    mine = NicSpec(made.id, "nic-b", address="10.78.0.77", security_group_ids=(desk.tenant.security_group_id,))
    nic = await interfaces.create(desk.context, host, mine)
    assert await interfaces.create(desk.context, host, mine) == nic
    macced = await interfaces.create(desk.context, host, NicSpec(made.id, mac="fa:16:3e:77:00:01"))
    (seen,) = await ports(desk, name="nic-b")
    assert (seen.id, seen.device_id, seen.mac_address) == (nic.id, host, nic.mac)
    assert [one["ip_address"] for one in seen.fixed_ips] == ["10.78.0.77"]
    assert seen.security_group_ids == [desk.tenant.security_group_id]
    found = (await desk.driver.instances.get(desk.context, host)).nics
    assert [one.id for one in found] == [first[0].id, nic.id, macced.id]
    assert [one.mac for one in found][2] == "fa:16:3e:77:00:01"

    await interfaces.update(desk.context, host, nic.id, NicChanges(name="nic-c", linked=False))
    seen = await desk.told(desk.cloud.network.get_port, nic.id)
    assert (seen.name, seen.is_admin_state_up) == ("nic-c", False)
    with pytest.raises(Error) as caught:
        await desk.driver.networks.delete(desk.context, made.id)
    assert caught.value.kind is ErrorKind.IN_USE

    async def taken_away(nic_id: str) -> bool:
        try:
            await interfaces.delete(desk.context, host, nic_id)
        except Error as error:
            if error.kind not in (ErrorKind.BUSY, ErrorKind.NOT_FOUND):
                raise
            return error.kind is ErrorKind.NOT_FOUND
        return False

    for one in (nic, macced):
        await desk.until(lambda one=one: taken_away(one.id), lambda gone: gone)  # type: ignore[misc]
    assert [one.id for one in (await desk.driver.instances.get(desk.context, host)).nics] == [first[0].id]
    await desk.driver.networks.delete(desk.context, made.id)
    assert await ports(desk, network_id=made.id) == []
