"""Firewalls and public addresses of a cloud that has them."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tests.unit.frontends.conftest import VM
from tests.unit.frontends.deltacloud.conftest import EVERYTHING, Client

SSH = {"protocol": "tcp", "port_from": "22", "port_to": "22"}


@pytest.fixture
def cloud(deltacloud: Client) -> Client:
    """A client of a cloud that has everything."""
    driver = deltacloud.gateway.driver
    driver.capability = EVERYTHING
    machine = driver.instances.machines[VM]
    nics = tuple(replace(nic, instance_id=VM) for nic in machine.nics)
    driver.instances.machines[VM] = replace(machine, nics=nics)
    return deltacloud


async def made(cloud: Client) -> str:
    answer = await cloud.send("POST", "/firewalls", {"name": "web", "description": "Web servers"})
    assert answer.status == 201
    return answer.headers["location"].rpartition("/")[2]


async def test_the_life_of_a_firewall(cloud: Client) -> None:
    firewall_id = await made(cloud)
    where = f"/firewalls/{firewall_id}"
    sources = {"ip_address1": "192.0.2.7", "ip-address2": "2001:db8::/32", "group1": "default", "group1owner": "me"}
    answer = await cloud.send("POST", f"{where}/rules", SSH | sources)
    assert answer.status == 201
    found = await cloud.xml(where)
    assert (found.findtext("name"), found.findtext("description")) == ("web", "Web servers")
    inward = [rule for rule in found.findall("rules/rule") if rule.findtext("direction") == "ingress"]
    assert [(rule.findtext("allow_protocol"), rule.findtext("port_from")) for rule in inward] == [("tcp", "22")] * 3
    assert [rule.find("sources/source").attrib for rule in inward] == [  # type: ignore[union-attr]
        {"prefix": "32", "address": "2001:db8::", "family": "ipv6", "type": "address"},
        {"prefix": "32", "address": "192.0.2.7", "family": "ipv4", "type": "address"},
        {"name": "default", "type": "group", "owner": "admin@internal"},
    ]
    links = {link.get("rel"): link.get("href") for link in inward[0].findall("actions/link")}
    assert str(links["destroy"]).endswith(f"{where}/{inward[0].get('id')}")
    assert (await cloud.send("DELETE", f"{where}/{inward[0].get('id')}")).status == 204
    document = (await cloud.json(where))["firewall"]
    kept = [rule["sources"][0] for rule in document["rules"] if rule["direction"] == "ingress"]
    assert [source["type"] for source in kept] == ["address", "group"]
    assert (await cloud.send("DELETE", where)).status == 204
    assert (await cloud.send("GET", where)).status == 404


@pytest.mark.parametrize(
    ("changed", "status", "named"),
    [
        ({"protocol": "fog"}, 400, "protocol"),
        ({"port_from": "x"}, 400, "port_from"),
        ({"port_to": "65536"}, 400, "port_to"),
        ({"port_to": ""}, 400, "port_to"),
        ({"ip_address1": ""}, 400, "source"),
        ({"ip_address1": "nowhere"}, 400, "nowhere"),
        ({"ip_address1": "", "group1": "nobody"}, 400, "nobody"),
    ],
)
async def test_rules_that_can_not_be(cloud: Client, changed: dict[str, str], status: int, named: str) -> None:
    where = f"/firewalls/{await made(cloud)}"
    before = list(cloud.gateway.driver.security_groups.changes)
    answer = await cloud.send("POST", f"{where}/rules", SSH | {"ip_address1": "192.0.2.0/24"} | changed)
    assert answer.status == status
    assert named in answer.body.decode()
    assert cloud.gateway.driver.security_groups.changes == before


async def test_the_default_firewall_stays(cloud: Client) -> None:
    (own,) = [one for one in (await cloud.xml("/firewalls")).findall("firewall") if one.findtext("name") == "default"]
    assert {link.get("rel") for link in own.findall("actions/link")} == {"rules"}
    assert (await cloud.send("DELETE", f"/firewalls/{own.get('id')}")).status == 405


async def test_the_life_of_an_address(cloud: Client) -> None:
    answer = await cloud.send("POST", "/addresses")
    assert (answer.status, answer.headers["location"].rpartition("/")[2]) == (201, "203.0.113.1")
    where = "/addresses/203.0.113.1"
    free = await cloud.xml(where)
    assert [link.get("rel") for link in free.findall("actions/link")] == ["destroy", "associate"]
    assert (await cloud.send("POST", f"{where}/associate", {"instance_id": VM})).status == 202
    led = await cloud.xml(where)
    assert [link.get("rel") for link in led.findall("actions/link")] == ["destroy", "disassociate"]
    assert (await cloud.json(where))["address"]["instance_id"] == VM
    instance = await cloud.xml(f"/instances/{VM}")
    assert [one.text for one in instance.findall("public_addresses/address")] == ["203.0.113.1"]
    assert (await cloud.send("DELETE", where)).status == 405
    assert (await cloud.send("POST", f"{where}/disassociate")).status == 202
    assert (await cloud.send("DELETE", where)).status == 204
    assert (await cloud.json("/addresses"))["addresses"] == []


async def test_subnets_come_and_go(cloud: Client) -> None:
    networks = await cloud.json("/networks")
    network_id = networks["networks"][0]["id"]
    answer = await cloud.send("POST", "/subnets", {"network_id": network_id, "address_block": "10.9.0.0/24"})
    assert answer.status == 200
    subnet_id = answer.headers["location"].rpartition("/")[2]
    found = (await cloud.json(f"/subnets/{subnet_id}"))["subnet"]
    assert (found["address_block"], found["network"]["id"]) == ("10.9.0.0/24", network_id)
    assert (await cloud.send("DELETE", f"/subnets/{subnet_id}")).status == 204
    assert (await cloud.send("POST", "/subnets", {"network_id": network_id, "address_block": "x"})).status == 400


async def test_a_new_instance_has_its_firewalls_and_runs(cloud: Client) -> None:
    firewall_id = await made(cloud)
    given = {"image_id": "77ea7521-3017-4ee9-bcdf-d566178991c6", "firewalls1": "web", "firewalls2": "default"}
    assert (await cloud.send("POST", "/instances", given)).status == 201
    (spec,) = cloud.gateway.driver.instances.given.values()
    assert (spec.security_group_ids[0], len(spec.security_group_ids)) == (firewall_id, 2)
    assert spec.annotation.want == "running"
