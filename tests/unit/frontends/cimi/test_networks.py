"""Networks, ports, interfaces and addresses over the real services and a cloud in memory."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from deltaic.model.errors import Error, ErrorKind
from deltaic.model.instance import InstanceSpec, InstanceState
from deltaic.model.nic import NicChanges, NicConfiguration
from tests.unit.frontends.cimi.conftest import BASE, Client, job
from tests.unit.frontends.conftest import IMAGE, NETWORK, NIC, OTHER_VM, SECOND_NETWORK, VM

IMAGE_REF = {"href": f"{BASE}/machine_images/{IMAGE}"}
GUESTS = {"href": f"{BASE}/networks/{SECOND_NETWORK}"}
MANAGEMENT = {"href": f"{BASE}/networks/{NETWORK}"}


def path(uri: str) -> str:
    assert uri.startswith(BASE)
    return uri.removeprefix(BASE)


def last(uri: str) -> str:
    return uri.rpartition("/")[2]


def rels(document: dict[str, Any]) -> list[str]:
    return [last(one["rel"]) for one in document.get("operations", ())]


async def made(cimi: Client, where: str, document: dict[str, Any]) -> dict[str, Any]:
    answer = await cimi.post(where, document)
    assert answer.status == 201, answer.text
    found: dict[str, Any] = json.loads(answer.body)
    return found


async def port(cimi: Client, **wanted: Any) -> dict[str, Any]:
    return await made(cimi, "/network_ports", wanted | {"networkPortTemplate": {"network": GUESTS}})


async def address(cimi: Client, **template: Any) -> dict[str, Any]:
    return await made(cimi, "/addresses", {"addressTemplate": template})


async def put(cimi: Client, uri: str, document: dict[str, Any], query: str = "") -> Any:
    headers = {"Content_Type": "application/json", "Accept": "application/json"}
    return await cimi.send("PUT", path(uri), json.dumps(document), query, **headers)


async def interfaces(cimi: Client, machine: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await cimi.get(f"/machines/{machine}/networkInterfaces")).get(
        "machineNetworkInterfaces", []
    )
    return found


async def launched(cimi: Client, *lines: dict[str, Any]) -> InstanceSpec:
    template = {"machineImage": IMAGE_REF, "networkInterfaces": list(lines)}
    machine = await made(cimi, "/machines", {"name": "new", "machineTemplate": template})
    return cimi.gateway.driver.instances.given[last(machine["id"])]


async def test_networks_say_what_is_kept_with_them(cimi: Client) -> None:
    config = {"networkType": "private", "mtu": 9000, "classOfService": "GOLD"}
    wanted = {"name": "backend", "properties": {"a": "b"}, "networkTemplate": {"networkConfig": config}}
    network = await made(cimi, "/networks", wanted)
    uri = network["id"]
    assert await cimi.get(path(uri)) == network
    assert datetime.fromisoformat(network.pop("created")) <= datetime.now(UTC)
    assert network == {
        "resourceURI": "http://schemas.dmtf.org/cimi/1/Network",
        "id": uri,
        "name": "backend",
        "properties": {"a": "b"},
        "state": "STARTED",
        "networkType": "PRIVATE",
        "mtu": 9000,
        "classOfService": "GOLD",
        "networkPorts": {"href": f"{uri}/networkPorts"},
        "operations": [{"rel": "edit", "href": uri}, {"rel": "delete", "href": uri}],
    }
    assert rels(await cimi.get(path(MANAGEMENT["href"]))) == ["edit"]


async def test_a_whole_put_erases_what_it_lacks_and_keeps_the_name(cimi: Client) -> None:
    config = {"networkType": "PRIVATE", "mtu": 9000, "classOfService": "GOLD"}
    wanted = {"name": "backend", "description": "d", "networkTemplate": {"networkConfig": config}}
    network = await made(cimi, "/networks", wanted)
    answer = await put(cimi, network["id"], {})
    changed = json.loads(answer.body)
    assert (answer.status, changed["name"], changed["networkType"]) == (200, "backend", "PRIVATE")
    assert {"description", "mtu", "classOfService", "properties"}.isdisjoint(changed)
    refused = await put(cimi, network["id"], {"mtu": 20}, "$select=mtu")
    assert (refused.status, "mtu" in job(refused)["statusMessage"]) == (400, True)


async def test_ports_of_machines_are_their_interfaces(cimi: Client) -> None:
    (found,) = (await cimi.get("/network_ports"))["networkPorts"]
    uri = f"{BASE}/network_ports/{NIC}"
    assert found == {
        "resourceURI": "http://schemas.dmtf.org/cimi/1/NetworkPort",
        "id": uri,
        "name": "nic1",
        "description": "Interface of vm1",
        "state": "STARTED",
        "network": MANAGEMENT,
        "portType": "ACCESS",
        "operations": [{"rel": "http://schemas.dmtf.org/cimi/1/action/stop", "href": f"{uri}/stop"}],
    }
    assert await cimi.get(path(uri)) == found
    assert (await put(cimi, uri, {"name": "mine"})).status == 501
    assert (await cimi.send("DELETE", path(uri))).status == 409
    assert (await cimi.send("POST", f"{path(uri)}/stop")).status == 202
    assert (await cimi.get(path(uri)))["state"] == "STOPPED"
    below = await cimi.get(f"/networks/{NETWORK}/networkPorts", "$expand=networkPort")
    assert [one["networkPort"]["name"] for one in below["networkNetworkPorts"]] == ["nic1"]
    assert (await cimi.get(f"/networks/{SECOND_NETWORK}/networkPorts"))["count"] == 0


async def test_a_port_that_waits_can_not_be_switched(cimi: Client) -> None:
    waiting = await port(cimi, name="p")
    assert (waiting["state"], rels(waiting)) == ("STOPPED", ["edit", "delete"])
    answer = await cimi.send("POST", f"{path(waiting['id'])}/start", Accept="application/json")
    assert (answer.status, job(answer)["state"]) == (409, "FAILED")
    assert (await cimi.send("POST", "/network_ports/none/start")).status == 404


async def test_a_port_whose_network_is_gone_is_an_error(cimi: Client) -> None:
    waiting = await port(cimi)
    networks = cimi.gateway.driver.networks
    networks.rows = [one for one in networks.rows if one.id != SECOND_NETWORK]
    shown = await cimi.get(path(waiting["id"]))
    assert (shown["state"], "network" in shown) == ("ERROR", False)
    assert shown in (await cimi.get("/network_ports"))["networkPorts"]
    added = await cimi.post(f"/machines/{VM}/networkInterfaces", {"networkPort": {"href": waiting["id"]}})
    assert (added.status, "network" in job(added)["statusMessage"]) == (404, True)


@pytest.mark.parametrize(
    ("template", "status", "word"),
    [
        ({}, 400, "networkPortTemplate"),
        ({"networkPortConfig": {"portType": "ACCESS"}}, 400, "network"),
        ({"network": GUESTS, "networkPortConfig": {"portType": "TRUNK"}}, 501, "portType"),
        ({"network": GUESTS, "networkPortConfig": {"portType": "SOCKET"}}, 400, "portType"),
        ({"network": {"href": f"{BASE}/networks/none"}}, 404, "none"),
        ({"network": {"href": f"{BASE}/machines/{VM}"}}, 400, "network"),
        ({"network": GUESTS, "meterTemplates": [{"href": "meter_templates/1"}]}, 501, "meterTemplates"),
    ],
)
async def test_ports_that_cannot_be_kept(cimi: Client, template: dict[str, Any], status: int, word: str) -> None:
    answer = await cimi.post("/network_ports", {"networkPortTemplate": template})
    assert (answer.status, word in job(answer)["statusMessage"]) == (status, True)


async def test_a_new_machine_carries_its_ports_and_keeps_them_when_places_change(cimi: Client) -> None:
    first, second = await port(cimi, name="first"), await port(cimi, name="second")
    spec = await launched(
        cimi,
        {"networkPort": {"href": first["id"]}, "state": "ACTIVE"},
        {"network": MANAGEMENT, "state": "passive"},
        {"networkPort": {"href": second["id"]}, "network": GUESTS, "state": "DISABLED"},
    )
    assert spec.network_ids == (SECOND_NETWORK, NETWORK, SECOND_NETWORK)
    assert spec.nic_changes == (NicChanges(), NicChanges(linked=False), NicChanges(plugged=False))
    assert spec.nic_configurations == ()
    await cimi.gateway.operations.result(f"launch:{spec.annotation.launch}", 5)
    (machine,) = [one for one in cimi.gateway.machines.values() if one.name == "new"]
    # The cloud in memory gives no interfaces to new machines: they are those that were asked for.
    nics = tuple(
        replace(cimi.gateway.machines[VM].nics[0], id=f"{number}1c00000-1111-4222-8333-444455556666",
                name=f"nic{number}", network_id=network, instance_id=machine.id, ipv4=(), ipv6=())
        for number, network in enumerate(spec.network_ids, 1)
    )  # fmt: skip
    cimi.gateway.machines[machine.id] = replace(machine, nics=nics)
    shown = await interfaces(cimi, machine.id)
    own = f"{BASE}/network_ports/{nics[1].id}"
    assert [one["networkPort"]["href"] for one in shown] == [first["id"], own, second["id"]]
    assert (await cimi.get(path(first["id"])))["state"] == "STARTED"
    # The second interface goes: the third one, now second, is still the second port.
    assert (await cimi.send("DELETE", path(shown[1]["id"]))).status == 200
    assert [one["networkPort"]["href"] for one in await interfaces(cimi, machine.id)] == [first["id"], second["id"]]
    # The first goes, too: its port waits, and does not take the place of what moved up.
    assert (await cimi.send("DELETE", path(shown[0]["id"]))).status == 200
    assert [one["networkPort"]["href"] for one in await interfaces(cimi, machine.id)] == [second["id"]]
    assert rels(await cimi.get(path(first["id"]))) == ["edit", "delete"]
    again = await made(cimi, f"/machines/{OTHER_VM}/networkInterfaces", {"networkPort": {"href": first["id"]}})
    assert (again["networkPort"]["href"], again["name"]) == (first["id"], f"port-{last(first['id'])}")


async def test_an_interface_of_a_port_stays_on_its_network(cimi: Client) -> None:
    bound = await port(cimi)
    where = f"/machines/{VM}/networkInterfaces"
    wrong = await cimi.post(where, {"networkPort": {"href": bound["id"]}, "network": MANAGEMENT})
    assert (wrong.status, "networkPort" in job(wrong)["statusMessage"]) == (400, True)
    interface = await made(cimi, where, {"networkPort": {"href": bound["id"]}, "network": GUESTS})
    moved = await put(cimi, interface["id"], {"network": MANAGEMENT}, "$select=network")
    assert (moved.status, job(moved)["state"]) == (409, "FAILED")
    assert (await put(cimi, interface["id"], {"network": GUESTS}, "$select=network")).status == 200


@pytest.mark.parametrize(
    ("wanted", "status", "word"),
    [
        ({}, 400, "network"),
        ({"network": {"href": f"{BASE}/networks/none"}}, 404, "none"),
        ({"network": GUESTS, "state": "UP"}, 400, "state"),
        ({"network": GUESTS, "mtu": 9000}, 501, "mtu"),
        ({"network": GUESTS, "macAddress": "nonsense"}, 400, "mac"),
        ({"network": GUESTS, "name": "nic1"}, 409, "nic1"),
        ({"network": GUESTS, "name": "n" * 60}, 400, "name"),
        ({"networkPort": {"href": f"{BASE}/network_ports/none"}}, 404, "none"),
        ({"networkPort": {"href": f"{BASE}/network_ports/{NIC}"}}, 409, NIC),
        ({"networkPort": {"href": "http://elsewhere.example/network_ports/1"}}, 400, "host"),
    ],
)
async def test_interfaces_that_cannot_be_added(cimi: Client, wanted: dict[str, Any], status: int, word: str) -> None:
    answer = await cimi.post(f"/machines/{VM}/networkInterfaces", wanted)
    assert (answer.status, word in job(answer)["statusMessage"]) == (status, True)
    assert [nic.id for nic in cimi.gateway.machines[VM].nics] == [NIC]


async def test_the_usual_mtu_is_no_wish(cimi: Client) -> None:
    wanted = {"network": GUESTS, "mtu": 1500, "macAddress": "56:6F:0A:0B:0C:0D"}
    interface = await made(cimi, f"/machines/{VM}/networkInterfaces", wanted)
    assert (interface["state"], interface["macAddress"]) == ("ACTIVE", "56:6f:0a:0b:0c:0d")


async def test_what_a_busy_machine_does_not_allow_yet_is_done_by_a_flow(cimi: Client) -> None:
    cimi.gateway.driver.instances.become(VM, InstanceState.STARTING)
    (interface,) = await interfaces(cimi, VM)
    assert rels(interface) == ["edit", "delete"]
    assert (await put(cimi, interface["id"], {"state": "DISABLED"}, "$select=state")).status == 200
    cimi.gateway.driver.instances.become(VM, InstanceState.RUNNING)
    (flow,) = [flow_id for name, flow_id in cimi.gateway.operations.started if name == "interface-update"]
    assert await cimi.gateway.operations.result(flow, 5) == b"changed"
    assert [one["state"] for one in await interfaces(cimi, VM)] == ["DISABLED"]


async def test_a_machine_at_rest_offers_no_change_of_its_interfaces(cimi: Client) -> None:
    cimi.gateway.driver.instances.become(VM, InstanceState.SUSPENDED)
    (interface,) = await interfaces(cimi, VM)
    assert rels(interface) == []
    assert (await cimi.send("DELETE", path(interface["id"]))).status == 409
    assert rels(await cimi.get(f"/network_ports/{NIC}")) == []


async def test_a_fixed_address_takes_its_mask_from_its_network(cimi: Client) -> None:
    """The network of these tests says in its comment that it is 10.1.0.0/24."""
    kept = await address(cimi, ip="10.1.0.9", network=GUESTS)
    spec = await launched(cimi, {"network": GUESTS, "state": "ACTIVE", "addresses": [{"href": kept["id"]}]})
    assert spec.nic_configurations == (NicConfiguration("10.1.0.9", 24),)


async def test_an_address_by_value(cimi: Client) -> None:
    given = {"ip": "2001:DB8::9", "mask": "64", "defaultGateway": "2001:db8::1", "dns": ["2001:db8::2"]}
    spec = await launched(cimi, {"network": GUESTS, "state": "ACTIVE", "addresses": [given]})
    assert spec.nic_configurations == (NicConfiguration("2001:db8::9", 64, "2001:db8::1", ("2001:db8::2",)),)


@pytest.mark.parametrize(
    ("lines", "status", "word"),
    [
        ([{"network": GUESTS, "addresses": [{"ip": "10.2.0.9"}]}], 400, "mask"),
        ([{"network": GUESTS, "addresses": [{"ip": "10.1.0.9", "defaultGateway": "10.2.0.1"}]}], 400, "10.2.0.1"),
        ([{"network": GUESTS, "addresses": [{"ip": "10.1.0.9"}, {"ip": "10.1.0.10"}]}], 501, "address"),
        ([{"network": GUESTS, "addresses": [{"ip": "10.1.0.9"}]}] * 2, 400, "address"),
        ([{"network": MANAGEMENT, "addresses": [{"ip": "192.168.1.27", "mask": "24"}]}], 409, "192.168.1.27"),
        ([{"network": GUESTS, "addresses": [{"ip": "10.1.0.9", "network": MANAGEMENT}]}], 400, "network"),
        ([{"network": GUESTS, "addresses": [{"href": f"{BASE}/addresses/{NIC}_192.168.1.27"}]}], 409, "guest"),
        ([{"network": GUESTS, "addresses": [{"href": f"{BASE}/addresses/none"}]}], 404, "none"),
        ([{"state": "ACTIVE"}], 400, "network"),
    ],
)
async def test_interfaces_no_machine_can_have(
    cimi: Client, lines: list[dict[str, Any]], status: int, word: str
) -> None:
    template = {"machineImage": IMAGE_REF, "networkInterfaces": lines}
    answer = await cimi.post("/machines", {"machineTemplate": template})
    assert (answer.status, word in job(answer)["statusMessage"]) == (status, True), answer.text
    assert cimi.gateway.driver.instances.given == {}


async def test_addresses_tell_who_has_them(cimi: Client) -> None:
    free = await address(cimi, ip="192.168.1.28", network=MANAGEMENT)
    assert ("resource" in free, rels(free)) == (False, ["edit", "delete"])
    # The same address elsewhere is another one.
    elsewhere = await address(cimi, ip="192.168.1.27", network=GUESTS)
    used = await address(cimi, ip="192.168.1.27", network=MANAGEMENT)
    assert (used["resource"]["href"], rels(used)) == (f"{BASE}/machines/{VM}", ["edit"])
    assert "resource" not in await cimi.get(path(elsewhere["id"]))
    listed = (await cimi.get("/addresses"))["addresses"]
    assert [(one["ip"], one["allocation"]) for one in listed] == [
        ("192.168.1.28", "static"), ("192.168.1.27", "static"), ("192.168.1.27", "static"), ("2001:db8::27", "dynamic"),
    ]  # fmt: skip
    below = (await cimi.get(f"/machines/{VM}/networkInterfaces/{NIC}/addresses"))["machineNetworkInterfaceAddresses"]
    assert below[0]["address"]["href"] == used["id"]
    again = await cimi.post("/addresses", {"addressTemplate": {"ip": "192.168.1.28", "network": MANAGEMENT}})
    assert (again.status, "192.168.1.28" in job(again)["statusMessage"]) == (409, True)


async def test_an_address_whose_network_is_gone_shows_none(cimi: Client) -> None:
    kept = await address(cimi, ip="10.1.0.9", network=GUESTS)
    networks = cimi.gateway.driver.networks
    networks.rows = [one for one in networks.rows if one.id != SECOND_NETWORK]
    assert "network" not in await cimi.get(path(kept["id"]))


async def test_a_refusal_of_the_cloud_is_told_in_its_words(cimi: Client) -> None:
    cimi.gateway.driver.networks.faults["delete"] = [Error(ErrorKind.IN_USE, "The network is used by VMs: web")]
    answer = await cimi.send("DELETE", f"/networks/{SECOND_NETWORK}", Accept="application/json")
    assert (answer.status, job(answer)["statusMessage"]) == (409, "The network is used by VMs: web")
