"""Interfaces: ports and compute's plugging of them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from deltaic.driver import Driver
from deltaic.drivers.openstack import DRIVER
from deltaic.drivers.openstack.interfaces import InterfaceReader
from deltaic.drivers.openstack.plugging import device_tag
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
    cloud.answers[f"GET {PLUGS}"] = Answer({"interfaceAttachments": []})
    made = DRIVER.create(cloud.config())
    yield made
    await made.close()


def spoken(cloud: Cloud, newest: str) -> None:
    """Compute's newest microversion."""
    version = {"id": "v2.1", "version": newest, "min_version": "2.1"}
    cloud.answers["GET /compute/v2.1/"] = Answer({"version": version})


def plugs(*found: tuple[str, str | None]) -> Answer:
    """What compute has plugged in, with the tags."""
    return Answer({"interfaceAttachments": [{"port_id": port, "tag": tag} for port, tag in found]})


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
    begun = {**MINE, "device_id": "", "name": "x", "network_id": INSIDE, "mac_address": "fa:16:3e:00:00:01"}

    def ports(asked: Asked) -> Answer:
        return Answer({"ports": [begun] if "description=" in asked.query else []})

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


TAG = device_tag(NicSpec(INSIDE, "second"))


async def test_a_named_interface_carries_a_tag(driver: Driver, cloud: Cloud) -> None:
    cloud.answers[f"GET {PLUGS}"] = plugs((PORT, TAG))
    made = await driver.interfaces.create(asks(), HOST, NicSpec(INSIDE, "second"))
    assert (made.id, made.name) == (PORT, "second")
    assert cloud.of("POST", PLUGS)[0].json == {"interfaceAttachment": {"net_id": INSIDE, "tag": TAG}}
    assert (len(TAG) <= 60, set(TAG) & set(",/")) == (True, set())
    assert TAG not in (device_tag(NicSpec(INSIDE, "third")), device_tag(NicSpec(NOWHERE, "second")))
    assert cloud.of("DELETE") == []


async def test_an_interface_whose_answer_was_lost_is_found_by_its_tag(driver: Driver, cloud: Cloud) -> None:
    """Compute plugged it in and nobody named it: asked for again, it is named instead of plugged in again."""
    foreign = {**ONE, "id": "foreign", "name": ""}
    cloud.answers |= {
        f"GET {BASE}/ports": Answer({"ports": [foreign, {**ONE, "name": ""}]}),
        f"GET {PLUGS}": plugs(("foreign", None), (PORT, TAG)),
    }
    spec = NicSpec(INSIDE, "second", linked=False, security_group_ids=("sg-1",))
    assert (await driver.interfaces.create(asks(), HOST, spec)).id == PORT
    assert cloud.of("POST", PLUGS) == []
    assert [one.json for one in cloud.of("PUT")] == [
        {"port": {"name": "second", "admin_state_up": False, "security_groups": ["sg-1"]}}
    ]
    assert cloud.of("PUT")[0].path == f"{BASE}/ports/{PORT}"


async def test_an_interface_that_was_renamed_is_another_one(driver: Driver, cloud: Cloud) -> None:
    other = {**ONE, "id": "other", "name": "renamed"}
    cloud.answers |= {
        f"GET {BASE}/ports": Answer({"ports": [other]}),
        f"GET {PLUGS}": plugs(("other", TAG), (PORT, TAG)),
    }
    made = await driver.interfaces.create(asks(), HOST, NicSpec(INSIDE, "second"))
    assert (made.id, len(cloud.of("POST", PLUGS))) == (PORT, 1)
    assert cloud.of("DELETE") == []


OWN = {**ONE, "name": "", "mac_address": "m-own"}
TWIN = {**ONE, "id": "twin", "name": "", "mac_address": "m-twin"}


