"""A cloud with public addresses, whose machines start by themselves, without snapshots of machines or figures."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec.structs import replace

from tests.fakes.addresses import POOL
from tests.unit.frontends.cimi.conftest import BASE, CAPABILITY, Client, job
from tests.unit.frontends.conftest import IMAGE, NETWORK, NIC, VM, Gateway

POOL_URI = f"{BASE}/networks/{POOL.id}"
INTERFACE = f"/machines/{VM}/networkInterfaces/{NIC}/addresses"
OTHERS = replace(
    CAPABILITY,
    addresses_list=True,
    addresses_create=True,
    addresses_update=True,
    addresses_associate=True,
    addresses_delete=True,
    instances_create_runs=True,
    instances_create_with_image_size=False,
    instances_start_paused=False,
    instances_suspend=False,
    instance_snapshots_list=False,
    instance_snapshots_create=False,
    instance_snapshots_restore=False,
    metrics_read=False,
    metrics_read_volume=False,
    events_list=False,
)


@pytest.fixture(autouse=True)
def other(gateway: Gateway, capable: None) -> None:
    gateway.driver.capability = OTHERS
    machines = gateway.driver.instances.machines
    nics = tuple(replace(nic, instance_id=VM) for nic in machines[VM].nics)
    machines[VM] = replace(machines[VM], nics=nics)


async def made(cimi: Client, **members: Any) -> dict[str, Any]:
    """A public address, allocated through the pool's own template."""
    (template,) = (await cimi.get("/address_templates"))["addressTemplates"]
    answer = await cimi.post("/addresses", {"addressTemplate": {"href": template["id"]}, **members})
    assert answer.status == 201, answer.text
    document: dict[str, Any] = json.loads(answer.body)
    return document


def verbs(document: dict[str, Any]) -> list[str]:
    return [one["rel"].rpartition("/")[2] for one in document.get("operations", ())]


async def test_pools_are_public_networks_and_templates(cimi: Client) -> None:
    (template,) = (await cimi.get("/address_templates"))["addressTemplates"]
    assert (template["name"], template["allocation"]) == ("public", "static")
    assert template["network"] == {"href": POOL_URI}
    pool = await cimi.get(f"/networks/{POOL.id}")
    assert (pool["name"], pool["networkType"], pool["state"]) == ("public", "PUBLIC", "STARTED")
    assert "operations" not in pool
    assert (await cimi.get("/networks"))["networks"][-1]["id"] == POOL_URI
    assert (await cimi.send("DELETE", f"/networks/{POOL.id}")).status == 403
    interface = {"network": {"href": POOL_URI}}
    template = {"machineImage": {"href": IMAGE}, "networkInterfaces": [interface]}
    refused = await cimi.post("/machines", {"machineTemplate": template})
    assert (refused.status, "network" in refused.text) == (400, True)


async def test_an_address_is_allocated_named_led_and_given_back(cimi: Client, gateway: Gateway) -> None:
    address = await made(cimi, name="mine", properties={"for": "tests"})
    (held,) = gateway.driver.addresses.rows
    assert (address["id"], address["ip"]) == (f"{BASE}/addresses/{held.id}", held.ip)
    assert (address["name"], address["properties"]) == ("mine", {"for": "tests"})
    assert (address["allocation"], address["protocol"]) == ("static", "IPv4")
    assert address["network"] == {"href": POOL_URI}
    assert "resource" not in address
    assert verbs(address) == ["edit", "delete"]
    assert held.tags == {"Name": "mine", "for": "tests"}

    led = await cimi.post(INTERFACE, {"address": {"href": address["id"]}})
    assert led.status == 201, led.text
    assert json.loads(led.body)["address"] == {"href": address["id"]}
    address = await cimi.get(f"/addresses/{held.id}")
    assert (address["resource"], verbs(address)) == ({"href": f"{BASE}/machines/{VM}"}, ["edit"])
    assert gateway.driver.addresses.rows[0].nic_id == NIC
    assert (await cimi.post(INTERFACE, {"address": {"href": address["id"]}})).status == 201
    assert (await cimi.send("DELETE", f"/addresses/{held.id}")).status == 409

    second = await made(cimi)
    full = await cimi.post(INTERFACE, {"address": {"href": second["id"]}})
    assert (full.status, job(full)["statusMessage"]) == (
        409, f"The public address '{held.ip}' leads to the interface already",
    )  # fmt: skip
    listed = (await cimi.get(INTERFACE))["machineNetworkInterfaceAddresses"]
    (there,) = [one for one in listed if one["address"]["href"] == address["id"]]
    assert verbs(there) == ["delete"]
    assert (await cimi.send("DELETE", f"{INTERFACE}/{held.id}")).status == 200
    assert gateway.driver.addresses.rows[0].nic_id == ""
    for one in (address, second):
        assert (await cimi.send("DELETE", one["id"].removeprefix(BASE))).status == 200
    assert gateway.driver.addresses.rows == []


