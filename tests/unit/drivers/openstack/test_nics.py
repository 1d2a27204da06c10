"""Interfaces: ports and compute's plugging of them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from deltaic.driver import Driver
from deltaic.drivers.openstack import DRIVER
from deltaic.drivers.openstack.interfaces import InterfaceReader
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.nic import NicChanges, NicSpec
from tests.unit.drivers.openstack.cloud import PROJECT, Answer, Asked, Cloud, asks, recorded

BASE = "/network/v2.0"
HOST = "37890f4d-45e7-44fa-8dd7-70fde43e135a"
PORT = "10cd3798-c701-42fd-af5b-59f25050161c"
INSIDE = "6c5ea201-fa77-4fff-b315-2e68a9bf4b1a"
NOWHERE = "00000000-0000-4000-8000-00000000dead"
PLUGS = f"/compute/v2.1/servers/{HOST}/os-interface"
ONE: dict[str, Any] = json.loads(recorded("port.json"))["port"]
MINE = {**ONE, "description": f"deltaic:instance={HOST}"}
PLUGGED = Answer({"interfaceAttachment": {"port_id": PORT}})


@pytest.fixture
async def driver(cloud: Cloud) -> AsyncIterator[Driver]:
    cloud.answers |= {
        f"GET {BASE}/ports": Answer({"ports": []}),
        f"GET {BASE}/ports/{PORT}": Answer({"port": ONE}),
        f"PUT {BASE}/ports/{PORT}": lambda asked: Answer({"port": {**ONE, **asked.json["port"]}}),
        f"DELETE {BASE}/ports/{PORT}": Answer(status=204),
        f"GET {BASE}/networks/{INSIDE}": Answer({"network": {"id": INSIDE}}),
        f"POST {PLUGS}": PLUGGED,
        f"DELETE {PLUGS}/{PORT}": Answer(status=202),
    }
    made = DRIVER.create(cloud.config())
    yield made
    await made.close()


async def test_compute_makes_the_port(driver: Driver, cloud: Cloud) -> None:
    spec = NicSpec(INSIDE, address="10.20.0.9", linked=False, security_group_ids=("sg-1",))
    made = await driver.interfaces.create(asks(), HOST, spec)
    assert (made.id, made.name, made.instance_id, made.linked) == (PORT, "nic1", HOST, False)
    assert (made.network_id, made.mac) == (INSIDE, ONE["mac_address"])
    assert [one.json for one in cloud.of("POST", PLUGS)] == [
        {"interfaceAttachment": {"net_id": INSIDE, "fixed_ips": [{"ip_address": "10.20.0.9"}]}}
    ]
    assert [one.json for one in cloud.of("PUT")] == [
        {"port": {"name": "nic1", "admin_state_up": False, "security_groups": ["sg-1"]}}
    ]
    assert cloud.of("GET", f"{BASE}/ports")[0].query == f"device_id={HOST}&project_id={PROJECT}"


async def test_a_name_is_added_once(driver: Driver, cloud: Cloud) -> None:
    cloud.answers[f"GET {BASE}/ports"] = Answer({"ports": [{**ONE, "name": "second"}]})
    assert (await driver.interfaces.create(asks(), HOST, NicSpec(INSIDE, "second"))).id == PORT
    assert cloud.of("POST", PLUGS) == []
    with pytest.raises(Error) as caught:
        await driver.interfaces.create(asks(), HOST, NicSpec("elsewhere", "second"))
    assert (caught.value.kind, caught.value.field) == (ErrorKind.ALREADY_EXISTS, "name")
    await driver.interfaces.create(asks(), HOST, NicSpec(INSIDE))
    assert cloud.of("PUT")[-1].json == {"port": {"name": "nic2"}}


async def test_a_wanted_mac_needs_a_port_of_our_own(driver: Driver, cloud: Cloud) -> None:
    cloud.answers |= {f"POST {BASE}/ports": Answer({"port": MINE}, 201)}
    await driver.interfaces.create(asks(), HOST, NicSpec(INSIDE, "x", "fa:16:3e:00:00:01"))
    assert cloud.of("POST", f"{BASE}/ports")[0].json == {
        "port": {"network_id": INSIDE, "name": "x", "description": f"deltaic:instance={HOST}", "admin_state_up": True,
                 "mac_address": "fa:16:3e:00:00:01"}
    }  # fmt: skip
    assert cloud.of("POST", PLUGS)[0].json == {"interfaceAttachment": {"port_id": PORT}}


async def test_a_port_that_can_not_be_plugged_in_is_removed(driver: Driver, cloud: Cloud) -> None:
    busy = {"conflictingRequest": {"code": 409, "message": "Cannot while it is in task_state deleting"}}
    cloud.answers |= {f"POST {BASE}/ports": Answer({"port": MINE}, 201), f"POST {PLUGS}": Answer(busy, 409)}
    with pytest.raises(Error) as caught:
        await driver.interfaces.create(asks(), HOST, NicSpec(INSIDE, mac="fa:16:3e:00:00:01"))
    assert caught.value.kind is ErrorKind.BUSY
    assert [one.path for one in cloud.of("DELETE")] == [f"{BASE}/ports/{PORT}"]


async def test_what_a_killed_addition_began_is_plugged_in(driver: Driver, cloud: Cloud) -> None:
    def ports(asked: Asked) -> Answer:
        return Answer({"ports": [{**MINE, "device_id": ""}] if "description=" in asked.query else []})

    cloud.answers[f"GET {BASE}/ports"] = ports
    await driver.interfaces.create(asks(), HOST, NicSpec(INSIDE, "x", "fa:16:3e:00:00:01"))
    assert cloud.of("POST", f"{BASE}/ports") == []
    assert cloud.of("POST", PLUGS)[0].json == {"interfaceAttachment": {"port_id": PORT}}


async def test_what_is_not_there_is_named(driver: Driver, cloud: Cloud) -> None:
    with pytest.raises(Error) as caught:
        await driver.interfaces.create(asks(), HOST, NicSpec(NOWHERE))
    assert (caught.value.kind, caught.value.resource, caught.value.field) == (
        ErrorKind.NOT_FOUND, "network", "network",
    )  # fmt: skip
    cloud.answers[f"POST {PLUGS}"] = Answer({"itemNotFound": {"code": 404, "message": "Instance not found"}}, 404)
    with pytest.raises(Error) as caught:
        await driver.interfaces.create(asks(), HOST, NicSpec(INSIDE))
    assert (caught.value.kind, caught.value.resource) == (ErrorKind.NOT_FOUND, "instance")


@pytest.mark.parametrize(
    ("changes", "field"),
    [(NicChanges(network_id="elsewhere"), "network_id"), (NicChanges(plugged=False), "plugged")],
)
async def test_what_this_cloud_can_not(driver: Driver, cloud: Cloud, changes: NicChanges, field: str) -> None:
    with pytest.raises(Error) as caught:
        await driver.interfaces.update(asks(), HOST, PORT, changes)
    assert (caught.value.kind, caught.value.field) == (ErrorKind.UNSUPPORTED, field)
    with pytest.raises(Error) as caught:
        await driver.interfaces.create(asks(), HOST, NicSpec(INSIDE, plugged=False))
    assert (caught.value.kind, caught.value.field) == (ErrorKind.UNSUPPORTED, "plugged")
    assert cloud.of("PUT") == []


async def test_changes(driver: Driver, cloud: Cloud) -> None:
    update = driver.interfaces.update
    await update(asks(), HOST, "any", NicChanges())
    assert cloud.asked == []
    await update(asks(), HOST, PORT, NicChanges("front", INSIDE, linked=True, plugged=True, security_group_ids=("g",)))
    assert [one.json for one in cloud.of("PUT")] == [
        {"port": {"name": "front", "admin_state_up": True, "security_groups": ["g"]}}
    ]
    with pytest.raises(Error) as caught:
        await update(asks(), NOWHERE, PORT, NicChanges(linked=False))
    assert (caught.value.kind, caught.value.resource) == (ErrorKind.NOT_FOUND, "network_interface")


async def test_computes_own_port_goes_with_its_unplugging(driver: Driver, cloud: Cloud) -> None:
    await driver.interfaces.delete(asks(), HOST, PORT)
    assert [one.path for one in cloud.of("DELETE")] == [f"{PLUGS}/{PORT}"]


async def test_a_port_of_our_own_is_removed_once_it_is_free(driver: Driver, cloud: Cloud) -> None:
    free = Answer({"port": {**MINE, "device_id": ""}})
    cloud.answers[f"GET {BASE}/ports/{PORT}"] = [Answer({"port": MINE}), Answer({"port": MINE}), free]
    await driver.interfaces.delete(asks(), HOST, PORT)
    assert [one.path for one in cloud.of("DELETE")] == [f"{PLUGS}/{PORT}", f"{BASE}/ports/{PORT}"]
    cloud.answers[f"GET {BASE}/ports/{PORT}"] = Answer({"port": MINE})
    with pytest.raises(Error) as caught:
        await driver.interfaces.delete(asks(seconds=2), HOST, PORT)
    assert caught.value.kind is ErrorKind.BUSY


async def test_interfaces_are_read_in_their_order(cloud: Cloud, driver: Driver) -> None:
    late = {**ONE, "id": "late", "mac_address": "m-3", "created_at": "2026-11-22T23:00:00Z"}
    rows = [late, {**ONE, "id": "second", "mac_address": "m-2"}, {**ONE, "id": "first", "mac_address": "m-1"}]
    led = {"id": "f", "floating_ip_address": "198.51.100.7", "port_id": "second"}
    cloud.answers |= {
        f"GET {BASE}/ports": Answer({"ports": rows}),
        f"GET {BASE}/floatingips": Answer({"floatingips": [led]}),
    }
    reader = InterfaceReader(driver._client)  # type: ignore[attr-defined]
    found = await reader.of_instances(asks(), {HOST: ("m-1", "m-2"), NOWHERE: ()})
    assert [(one.id, one.public_ipv4) for one in found[HOST]] == [
        ("first", ()), ("second", ("198.51.100.7",)), ("late", ()),
    ]  # fmt: skip
    assert found[NOWHERE] == []