def two(cloud: Cloud, own: dict[str, Any], twin: dict[str, Any], *order: str) -> None:
    """While one port was plugged in another was, too; compute tells the MACs of those with an address in its order."""
    addresses = [{"addr": "10.20.0.9", "version": 4, "OS-EXT-IPS-MAC:mac_addr": mac} for mac in order]
    found = [Answer({"ports": []}), Answer({"ports": [one for one in (own, twin) if one]})]
    cloud.answers |= {
        f"GET {BASE}/ports": found,
        f"PUT {BASE}/ports/twin": lambda asked: Answer({"port": {**twin, **asked.json["port"]}}),
        f"GET {PLUGS}": plugs((PORT, TAG), ("twin", TAG), ("another", "tag")),
        f"GET /compute/v2.1/servers/{HOST}": Answer({"server": {"id": HOST, "addresses": {"inside": addresses}}}),
        f"DELETE {PLUGS}/twin": Answer(status=202),
    }


@pytest.mark.parametrize(
    ("mine", "theirs", "order", "stays"),
    [
        # Times are whole seconds, and ids chance.
        ("1", "1", ("m-0", "m-twin", "m-own"), "twin"),
        ("1", "1", ("m-0", "m-own", "m-twin"), PORT),
        # Compute is still at the other one.
        ("2", "1", ("m-0", "m-own"), PORT),
        # Neither has an address.
        ("1", "2", (), PORT), ("2", "1", (), "twin"), ("1", "1", (), PORT),
    ],
)  # fmt: skip
async def test_of_two_that_were_plugged_in_the_first_one_stays(
    driver: Driver, cloud: Cloud, mine: str, theirs: str, order: tuple[str, ...], stays: str
) -> None:
    """The first request was still under way when it was asked for again."""
    two(cloud, {**OWN, "created_at": mine}, {**TWIN, "created_at": theirs}, *order)
    made = await driver.interfaces.create(asks(), HOST, NicSpec(INSIDE, "second", linked=False))
    assert (made.id, made.name, made.linked) == (stays, "second", False)
    assert [one.path for one in cloud.of("DELETE")] == [f"{PLUGS}/{'twin' if stays == PORT else PORT}"]
    assert [one.path for one in cloud.of("PUT")] == [f"{BASE}/ports/{stays}"]


@pytest.mark.parametrize("order", [("m-0", "m-twin", "m-own"), ()])
async def test_of_two_the_one_that_was_answered_stays(driver: Driver, cloud: Cloud, order: tuple[str, ...]) -> None:
    """The other request had a name for its port before this one looked, and has been answered."""
    two(cloud, OWN, {**TWIN, "name": "second"}, *order)
    assert (await driver.interfaces.create(asks(), HOST, NicSpec(INSIDE, "second"))).id == "twin"
    assert [one.path for one in cloud.of("DELETE")] == [f"{PLUGS}/{PORT}"]


async def test_the_other_request_has_pulled_this_port_out(driver: Driver, cloud: Cloud) -> None:
    two(cloud, {}, TWIN, "m-0", "m-twin")
    cloud.answers[f"PUT {BASE}/ports/{PORT}"] = Answer({"NeutronError": {"message": "Port not found"}}, 404)
    made = await driver.interfaces.create(asks(), HOST, NicSpec(INSIDE, "second"))
    assert (made.id, made.name, cloud.of("DELETE")) == ("twin", "second", [])


@pytest.mark.parametrize("newest", ["2.69", "2.1"])
async def test_where_compute_shows_no_tags_the_port_of_a_name_is_ours(
    driver: Driver, cloud: Cloud, newest: str
) -> None:
    spoken(cloud, newest)
    cloud.answers[f"POST {BASE}/ports"] = Answer({"port": {**MINE, "device_id": ""}}, 201)
    await driver.interfaces.create(asks(), HOST, NicSpec(INSIDE, "second"))
    assert cloud.of("POST", f"{BASE}/ports")[0].json["port"]["description"] == f"deltaic:instance={HOST}"
    assert cloud.of("POST", PLUGS)[0].json == {"interfaceAttachment": {"port_id": PORT}}
    await driver.interfaces.create(asks(), HOST, NicSpec(INSIDE))
    assert cloud.of("POST", PLUGS)[1].json == {"interfaceAttachment": {"net_id": INSIDE}}


