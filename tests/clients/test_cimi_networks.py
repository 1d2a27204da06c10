"""Networks, ports, interfaces and addresses by following links and operations, and what the engine made of it."""

from __future__ import annotations

import base64
import json
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from deltaic.protocols.cimi.negotiation import Format
from tests.clients.cimi_client import CimiClient
from tests.clients.cimi_links import Follower, operation, verbs
from tests.clients.gateway import DEFAULT_CENTER, Gateway
from tests.support.processes import until


@pytest.fixture(params=list(Format), ids=[form.value for form in Format])
def follower(demo: Gateway, request: pytest.FixtureRequest) -> Follower:
    return Follower(CimiClient(demo), request.param)


def last(uri: str) -> str:
    """The id at the end of an address: the engine's own, for what the engine has."""
    return uri.rpartition("/")[2]


def named(follower: Follower, item: str, name: str) -> str:
    return next(one["id"] for one in follower.collection(item)["items"] if one.get("name") == name)


def engine(follower: Follower, path: str) -> Any:
    return follower.client.gateway.engine.get(path)


def remove(follower: Follower, uri: str, name: str) -> None:
    assert follower.send("DELETE", operation(follower.read(uri, name), "delete")).status == 200


def refusal(follower: Follower, method: str, uri: str, name: str = "", document: Any = None) -> tuple[int, str]:
    """Status and words of a request that is refused."""
    answer = follower.send(method, uri, name, document)
    return answer.status, follower.document(answer, "Job")["statusMessage"]


@pytest.fixture
def network(follower: Follower) -> Iterator[dict[str, Any]]:
    """A network of the test's own."""
    template = {"href": named(follower, "NetworkTemplate", "PRIVATE")}
    name = f"backend-{follower.form.value}"
    made = follower.add("Network", {"name": name, "networkTemplate": template}, "NetworkCreate")
    yield made
    remove(follower, made["id"], "Network")


@pytest.fixture
def machine(follower: Follower) -> Iterator[dict[str, Any]]:
    """A stopped machine with one interface."""
    made = new_machine(follower, "wired")
    yield made
    remove(follower, made["id"], "Machine")
    until(lambda: last(made["id"]) not in [vm["id"] for vm in follower.client.gateway.engine.machines()])


def new_machine(follower: Follower, name: str, state: str = "STOPPED", **template: Any) -> dict[str, Any]:
    template |= {"initialState": state, "machineImage": {"href": named(follower, "MachineImage", "Workshop template")}}
    made = follower.add("Machine", {"name": name, "machineTemplate": template}, "MachineCreate")
    until(lambda: follower.read(made["id"], "Machine")["state"] == state)
    return follower.read(made["id"], "Machine")


