"""Networks, subnets and routers as a real network service answered them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from deltaic.driver import Driver
from deltaic.drivers.openstack import DRIVER
from deltaic.model.annotation import Annotation
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.network import NetworkChanges, NetworkSpec, SubnetSpec
from tests.unit.drivers.openstack.cloud import PROJECT, Answer, Asked, Cloud, asks, recorded

BASE = "/network/v2.0"
VPC = "acf9d52d-50e5-4019-9e06-5c9fb08c8d62"
INSIDE = "6c5ea201-fa77-4fff-b315-2e68a9bf4b1a"
PUBLIC = "331ccb8a-a23f-4310-a568-22585fc0241a"
FIRST = "47a653f7-fa58-4e17-8bae-9ac5e8a752db"
SIX = "257902b5-c568-40dc-971e-5a6003c14a1d"
ROUTER = "66eafa3c-c73c-4bbf-88d6-7077a2a4a61a"
HOST = "37890f4d-45e7-44fa-8dd7-70fde43e135a"
ONE: dict[str, Any] = json.loads(recorded("network.json"))["network"]


@pytest.fixture
async def driver(cloud: Cloud) -> AsyncIterator[Driver]:
    cloud.answers |= {
        f"GET {BASE}/networks": Answer(recorded("networks.json")),
        f"GET {BASE}/subnets": Answer(recorded("subnets.json")),
        f"GET {BASE}/networks/{VPC}": Answer({"network": ONE}),
        f"PUT {BASE}/networks/{VPC}": Answer({"network": ONE}),
        f"PUT {BASE}/networks/{VPC}/tags": lambda asked: Answer(asked.body),
    }
    made = DRIVER.create(cloud.config())
    yield made
    await made.close()


async def test_what_is_listed(driver: Driver, cloud: Cloud) -> None:
    found = await driver.networks.list(asks())
    assert [(one.name, one.default, one.fixed) for one in found] == [("inside", True, False), ("vpc", False, False)]
    vpc = found[1]
    assert (vpc.id, vpc.data_center_id, vpc.description, vpc.mtu) == (VPC, "RegionOne", "for databases", 1500)
    assert (vpc.cidr, vpc.gateway) == ("10.60.0.0/24", "10.60.0.1")
    assert [(one.id, one.cidr, one.name, one.ip_version) for one in vpc.subnets] == [
        (FIRST, "10.60.0.0/24", "first", 4), (SIX, "2001:db8:5::/64", "", 6),
    ]  # fmt: skip
    assert vpc.tags == {"Name": "Nét", "a,b": "c d ", "people wrote this": ""}
    assert (vpc.annotation.launch, vpc.annotation.owner) == ("network:1", "me")
    assert vpc.annotation.traits == {"class": "GOLD"}
    assert len(cloud.of("GET", BASE)) == 2


async def test_by_id_the_known_ones(driver: Driver) -> None:
    found = await driver.networks.list(asks(), ids=[VPC, PUBLIC, "no/such id"])
    assert [(one.id, one.default) for one in found] == [(VPC, False)]


async def test_networks_of_others(driver: Driver, cloud: Cloud) -> None:
    others = [{**ONE, "tenant_id": "other", "name": name, "id": name, "shared": name == "shared"}
              for name in ("shared", "foreign")]  # fmt: skip
    cloud.answers[f"GET {BASE}/networks"] = Answer({"networks": [*others, {**ONE, "subnets": []}]})
    found = await driver.networks.list(asks())
    assert [(one.name, one.default, one.fixed) for one in found] == [("shared", True, True), ("vpc", False, False)]
    cloud.answers[f"GET {BASE}/networks/foreign"] = Answer({"network": others[1]})
    with pytest.raises(Error) as caught:
        await driver.networks.delete(asks(), "foreign")
    assert (caught.value.kind, caught.value.resource) == (ErrorKind.NOT_FOUND, "network")
    assert cloud.of("DELETE") == []


def making(cloud: Cloud, *, begun: bool = False) -> None:
    """Answers for the creation of a network."""
    whole = json.loads(recorded("networks.json"))["networks"]
    bare = {**ONE, "tags": [], "description": "deltaic:launch=network:1"}

    def networks(asked: Asked) -> Answer:
        if "tags=" in asked.query or "description=" in asked.query:
            return Answer({"networks": [bare] if begun and "description=" in asked.query else []})
        if "router%3Aexternal" in asked.query:
            return Answer({"networks": [one for one in whole if one["router:external"]]})
        return Answer({"networks": whole})

    subnets = json.loads(recorded("subnets.json"))
    first = next(one for one in subnets["subnets"] if one["id"] == FIRST)

    def found(asked: Asked) -> Answer:
        if "description=" in asked.query:
            return Answer({"subnets": [{**first, "description": "deltaic:launch=s-1"}] if begun else []})
        return Answer(subnets)

    cloud.answers |= {
        f"GET {BASE}/networks": networks,
        f"GET {BASE}/subnets": found,
        f"POST {BASE}/networks": Answer({"network": bare}, 201),
        f"POST {BASE}/subnets": Answer({"subnet": first}, 201),
        f"GET {BASE}/ports": Answer({"ports": []}),
        f"GET {BASE}/routers": Answer({"routers": []}),
        f"POST {BASE}/routers": Answer({"router": {"id": ROUTER}}, 201),
        f"PUT {BASE}/routers/{ROUTER}/add_router_interface": Answer({}),
    }


SPEC = NetworkSpec(
    "vpc", "RegionOne", "for databases", mtu=1400, subnets=(SubnetSpec("10.60.0.0/24", "first", marker="s-1"),),
    annotation=Annotation(launch="network:1", tags={"Name": "web"}),
)  # fmt: skip


async def test_a_network_is_made_with_subnet_and_way_out(driver: Driver, cloud: Cloud) -> None:
    making(cloud)
    made = await driver.networks.create(asks(), SPEC)
    assert made.id == VPC
    bodies = [
        (one.method, one.path.removeprefix(BASE), one.json) for one in cloud.asked if one.method in ("POST", "PUT")
    ]
    assert bodies[1:] == [
        ("POST", "/networks", {"network": {"name": "vpc", "description": "deltaic:launch=network:1", "mtu": 1400}}),
        ("POST", "/subnets", {"subnet": {"network_id": VPC, "cidr": "10.60.0.0/24", "ip_version": 4, "name": "first",
                                         "description": "deltaic:launch=s-1"}}),
        ("POST", "/routers", {"router": {"name": "vpc", "description": f"deltaic:network={VPC}",
                                         "external_gateway_info": {"network_id": PUBLIC}}}),
        ("PUT", f"/routers/{ROUTER}/add_router_interface", {"subnet_id": FIRST}),
        ("PUT", f"/networks/{VPC}/tags", {"tags": ["deltaic:launch=network:1", "Name=web"]}),
        ("PUT", f"/networks/{VPC}", {"network": {"description": "for databases"}}),
    ]  # fmt: skip


async def test_what_a_killed_creation_began_is_completed(driver: Driver, cloud: Cloud) -> None:
    making(cloud, begun=True)
    await driver.networks.create(asks(), SPEC)
    assert [one.path.removeprefix(BASE) for one in cloud.of("POST", BASE)] == ["/routers"]
    assert cloud.of("PUT", f"{BASE}/networks/{VPC}/tags")[0].json == {"tags": ["deltaic:launch=network:1", "Name=web"]}


@pytest.mark.parametrize(("status", "type_"), [(409, "OverQuota"), (403, "PolicyNotAuthorized")])
async def test_a_project_may_have_no_more_routers(driver: Driver, cloud: Cloud, status: int, type_: str) -> None:
    making(cloud)
    fault = {"NeutronError": {"type": type_, "message": "No more routers", "detail": ""}}
    cloud.answers[f"POST {BASE}/routers"] = Answer(fault, status)
    assert (await driver.networks.create(asks(), SPEC)).id == VPC


@pytest.mark.parametrize(
    ("spec", "kind", "field"),
    [
        (NetworkSpec("vpc", "RegionOne", vlan=7), ErrorKind.UNSUPPORTED, "vlan"),
        (NetworkSpec("vpc", "RegionOne", annotation=Annotation(tags={"k": "v" * 255})), ErrorKind.INVALID, "tags"),
    ],
)
async def test_impossible_networks(
    driver: Driver, cloud: Cloud, spec: NetworkSpec, kind: ErrorKind, field: str
) -> None:
    with pytest.raises(Error) as caught:
        await driver.networks.create(asks(), spec)
    assert (caught.value.kind, caught.value.field) == (kind, field)
    assert cloud.of("POST", BASE) == []


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        (SubnetSpec("no range"), "cidr"),
        (SubnetSpec("10.0.0.0/24", gateway="10.9.9.9"), "gateway"),
        (SubnetSpec("10.0.0.0/24", gateway="x"), "gateway"),
    ],
)
async def test_impossible_subnets(driver: Driver, cloud: Cloud, spec: SubnetSpec, field: str) -> None:
    with pytest.raises(Error) as caught:
        await driver.networks.create_subnet(asks(), VPC, spec)
    assert (caught.value.kind, caught.value.field) == (ErrorKind.INVALID, field)
    assert cloud.of("POST", BASE) == []


async def test_a_network_is_removed_with_its_way_out(driver: Driver, cloud: Cloud) -> None:
    own = {"id": "p-1", "device_id": ROUTER, "device_owner": "network:router_interface", "network_id": VPC}
    left = {"id": "p-2", "device_id": "", "description": f"deltaic:instance={HOST}", "network_id": VPC}
    cloud.answers |= {
        f"GET {BASE}/ports": [Answer({"ports": [own, left, {"id": "p-3", "device_owner": "network:dhcp"}]}),
                              Answer({"ports": []})],
        f"GET {BASE}/routers": Answer({"routers": [{"id": ROUTER, "description": f"deltaic:network={VPC}"}]}),
        f"PUT {BASE}/routers/{ROUTER}/remove_router_interface": Answer({}),
        f"DELETE {BASE}/ports/p-2": Answer(status=204),
        f"DELETE {BASE}/routers/{ROUTER}": Answer(status=204),
        f"DELETE {BASE}/networks/{VPC}": Answer(status=204),
    }  # fmt: skip
    await driver.networks.delete(asks(), VPC)
    assert cloud.of("PUT", BASE)[0].json == {"port_id": "p-1"}
    assert [one.path.removeprefix(BASE) for one in cloud.of("DELETE")] == [
        "/ports/p-2", f"/routers/{ROUTER}", f"/networks/{VPC}",
    ]  # fmt: skip
    assert f"project_id={PROJECT}" in cloud.of("GET", f"{BASE}/routers")[0].query


async def test_a_network_in_use_keeps_its_way_out(driver: Driver, cloud: Cloud) -> None:
    cloud.answers[f"GET {BASE}/ports"] = Answer(recorded("network_ports.json"))
    with pytest.raises(Error) as caught:
        await driver.networks.delete(asks(), VPC)
    assert (caught.value.kind, caught.value.resource_id) == (ErrorKind.IN_USE, VPC)
    assert [one.method for one in cloud.asked if one.method in ("PUT", "DELETE")] == []


async def test_changes(driver: Driver, cloud: Cloud) -> None:
    await driver.networks.update(asks(), VPC, NetworkChanges(name="db", mtu=0))
    assert [one.json for one in cloud.of("PUT", BASE)] == [{"network": {"name": "db"}}]
    fault = {"NeutronError": {"type": "InvalidInput", "message": "Requested MTU is too big, maximum is 1500."}}
    cloud.answers[f"PUT {BASE}/networks/{VPC}"] = Answer(fault, 400)
    with pytest.raises(Error) as caught:
        await driver.networks.update(asks(), VPC, NetworkChanges(mtu=9000))
    assert (caught.value.kind, caught.value.field) == (ErrorKind.INVALID, "mtu")


async def test_an_annotation_leaves_what_people_wrote(driver: Driver, cloud: Cloud) -> None:
    def edit(old: Annotation) -> Annotation:
        return Annotation(tags={**old.tags, "new": "1"}, launch=old.launch, traits={}, owner="you")

    tags = f"{BASE}/networks/{VPC}/tags"
    before = json.loads(recorded("network.json"))["network"]["tags"]
    after = ["Name=Nét", "a%2Cb=c d%20", "people wrote this", "new=1", "deltaic:launch=network:1",
             'deltaic:note={"owner":"you"}']  # fmt: skip
    added, removed = sorted(set(after) - set(before)), sorted(set(before) - set(after))
    cloud.answers |= {f"PUT {tags}/{text}": Answer() for text in added}
    cloud.answers |= {f"DELETE {tags}/{text}": Answer(status=204) for text in removed}
    await driver.networks.annotate(asks(), VPC, edit)
    assert sorted(one.path for one in cloud.of("PUT")) == [f"{tags}/{text}" for text in added]
    assert sorted(one.path for one in cloud.of("DELETE")) == [f"{tags}/{text}" for text in removed]
    cloud.asked.clear()
    await driver.networks.annotate(asks(), VPC, lambda old: old)
    assert cloud.of("PUT") == []


async def test_subnets_are_removed_with_the_routers_interface(driver: Driver, cloud: Cloud) -> None:
    rows = {one["id"]: one for one in json.loads(recorded("subnets.json"))["subnets"]}
    foreign = next(one for one in rows.values() if one["name"] == "public")
    own = {"id": "p-1", "device_id": ROUTER, "device_owner": "network:router_interface",
           "fixed_ips": [{"subnet_id": FIRST, "ip_address": "10.60.0.1"}]}  # fmt: skip
    elsewhere = {"id": "p-2", "device_id": HOST, "fixed_ips": [{"subnet_id": SIX, "ip_address": "2001:db8:5::9"}]}
    cloud.answers |= {
        f"GET {BASE}/subnets/{FIRST}": Answer({"subnet": rows[FIRST]}),
        f"GET {BASE}/subnets/{foreign['id']}": Answer({"subnet": foreign}),
        f"GET {BASE}/ports": Answer({"ports": [own, elsewhere]}),
        f"PUT {BASE}/routers/{ROUTER}/remove_router_interface": Answer({}),
        f"DELETE {BASE}/subnets/{FIRST}": Answer(status=204),
    }
    await driver.networks.delete_subnet(asks(), FIRST)
    assert [one.json for one in cloud.of("PUT")] == [{"subnet_id": FIRST}]
    assert [one.path for one in cloud.of("DELETE")] == [f"{BASE}/subnets/{FIRST}"]
    with pytest.raises(Error) as caught:
        await driver.networks.delete_subnet(asks(), foreign["id"])
    assert (caught.value.kind, caught.value.resource) == (ErrorKind.NOT_FOUND, "subnet")
    used = {**elsewhere, "fixed_ips": own["fixed_ips"]}
    cloud.answers[f"GET {BASE}/ports"] = Answer({"ports": [own, used]})
    with pytest.raises(Error) as caught:
        await driver.networks.delete_subnet(asks(), FIRST)
    assert (caught.value.kind, caught.value.resource_id) == (ErrorKind.IN_USE, FIRST)
    assert len(cloud.of("PUT")) == 1