async def test_a_hypervisor_without_tags(driver: Driver, cloud: Cloud) -> None:
    words = "Tagged network interface attachment is not supported for this server instance."
    refused = Answer({"badRequest": {"code": 400, "message": words}}, 400)
    cloud.answers |= {f"POST {BASE}/ports": Answer({"port": MINE}, 201), f"POST {PLUGS}": [refused, PLUGGED]}
    made = await driver.interfaces.create(asks(), HOST, NicSpec(INSIDE, "second"))
    assert made.id == PORT
    assert [one.json["interfaceAttachment"] for one in cloud.of("POST", PLUGS)] == [
        {"net_id": INSIDE, "tag": TAG}, {"port_id": PORT},
    ]  # fmt: skip


async def test_a_wanted_mac_is_plugged_in_once_without_a_name(driver: Driver, cloud: Cloud) -> None:
    mac = "fa:16:3e:00:00:01"
    mine = {**MINE, "mac_address": mac, "network_id": INSIDE}

    def ports(asked: Asked) -> Answer:
        return Answer({"ports": [{**mine, "device_id": ""}] if "mac_address=" in asked.query else []})

    cloud.answers[f"GET {BASE}/ports"] = ports
    await driver.interfaces.create(asks(), HOST, NicSpec(INSIDE, mac=mac))
    assert (cloud.of("POST", f"{BASE}/ports"), len(cloud.of("POST", PLUGS))) == ([], 1)
    cloud.answers[f"GET {BASE}/ports"] = Answer({"ports": [mine]})
    assert (await driver.interfaces.create(asks(), HOST, NicSpec(INSIDE, mac=mac))).id == PORT
    assert (cloud.of("POST", f"{BASE}/ports"), len(cloud.of("POST", PLUGS))) == ([], 1)


async def test_ports_of_machines_that_are_gone_go_when_the_next_one_is_made(driver: Driver, cloud: Cloud) -> None:
    """A gateway was killed between the removal of a machine and of its port, or somebody else removed the machine."""
    gone, there, broken = NOWHERE, HOST, "broken"

    def ports(asked: Asked) -> Answer:
        rows = [
            {"id": "stray", "device_id": "", "description": f"deltaic:instance={gone}"},
            {"id": "unsure", "device_id": "", "description": f"deltaic:instance={broken}"},
            {"id": "waiting", "device_id": "", "description": f"deltaic:instance={there}"},
            {"id": "plugged", "device_id": gone, "description": f"deltaic:instance={gone}"},
            {"id": "somebodys", "device_id": "", "description": "mine"},
        ]
        return Answer({"ports": rows if "status=DOWN" in asked.query else []})

    missing = Answer({"itemNotFound": {"code": 404, "message": f"Instance {gone} could not be found."}}, 404)
    cloud.answers |= {
        f"GET {BASE}/ports": ports,
        f"GET /compute/v2.1/servers/{gone}": missing,
        f"GET /compute/v2.1/servers/{there}": Answer({"server": {}}),
        f"GET /compute/v2.1/servers/{broken}": Answer(b"<h1>Not Found</h1>", 404, "text/html"),
        f"DELETE {BASE}/ports/stray": Answer(status=204),
        f"POST {BASE}/ports": Answer({"port": MINE}, 201),
    }
    made = await driver.interfaces.create(asks(), HOST, NicSpec(INSIDE, mac="fa:16:3e:00:00:01"))
    assert made.id == PORT
    assert [one.path for one in cloud.of("DELETE")] == [f"{BASE}/ports/stray"]
