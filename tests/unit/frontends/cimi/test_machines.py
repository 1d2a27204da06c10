"""Machines: how they look, what drives them, how they go."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from deltaic.frontends.cimi.machine.render import OFFERED, STATES
from deltaic.model.annotation import Annotation
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.instance import InstanceState
from deltaic.model.nic import Nic
from deltaic.model.volume import Volume, VolumeAttachment, VolumeState
from deltaic.protocols.cimi.table import RESOURCES
from tests.unit.frontends.cimi.conftest import BASE, Client, job
from tests.unit.frontends.conftest import DISK, IMAGE, NETWORK, NIC, OTHER_VM, VM

S = InstanceState
ACTION = "http://schemas.dmtf.org/cimi/1/action/"
IMAGING = ("capture", "snapshot", "restore")


def verbs(document: dict[str, Any]) -> list[str]:
    return [one["rel"].removeprefix(ACTION) for one in document.get("operations", [])]


async def test_a_machine(cimi: Client) -> None:
    assert await cimi.get(f"/machines/{VM}") == {
        "resourceURI": "http://schemas.dmtf.org/cimi/1/Machine",
        "id": f"{BASE}/machines/{VM}",
        "name": "vm1",
        "created": "2012-10-10T07:53:08.984Z",
        "state": "STARTED",
        "cpu": 1,
        "memory": 0,
        "cpuArch": "x86_64",
        "disks": {"href": f"{BASE}/machines/{VM}/disks"},
        "volumes": {"href": f"{BASE}/machines/{VM}/volumes"},
        "networkInterfaces": {"href": f"{BASE}/machines/{VM}/networkInterfaces"},
        "snapshots": {"href": f"{BASE}/machines/{VM}/snapshots"},
        "meters": {"href": f"{BASE}/machines/{VM}/meters"},
        "eventLog": {"href": f"{BASE}/event_logs/machine.{VM}"},
        "operations": [
            {"rel": f"{ACTION}stop", "href": f"{BASE}/machines/{VM}/stop"},
            {"rel": f"{ACTION}restart", "href": f"{BASE}/machines/{VM}/restart"},
            {"rel": f"{ACTION}suspend", "href": f"{BASE}/machines/{VM}/suspend"},
            {"rel": f"{ACTION}capture", "href": f"{BASE}/machine_images"},
            {"rel": f"{ACTION}snapshot", "href": f"{BASE}/machine_images"},
            {"rel": f"{ACTION}restore", "href": f"{BASE}/machines/{VM}/restore"},
            {"rel": "edit", "href": f"{BASE}/machines/{VM}"},
            {"rel": "delete", "href": f"{BASE}/machines/{VM}"},
        ],
    }


async def test_machines_are_embedded_in_their_collection(cimi: Client) -> None:
    document = await cimi.get("/machines")
    assert (document["id"], document["count"]) == (f"{BASE}/machines", 2)
    assert [one["name"] for one in document["machines"]] == ["vm1", "vm2"]
    assert document["operations"] == [{"rel": "add", "href": f"{BASE}/machines"}]


def test_every_state_has_a_word_of_the_standard_and_offers() -> None:
    assert set(STATES) == set(InstanceState)
    assert set(STATES.values()) <= set(RESOURCES["Machine"].states)
    assert set(OFFERED) == set(STATES.values())


@pytest.mark.parametrize(
    ("state", "word", "offered"),
    [
        (S.STOPPED, "STOPPED", ["start", "restart", *IMAGING, "edit", "delete"]),
        (S.LOCKED, "STOPPED", ["start", "restart", "edit", "delete"]),
        (S.SUSPENDED, "SUSPENDED", ["start", "restore", "edit", "delete"]),
        (S.PAUSED, "PAUSED", ["start", "stop", *IMAGING, "edit", "delete"]),
        (S.STOPPING, "STOPPING", ["stop", "edit", "delete"]),
        (S.CREATING, "CREATING", ["delete"]),
        (S.UNKNOWN, "ERROR", ["stop", "edit", "delete"]),
        (S.ERROR, "ERROR", ["edit", "delete"]),
    ],
)
async def test_states_and_what_they_offer(cimi: Client, state: S, word: str, offered: list[str]) -> None:
    cimi.gateway.driver.instances.become(VM, state)
    document = await cimi.get(f"/machines/{VM}")
    assert (document["state"], verbs(document)) == (word, offered)


async def test_a_protected_machine_does_not_offer_its_end(cimi: Client) -> None:
    machines = cimi.gateway.machines
    machines[VM] = replace(machines[VM], delete_protected=True)
    assert verbs(await cimi.get(f"/machines/{VM}")) == ["stop", "restart", "suspend", *IMAGING, "edit"]
    refused = await cimi.send("DELETE", f"/machines/{VM}")
    assert (refused.status, VM in machines) == (403, True)


async def test_tags_are_properties_and_the_name(cimi: Client) -> None:
    machines = cimi.gateway.machines
    machines[VM] = replace(machines[VM], annotation=Annotation(tags={"Name": "a name", "stage": "test"}, launch="x:0"))
    document = await cimi.get(f"/machines/{VM}")
    assert (document["name"], document["properties"]) == ("a name", {"stage": "test"})
    assert (await cimi.get("/machines", "$filter=property['stage']='test'"))["count"] == 1


async def test_disks_and_volumes(cimi: Client) -> None:
    shared = "d15c2222-1111-4222-8333-444455556666"
    attachments = (VolumeAttachment(VM, "/dev/vdb"), VolumeAttachment(OTHER_VM))
    volume = Volume(shared, "shared", VolumeState.AVAILABLE, 2048, shareable=True, attachments=attachments)
    cimi.gateway.driver.volumes.rows.append(volume)
    (disk,) = (await cimi.get(f"/machines/{VM}/disks"))["disks"]
    uri = f"{BASE}/machines/{VM}/disks/{DISK}"
    # Bytes in kilobytes of 1000, rounded up.
    assert (disk["id"], disk["name"], disk["capacity"]) == (uri, "disk1", 10_737_419)
    assert await cimi.get(f"/machines/{VM}/disks/{DISK}") == disk
    (attached,) = (await cimi.get(f"/machines/{VM}/volumes"))["machineVolumes"]
    assert (attached["initialLocation"], attached["volume"]) == ("/dev/vdb", {"href": f"{BASE}/volumes/{shared}"})
    volumes = (await cimi.get("/volumes"))["volumes"]
    assert [(one["name"], one["state"], one["capacity"], one["bootable"]) for one in volumes] == [
        ("floating", "AVAILABLE", 1_073_742, False),
        ("shared", "AVAILABLE", 3, False),
    ]


async def test_interfaces_and_their_addresses(cimi: Client) -> None:
    (interface,) = (await cimi.get(f"/machines/{VM}/networkInterfaces"))["machineNetworkInterfaces"]
    uri = f"{BASE}/machines/{VM}/networkInterfaces/{NIC}"
    assert interface == {
        "resourceURI": "http://schemas.dmtf.org/cimi/1/MachineNetworkInterface",
        "id": uri,
        "name": "nic1",
        "addresses": {"href": f"{uri}/addresses"},
        "network": {"href": f"{BASE}/networks/{NETWORK}"},
        "networkPort": {"href": f"{BASE}/network_ports/{NIC}"},
        "state": "ACTIVE",
        "macAddress": "00:1a:4a:16:01:51",
        "operations": [{"rel": "edit", "href": uri}, {"rel": "delete", "href": uri}],
    }
    below = await cimi.get(f"/machines/{VM}/networkInterfaces/{NIC}/addresses", "$expand=address")
    told = [one["address"] for one in below["machineNetworkInterfaceAddresses"]]
    assert [(one["ip"], one["protocol"], one["allocation"]) for one in told] == [
        ("192.168.1.27", "IPv4", "dynamic"),
        ("2001:db8::27", "IPv6", "dynamic"),
    ]
    for one in told:
        address = await cimi.get(one["href"].removeprefix(BASE))
        assert address["resource"] == {"href": f"{BASE}/machines/{VM}"}
        assert address["network"] == {"href": f"{BASE}/networks/{NETWORK}"}


@pytest.mark.parametrize(
    ("plugged", "linked", "state"), [(True, False, "PASSIVE"), (False, True, "DISABLED"), (False, False, "DISABLED")]
)
async def test_states_of_interfaces(cimi: Client, plugged: bool, linked: bool, state: str) -> None:
    machines = cimi.gateway.machines
    machines[VM] = replace(machines[VM], nics=(Nic(NIC, plugged=plugged, linked=linked),))
    assert (await cimi.get(f"/machines/{VM}/networkInterfaces/{NIC}"))["state"] == state


@pytest.mark.parametrize(
    ("state", "verb", "asked", "changes"),
    [
        (S.STOPPED, "start", {}, ["start"]),
        (S.SUSPENDED, "start", {}, ["start"]),
        (S.RUNNING, "start", {}, []),
        (S.RUNNING, "stop", {}, ["stop"]),
        (S.RUNNING, "stop", {"force": True}, ["force"]),
        (S.STOPPED, "stop", {}, []),
        (S.RUNNING, "restart", {}, ["reboot"]),
        (S.STOPPED, "restart", {}, ["start"]),
        (S.RUNNING, "suspend", {}, ["suspend"]),
    ],
)
async def test_actions(cimi: Client, state: S, verb: str, asked: dict[str, Any], changes: list[str]) -> None:
    cimi.gateway.driver.instances.become(VM, state)
    answer = await cimi.post(f"/machines/{VM}/{verb}", {"action": ACTION + verb, **asked})
    assert (answer.status, answer.body) == (202, b"")
    assert "content-type" not in answer.headers
    assert cimi.gateway.driver.instances.changes[: len(changes) or 1] == [(change, VM) for change in changes]


async def test_a_forced_restart_cuts_the_power_and_starts_again(cimi: Client) -> None:
    instances = cimi.gateway.driver.instances
    answer = await cimi.post(f"/machines/{VM}/restart", {"action": ACTION + "restart", "force": True})
    assert answer.status == 202
    assert await cimi.gateway.operations.result(f"start:{VM}", 5) == b"started"
    assert instances.changes == [("force", VM), ("start", VM)]


@pytest.mark.parametrize(
    ("state", "verb"),
    [
        (S.STOPPING, "start"),
        (S.SUSPENDED, "stop"),
        (S.SUSPENDED, "restart"),
        (S.STOPPED, "suspend"),
        (S.CREATING, "stop"),
        (S.CREATING, "start"),
        (S.ERROR, "start"),
    ],
)
async def test_a_state_that_does_not_take_the_action(cimi: Client, state: S, verb: str) -> None:
    cimi.gateway.driver.instances.become(VM, state)
    answer = await cimi.post(f"/machines/{VM}/{verb}", {"action": ACTION + verb})
    assert answer.status == 409
    assert verb in job(answer)["statusMessage"]
    assert cimi.gateway.driver.instances.changes == []


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/stop", "", 202),
        ("", f'<Action xmlns="http://schemas.dmtf.org/cimi/1"><action>{ACTION}stop</action></Action>', 202),
        ("/stop", f"<Action><action> {ACTION}stop </action></Action>", 202),
        ("/stop", "<action><action>stop</action></action>", 202),
        ("/stop", "<Action><action>http://http://www.dmtf.org/cimi/action/stop</action></Action>", 202),
        ("/stop", '<Action xmlns="http://www.dmtf.org/cimi"><action>http://www.dmtf.org/cimi/action/stop</action></Action>', 202),  # noqa: E501
        ("/stop", "<Action><action>http://www.dmtf.org/cimi/action/stop</action></Action>", 200),
    ],
)  # fmt: skip
async def test_the_spellings_of_an_action(cimi: Client, path: str, body: str, status: int) -> None:
    answer = await cimi.send("POST", f"/machines/{VM}{path}", body)
    assert (answer.status, answer.body) == (status, b"")
    assert cimi.gateway.driver.instances.changes[0] == ("stop", VM)


async def test_a_deleted_machine_is_hidden_at_once(cimi: Client) -> None:
    answer = await cimi.send("DELETE", f"/machines/{VM}")
    assert (answer.status, answer.body) == (200, b"")
    assert (await cimi.send("GET", f"/machines/{VM}")).status == 404
    assert (await cimi.send("GET", f"/machines/{VM}/disks")).status == 404
    assert (await cimi.send("POST", f"/machines/{VM}/start")).status == 404
    assert [one["name"] for one in (await cimi.get("/machines"))["machines"]] == ["vm2"]
    await cimi.gateway.operations.result(f"terminate:{VM}", 5)
    assert VM not in cimi.gateway.machines
    assert (await cimi.send("DELETE", f"/machines/{VM}")).status == 404


async def test_expanding_reads_each_listing_once(cimi: Client) -> None:
    cimi.gateway.driver.instances.calls.clear()
    query = "$expand=disks,volumes/volume,networkInterfaces/addresses/address,networkInterfaces/network"
    document = await cimi.get("/machines", query)
    machine = document["machines"][0]
    assert machine["disks"]["disks"][0]["id"] == f"{BASE}/machines/{VM}/disks/{DISK}"
    interface = machine["networkInterfaces"]["machineNetworkInterfaces"][0]
    assert interface["network"]["name"] == "ovirtmgmt"
    assert cimi.gateway.driver.instances.calls == ["list"]


async def test_expanding_does_not_go_round_in_circles(cimi: Client) -> None:
    assert (await cimi.send("GET", "/machines", query="$expand=*/*/*/*")).status == 200
    assert (await cimi.send("GET", "/machines", query="$expand=*/*/*/*/*")).status == 400


@pytest.mark.parametrize("query", ["$filter=state%3D", "$filter=nothing%3D1", "$first=x", "$orderby=name:up"])
async def test_wrong_queries_are_refused(cimi: Client, query: str) -> None:
    answer = await cimi.send("GET", "/machines", query=query)
    assert (answer.status, job(answer)["state"]) == (400, "FAILED")


async def test_an_engine_that_is_away_is_told(cimi: Client) -> None:
    away = Error(ErrorKind.UNAVAILABLE, "The engine does not answer")
    cimi.gateway.driver.instances.faults.before["list"].append(away)
    answer = await cimi.send("GET", "/machines")
    assert (answer.status, job(answer)["statusMessage"]) == (503, "The engine does not answer")


async def test_images_configurations_and_templates(cimi: Client) -> None:
    images = (await cimi.get("/machine_images"))["machineImages"]
    assert [(one["name"], one["state"], one["type"]) for one in images] == [
        ("Blank", "AVAILABLE", "IMAGE"),
        ("desktop_template", "AVAILABLE", "IMAGE"),
    ]
    sizes = {one["name"]: one for one in (await cimi.get("/machine_configurations"))["machineConfigurations"]}
    assert (sizes["Small"]["cpu"], sizes["Small"]["memory"]) == (1, 2 << 20)
    assert sizes["SERVER"]["id"] == f"{BASE}/machine_configurations/SERVER"
    assert "memory" not in sizes["DESKTOP"]
    assert (await cimi.get("/machineConfigs/Small"))["id"] == sizes["Small"]["id"]
    template = await cimi.get(f"/machine_templates/{IMAGE}")
    assert (template["initialState"], template["machineImage"]) == ("STOPPED", {"href": images[1]["id"]})