async def test_what_is_refused(cimi: Client) -> None:
    template = {"network": {"href": POOL_URI}}
    told = await cimi.post("/addresses", {"addressTemplate": {**template, "mask": "24"}})
    assert (told.status, job(told)["statusMessage"]) == (501, "No guest is told the mask of a public address")
    assert (await cimi.post(INTERFACE, {"address": {}})).status == 400
    own = {"addressTemplate": {"ip": "192.0.2.9", "mask": "24", "network": {"href": f"networks/{NETWORK}"}}}
    kept = await cimi.post("/addresses", own)
    assert kept.status == 201, kept.text
    assert (await cimi.post(INTERFACE, {"address": {"href": json.loads(kept.body)["id"]}})).status == 501
    address = await made(cimi)
    machine = {"machineImage": {"href": IMAGE}, "networkInterfaces": [
        {"network": {"href": f"networks/{NETWORK}"}, "addresses": [{"href": address["id"]}]}
    ]}  # fmt: skip
    early = await cimi.post("/machines", {"machineTemplate": machine})
    assert (early.status, "public address" in early.text) == (501, True)


async def test_an_address_gets_new_names_and_properties(cimi: Client, gateway: Gateway) -> None:
    address = await made(cimi, name="mine", properties={"a": "b"})
    path = address["id"].removeprefix(BASE)
    body, sent = json.dumps({"name": "new", "description": "d"}), {"Content_Type": "application/json"}
    assert (await cimi.send("PUT", path, body, **sent)).status == 200
    (held,) = gateway.driver.addresses.rows
    assert (held.description, held.tags) == ("d", {"Name": "new"})
    refused = await cimi.send("PUT", path, json.dumps({"hostname": "www.example"}), **sent)
    assert refused.status == 501


async def test_what_the_cloud_has_not_is_not_told_of(cimi: Client) -> None:
    entry = await cimi.get("/cloudEntryPoint")
    absent = {"meters", "meterTemplates", "meterConfigs", "eventLogs", "eventLogTemplates"}
    assert absent & entry.keys() == set()
    machine = await cimi.get(f"/machines/{VM}")
    assert {"snapshots", "meters", "eventLog"} & machine.keys() == set()
    assert {"suspend", "snapshot", "restore"} & set(verbs(machine)) == set()
    assert {"stop", "restart", "capture"} <= set(verbs(machine))
    for path in ("/meters", "/event_logs", f"/machines/{VM}/snapshots", f"/machines/{VM}/meters"):
        assert (await cimi.send("GET", path)).status == 404
    action = {"action": "http://schemas.dmtf.org/cimi/1/action/suspend"}
    assert (await cimi.post(f"/machines/{VM}/suspend", action)).status == 404
    snapshot = {"type": "SNAPSHOT", "imageLocation": f"machines/{VM}"}
    assert (await cimi.post("/machine_images", snapshot)).status == 501


async def test_capabilities_and_templates_follow_the_cloud(cimi: Client, gateway: Gateway) -> None:
    told = await cimi.get("/resource_metadata/Machine")
    values = {one["uri"].rpartition("/")[2]: one["value"] for one in told["capabilities"]}
    assert (values["DefaultInitialState"], values["InitialStates"]) == ("STARTED", "STOPPED,STARTED")
    verbs_told = {one["uri"].rpartition("/")[2] for one in told["actions"]}
    assert {"start", "stop", "restart", "capture"} <= verbs_told
    assert {"suspend", "snapshot", "restore"} & verbs_told == set()
    template = (await cimi.get("/machine_templates"))["machineTemplates"][0]
    assert (template["initialState"], "machineConfig" in template) == ("STARTED", False)
    answer = await cimi.post("/machines", {"machineTemplate": {"href": template["id"]}})
    assert answer.status == 201, answer.text
    wanted = list(gateway.driver.instances.given.values())[-1].annotation.want
    assert str(wanted) == "running"


async def test_the_entry_point_of_a_cloud_that_has_them(cimi: Client, gateway: Gateway) -> None:
    gateway.driver.capability = CAPABILITY
    entry = await cimi.get("/cloudEntryPoint")
    assert {"meters", "meterTemplates", "meterConfigs", "eventLogs", "eventLogTemplates"} <= entry.keys()
    assert (await cimi.get("/networks"))["networks"][-1]["id"] != POOL_URI
    assert (await cimi.send("POST", INTERFACE)).status == 405