def interfaces(follower: Follower, machine: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = follower.items(machine["networkInterfaces"]["href"], "MachineNetworkInterface")[
        "items"
    ]
    return found


def nic(follower: Follower, machine: dict[str, Any], interface: dict[str, Any]) -> dict[str, Any]:
    """The engine's vNIC behind an interface."""
    found: dict[str, Any] = engine(follower, f"/vms/{last(machine['id'])}/nics/{last(interface['id'])}")
    return found


def test_the_life_of_a_network(follower: Follower) -> None:
    config = follower.add(
        "NetworkConfiguration", {"name": "jumbo", "networkType": "public", "mtu": 9000, "classOfService": "GOLD"}
    )
    assert config["networkType"] == "PUBLIC"
    template = follower.add("NetworkTemplate", {"name": "j", "networkConfig": {"href": config["id"]}})
    wanted = {
        "name": f"storage-{follower.form.value}",
        "description": "for volumes",
        "properties": {"tier": "<&>"},
        "networkTemplate": {"href": template["id"]},
    }
    made = follower.add("Network", wanted, "NetworkCreate")
    shown = {name: made.get(name) for name in ("state", "networkType", "mtu", "classOfService", "properties")}
    assert shown == {
        "state": "STARTED", "networkType": "PUBLIC", "mtu": 9000, "classOfService": "GOLD",
        "properties": {"tier": "<&>"},
    }  # fmt: skip
    assert made == follower.read(made["id"], "Network")
    assert verbs(made) == {"edit", "delete"}
    assert follower.items(made["networkPorts"]["href"], "NetworkNetworkPort")["items"] == []
    there = engine(follower, f"/networks/{last(made['id'])}")
    assert (there["name"], there["description"], there["mtu"]) == (wanted["name"], "for volumes", "9000")
    clusters = engine(follower, "/clusters")["cluster"]
    reached = {
        one["id"]: [net["required"] for net in engine(follower, f"/clusters/{one['id']}/networks")["network"]
                    if net["id"] == there["id"]]
        for one in clusters if one["data_center"]["id"] == there["data_center"]["id"]
    }  # fmt: skip
    assert set(map(tuple, reached.values())) == {("false",)}
    assert len(engine(follower, f"/networks/{there['id']}/vnicprofiles")["vnic_profile"]) == 1
    # Names are unique in a data center of the engine.
    assert (
        refusal(follower, "POST", operation(follower.collection("Network"), "add"), "NetworkCreate", wanted)[0] == 409
    )
    answer = follower.send(
        "PUT", operation(made, "edit"), "Network", made | {"description": "still", "mtu": 1400, "properties": {}}
    )
    changed = follower.document(answer, "Network")
    assert (answer.status, changed["description"], changed["mtu"], "properties" in changed) == (
        200,
        "still",
        1400,
        False,
    )
    uri = f"{operation(made, 'edit')}?$select=classOfService,name"
    answer = follower.send("PUT", uri, "Network", {"name": f"{wanted['name']}-2", "classOfService": "SILVER"})
    assert answer.status == 200
    there = engine(follower, f"/networks/{last(made['id'])}")
    assert (there["name"], there["description"], there["mtu"]) == (f"{wanted['name']}-2", "still", "1400")
    read = follower.read(made["id"], "Network")
    assert (read["classOfService"], read["networkType"]) == ("SILVER", "PUBLIC")
    assert follower.send("DELETE", operation(read, "delete")).status == 200
    assert follower.send("GET", made["id"]).status == 404
    assert last(made["id"]) not in [one["id"] for one in engine(follower, "/networks")["network"]]
    remove(follower, template["id"], "NetworkTemplate")
    remove(follower, config["id"], "NetworkConfiguration")


@pytest.mark.parametrize(
    ("template", "status", "word"),
    [
        ({"networkConfig": {"mtu": 20}}, 400, "mtu"),
        ({"networkConfig": {"networkType": "SECRET"}}, 400, "networkType"),
        ({"networkConfig": {"mtu": 1500}, "initialState": "STOPPED"}, 400, "initialState"),
        ({"networkConfig": {"href": "network_configurations/none"}}, 404, "none"),
        ({"networkConfig": {"mtu": 1500}, "forwardingGroup": {"href": "forwarding_groups/1"}}, 501, "forwardingGroup"),
        ({}, 400, "networkTemplate"),
    ],
)
def test_networks_that_cannot_be_made(follower: Follower, template: dict[str, Any], status: int, word: str) -> None:
    uri = operation(follower.collection("Network"), "add")
    body = json.dumps({"name": "never", "networkTemplate": template})
    headers = {"Content-Type": "application/json", "Accept": follower.form.media_type}
    answer = follower.client.send("POST", uri, body, headers)
    assert answer.status == status
    assert word in follower.document(answer, "Job")["statusMessage"]
    assert "never" not in [one["name"] for one in engine(follower, "/networks")["network"]]


def test_the_life_of_a_port(follower: Follower, network: dict[str, Any], machine: dict[str, Any]) -> None:
    config = follower.add("NetworkPortConfiguration", {"name": "gold", "portType": "access", "classOfService": "GOLD"})
    template = follower.add(
        "NetworkPortTemplate",
        {"name": "db", "network": {"href": network["id"]}, "networkPortConfig": {"href": config["id"]}},
    )
    wanted = {"name": "db-port", "networkPortTemplate": {"href": template["id"]}}
    port = follower.add("NetworkPort", wanted, "NetworkPortCreate")
    shown = (port["state"], port["network"]["href"], port["portType"], port["classOfService"])
    assert shown == ("STOPPED", network["id"], "ACCESS", "GOLD")
    assert verbs(port) == {"edit", "delete"}
    assert follower.send("PUT", operation(port, "edit"), "NetworkPort", port | {"description": "d"}).status == 200
    assert follower.read(port["id"], "NetworkPort")["description"] == "d"
    # A network that has a port stays.
    assert refusal(follower, "DELETE", operation(network, "delete"))[0] == 409
    uri = machine["networkInterfaces"]["href"]
    made = follower.add("MachineNetworkInterface", {"networkPort": {"href": port["id"]}}, uri=uri)
    assert (made["networkPort"]["href"], made["network"]["href"], made["state"]) == (
        port["id"],
        network["id"],
        "ACTIVE",
    )
    bound = follower.read(port["id"], "NetworkPort")
    assert (bound["state"], bound["network"]["href"], verbs(bound)) == ("STARTED", network["id"], {"edit", "stop"})
    listed = follower.items(network["networkPorts"]["href"], "NetworkNetworkPort")["items"]
    assert [one["networkPort"]["href"] for one in listed] == [port["id"]]
    # It is bound now, and can't be bound twice or forgotten.
    again = {"networkPort": {"href": port["id"]}}
    assert refusal(follower, "POST", uri, "MachineNetworkInterface", again)[0] == 409
    assert refusal(follower, "DELETE", port["id"])[0] == 409
    for verb, linked, state in (("stop", "false", "STOPPED"), ("start", "true", "STARTED")):
        assert follower.send("POST", operation(follower.read(port["id"], "NetworkPort"), verb)).status == 202
        assert nic(follower, machine, made)["linked"] == linked
        assert follower.read(port["id"], "NetworkPort")["state"] == state
    remove(follower, made["id"], "MachineNetworkInterface")
    free = follower.read(port["id"], "NetworkPort")
    assert (free["state"], verbs(free)) == ("STOPPED", {"edit", "delete"})
    # Free again, it is good for another interface.
    made = follower.add("MachineNetworkInterface", again, uri=uri)
    assert made["networkPort"]["href"] == port["id"]
    remove(follower, made["id"], "MachineNetworkInterface")
    for item, one in (("NetworkPort", port), ("NetworkPortTemplate", template), ("NetworkPortConfiguration", config)):
        remove(follower, one["id"], item)
        assert follower.send("GET", one["id"]).status == 404


@pytest.mark.parametrize("state", ["STOPPED", "STARTED"])
def test_the_life_of_an_interface(follower: Follower, network: dict[str, Any], state: str) -> None:
    machine = new_machine(follower, "rewired", state)
    (first,) = interfaces(follower, machine)
    uri = operation(follower.items(machine["networkInterfaces"]["href"], "MachineNetworkInterface"), "add")
    wanted = {"name": "second", "network": {"href": network["id"]}, "state": "PASSIVE"}
    answer = follower.send("POST", uri, "MachineNetworkInterface", wanted)
    assert answer.status == 201, answer.text
    made = follower.document(answer, "MachineNetworkInterface")
    assert (made["name"], made["network"]["href"], made["state"]) == ("second", network["id"], "PASSIVE")
    assert made in interfaces(follower, machine)
    there = nic(follower, machine, made)
    assert (there["linked"], there["plugged"], there["mac"]["address"]) == ("false", "true", made["macAddress"])
    assert refusal(follower, "POST", uri, "MachineNetworkInterface", wanted)[0] == 409
    port = follower.read(made["networkPort"]["href"], "NetworkPort")
    assert (port["state"], port["network"]["href"], verbs(port)) == ("STOPPED", network["id"], {"start"})
    for word, plugged, linked in (
        ("ACTIVE", "true", "true"),
        ("DISABLED", "false", "true"),
        ("ACTIVE", "true", "true"),
    ):
        answer = follower.send(
            "PUT", f"{operation(made, 'edit')}?$select=state", "MachineNetworkInterface", {"state": word}
        )
        assert (answer.status, follower.document(answer, "MachineNetworkInterface")["state"]) == (200, word)
        there = nic(follower, machine, made)
        assert (there["plugged"], there["linked"]) == (plugged, linked)
    other = first["network"]["href"]
    changed = made | {"network": {"href": other}, "state": "ACTIVE", "name": "moved"}
    answer = follower.send("PUT", operation(made, "edit"), "MachineNetworkInterface", changed)
    assert answer.status == 200, answer.text
    read = follower.read(made["id"], "MachineNetworkInterface")
    assert (read["name"], read["network"]["href"], read["state"]) == ("moved", other, "ACTIVE")
    assert refusal(follower, "PUT", f"{made['id']}?$select=mtu", "MachineNetworkInterface", {"mtu": 9000})[0] == 501
    assert refusal(follower, "PUT", f"{made['id']}?$select=state", "MachineNetworkInterface", {"state": "UP"})[0] == 400
    remove(follower, made["id"], "MachineNetworkInterface")
    assert [one["id"] for one in interfaces(follower, machine)] == [first["id"]]
    assert follower.send("GET", made["id"]).status == 404
    assert len(engine(follower, f"/vms/{last(machine['id'])}/nics")["nic"]) == 1
    remove(follower, machine["id"], "Machine")


def test_a_static_address_for_a_new_machine(follower: Follower, network: dict[str, Any]) -> None:
    template = follower.add(
        "AddressTemplate",
        {"name": "db", "mask": "255.255.254.0", "defaultGateway": "10.9.8.1", "dns": ["10.9.8.2", "10.9.8.3"]},
    )
    host = {"xml": "10.9.9.10", "json": "10.9.9.11"}[follower.form.value]
    wanted = {"href": template["id"], "ip": host, "network": {"href": network["id"]}}
    address = follower.add("Address", {"name": "db-1", "addressTemplate": wanted}, "AddressCreate")
    shown = {name: address.get(name) for name in ("ip", "mask", "allocation", "protocol", "defaultGateway", "dns")}
    assert shown == {
        "ip": host, "mask": "255.255.254.0", "allocation": "static", "protocol": "IPv4", "defaultGateway": "10.9.8.1",
        "dns": ["10.9.8.2", "10.9.8.3"],
    }  # fmt: skip
    assert ("resource" in address, verbs(address)) == (False, {"edit", "delete"})
    edited = follower.send("PUT", operation(address, "edit"), "Address", address | {"hostname": "db.example"})
    assert follower.document(edited, "Address")["hostname"] == "db.example"
    port_template = {"networkPortTemplate": {"network": {"href": network["id"]}}}
    port = follower.add("NetworkPort", {"name": "p"} | port_template, "NetworkPortCreate")
    management = {"href": named(follower, "Network", "ovirtmgmt")}
    lines = [
        {"network": management, "state": "PASSIVE"},
        {"networkPort": {"href": port["id"]}, "state": "ACTIVE", "addresses": [{"href": address["id"]}]},
    ]
    machine = new_machine(follower, "db", "STARTED", networkInterfaces=lines)
    vm = last(machine["id"])
    told = engine(follower, f"/vms/{vm}")["initialization"]
    assert told["dns_servers"] == "10.9.8.2 10.9.8.3"
    assert told["nic_configurations"]["nic_configuration"] == [
        {"boot_protocol": "dhcp", "name": "eth0", "on_boot": "true"},
        {
            "boot_protocol": "static",
            "ip": {"address": host, "gateway": "10.9.8.1", "netmask": "255.255.254.0", "version": "v4"},
            "name": "eth1",
            "on_boot": "true",
        },
    ]
    given = json.loads(_delivered(follower, vm)["openstack/latest/network_data.json"])
    assert [(one["link"], one["type"], one.get("ip_address")) for one in given["networks"]] == [
        ("eth0", "ipv4_dhcp", None), ("eth1", "ipv4", host)
    ]  # fmt: skip
    first, second = interfaces(follower, machine)
    assert (first["state"], nic(follower, machine, first)["linked"]) == ("PASSIVE", "false")
    assert (second["networkPort"]["href"], second["network"]["href"]) == (port["id"], network["id"])
    until(lambda: follower.items(second["addresses"]["href"], "MachineNetworkInterfaceAddress")["items"])
    (used,) = follower.items(second["addresses"]["href"], "MachineNetworkInterfaceAddress")["items"]
    assert used["address"]["href"] == address["id"]
    read = follower.read(address["id"], "Address")
    assert (read["resource"]["href"], verbs(read)) == (machine["id"], {"edit"})
    assert [one["id"] for one in follower.collection("Address")["items"] if one["ip"] == host] == [address["id"]]
    # Nobody else gets it, and it is not forgotten, while the machine has it.
    uri = operation(follower.collection("Machine"), "add")
    taken = {"network": {"href": network["id"]}, "state": "ACTIVE", "addresses": [{"href": address["id"]}]}
    image = {"href": named(follower, "MachineImage", "Workshop template")}
    again = {"name": "second", "machineTemplate": {"machineImage": image, "networkInterfaces": [taken]}}
    status, words = refusal(follower, "POST", uri, "MachineCreate", again)
    assert (status, last(address["id"]) in words) == (409, True)
    assert refusal(follower, "DELETE", address["id"])[0] == 409
    remove(follower, machine["id"], "Machine")
    for item, one in (("Address", address), ("NetworkPort", port), ("AddressTemplate", template)):
        remove(follower, one["id"], item)
    until(lambda: vm not in [one["id"] for one in follower.client.gateway.engine.machines()])


def _delivered(follower: Follower, vm: str) -> dict[str, str]:
    """What the engine handed to a guest at its start, by file."""
    root = follower.client.gateway.engine_url.removesuffix("/ovirt-engine/api")
    with urllib.request.urlopen(f"{root}/ovirt-engine-sim/vms/{vm}/delivered", timeout=30) as answer:
        found = json.load(answer)
    return {name: base64.b64decode(text).decode() for one in found["media"] for name, text in one["files"].items()}


@pytest.mark.parametrize(
    ("template", "status", "word"),
    [
        ({"mask": "24"}, 400, "ip"),
        ({"ip": "10.0.0.300"}, 400, "ip"),
        ({"ip": "127.0.0.1"}, 400, "127.0.0.1"),
        ({"ip": "10.0.0.3", "protocol": "IPv6"}, 400, "ip"),
        ({"ip": "10.0.0.3", "mask": "255.0.255.0"}, 400, "mask"),
        ({"ip": "10.0.0.3", "allocation": "dynamic"}, 400, "allocation"),
        ({"ip": "10.0.0.3", "dns": ["one.example"]}, 400, "dns"),
        ({"ip": "10.0.0.3", "network": {"href": "networks/none"}}, 404, "none"),
        ({"ip": "10.0.0.3", "network": {"href": "http://elsewhere.example/cimi/networks/1"}}, 400, "network"),
    ],
)
def test_addresses_that_cannot_be_kept(follower: Follower, template: dict[str, Any], status: int, word: str) -> None:
    uri = operation(follower.collection("Address"), "add")
    answer = follower.client.send(
        "POST",
        uri,
        json.dumps({"addressTemplate": template}),
        {"Content-Type": "application/json", "Accept": follower.form.media_type},
    )
    assert answer.status == status, answer.text
    assert word in follower.document(answer, "Job")["statusMessage"]


def test_what_guests_report_is_theirs(follower: Follower) -> None:
    reported = next(one for one in follower.collection("Address")["items"] if one["allocation"] == "dynamic")
    assert verbs(reported) == set()
    assert follower.read(reported["resource"]["href"], "Machine")["id"] == reported["resource"]["href"]
    assert refusal(follower, "DELETE", reported["id"])[0] == 409
    assert refusal(follower, "PUT", reported["id"], "Address", {"hostname": "mine"})[0] == 409


def test_one_user_never_sees_anothers_ports_and_addresses(follower: Follower) -> None:
    other = Follower(follower.client, follower.form, "user@internal")
    network = {"href": named(follower, "Network", "ovirtmgmt")}
    port = follower.add("NetworkPort", {"networkPortTemplate": {"network": network}}, "NetworkPortCreate")
    address = follower.add("Address", {"addressTemplate": {"ip": "10.77.0.1"}}, "AddressCreate")
    for item, one in (("NetworkPort", port), ("Address", address)):
        assert one["id"] not in [found["id"] for found in other.collection(item)["items"]]
        assert other.send("GET", one["id"]).status == 404
        assert other.send("DELETE", one["id"]).status == 404
        remove(follower, one["id"], item)


def test_networks_are_of_one_data_center(follower: Follower, network: dict[str, Any]) -> None:
    """The demo's gateway serves all of them: a new network is where machines without a zone are made, too."""
    assert engine(follower, f"/networks/{last(network['id'])}")["data_center"]["id"] == DEFAULT_CENTER


def test_who_may_make_networks_is_the_engines_business(follower: Follower, network: dict[str, Any]) -> None:
    other = Follower(follower.client, follower.form, "user@internal")
    wanted = {"name": "forbidden", "networkTemplate": {"networkConfig": {"mtu": 1500}}}
    uri = operation(follower.collection("Network"), "add")
    assert refusal(other, "POST", uri, "NetworkCreate", wanted)[0] == 403
    assert "forbidden" not in [one["name"] for one in engine(follower, "/networks")["network"]]
    assert refusal(other, "PUT", f"{network['id']}?$select=mtu", "Network", {"mtu": 1400})[0] in (403, 404)
    assert refusal(other, "DELETE", network["id"])[0] in (403, 404)
    assert follower.read(network["id"], "Network") == network
