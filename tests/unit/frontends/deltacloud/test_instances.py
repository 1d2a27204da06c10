"""Instances: choosing among them, making them, driving them, running commands inside them."""

from __future__ import annotations

import base64

import pytest
from msgspec.structs import replace

from deltaic.frontends.deltacloud import DeltacloudFrontend, DeltacloudSettings
from deltaic.model.annotation import Want
from deltaic.model.instance import InstanceState
from deltaic.ports.shell import Target
from tests.unit.frontends.conftest import CLUSTER, IMAGE, OTHER_VM, SECOND_CLUSTER, SECOND_NETWORK, USER, VM
from tests.unit.frontends.deltacloud.conftest import ABLE, BASE, Client


@pytest.mark.parametrize(
    ("parameters", "ids"),
    [
        ({}, {VM, OTHER_VM}),
        ({"id": VM}, {VM}),
        ({"id": "nope"}, set()),
        ({"state": "running"}, {VM}),
        ({"state": "STOPPED"}, {OTHER_VM}),
        ({"realm_id": SECOND_CLUSTER.id}, {OTHER_VM}),
        ({"realm_id": CLUSTER.id, "state": "STOPPED"}, set()),
    ],
)
async def test_filters(deltacloud: Client, parameters: dict[str, str], ids: set[str]) -> None:
    assert set(await deltacloud.ids("instances", **parameters)) == ids


async def test_what_an_instance_tells(deltacloud: Client) -> None:
    one = await deltacloud.xml(f"/instances/{VM}")

    assert one.findtext("owner_id") == USER
    assert {(link.get("rel"), link.get("method"), link.get("href")) for link in one.findall("actions/link")} == {
        ("reboot", "post", f"{BASE}/instances/{VM}/reboot"),
        ("stop", "post", f"{BASE}/instances/{VM}/stop"),
        ("run", "post", f"{BASE}/instances/{VM}/run;id={VM}"),
        ("create_image", "post", f"{BASE}/images;instance_id={VM}"),
    }
    assert [(a.get("type"), a.text) for a in one.findall("public_addresses/address")] == [
        ("ipv4", "192.168.1.27"),
        ("ipv6", "2001:db8::27"),
        ("mac", "00:1a:4a:16:01:51"),
    ]


async def test_a_stopped_one_runs_nothing(deltacloud: Client) -> None:
    one = (await deltacloud.json(f"/instances/{OTHER_VM}"))["instance"]

    assert {link["rel"] for link in one["actions"]} == {"start", "destroy", "create_image"}


async def test_a_running_one_is_removed_where_the_cloud_does_that(deltacloud: Client) -> None:
    deltacloud.gateway.driver.capability = replace(ABLE, instances_delete_running=True)
    graph = await deltacloud.xml("/instance_states")
    one = await deltacloud.xml(f"/instances/{VM}")

    assert graph.find("state[@name='running']/transition[@action='destroy']") is not None
    assert [link.get("href") for link in one.findall("actions/link[@rel='destroy']")] == [f"{BASE}/instances/{VM}"]
    assert (await deltacloud.send("DELETE", f"/instances/{VM}")).status == 204


async def test_create_with_everything(deltacloud: Client) -> None:
    await deltacloud.send("POST", "/keys", {"name": "k"})
    answer = await deltacloud.send(
        "POST",
        "/instances",
        {
            "image_id": IMAGE,
            "name": "new",
            "realm_id": SECOND_CLUSTER.id,
            "hwp_id": "SERVER",
            "hwp_memory": "2048",
            "hwp_cpu": "2",
            "keyname": "k",
            "network_id": SECOND_NETWORK,
            "user_data": base64.b64encode(b"#!/bin/sh\n").decode(),
            "first_boot_dev": "network",
            "password": "a-secret-word",
        },
    )

    assert answer.status == 201, answer.text
    assert "a-secret-word" not in answer.text
    [spec] = deltacloud.gateway.driver.instances.given.values()
    assert (spec.name, spec.zone_id, spec.memory, spec.cpus) == ("new", SECOND_CLUSTER.id, 2048 << 20, 2)
    assert (spec.user_data, spec.boot_devices, spec.password) == (b"#!/bin/sh\n", ("network", "hd"), "a-secret-word")
    assert spec.network_ids == (SECOND_NETWORK,)
    assert answer.headers["location"].startswith(f"{BASE}/instances/")


@pytest.mark.parametrize(
    ("parameters", "status", "field"),
    [
        ({}, 400, "image_id"),
        ({"image_id": "nope"}, 400, "image_id"),
        ({"image_id": IMAGE, "realm_id": "nope"}, 400, "realm_id"),
        ({"image_id": IMAGE, "hwp_id": "nope"}, 400, "hwp_id"),
        ({"image_id": IMAGE, "hwp_id": "SERVER", "hwp_memory": "511"}, 400, "hwp_memory"),
        ({"image_id": IMAGE, "hwp_id": "SERVER", "hwp_memory": "32769"}, 400, "hwp_memory"),
        ({"image_id": IMAGE, "hwp_id": "SERVER", "hwp_memory": "1e3"}, 400, "hwp_memory"),
        ({"image_id": IMAGE, "hwp_id": "SERVER", "hwp_cpu": "0"}, 400, "hwp_cpu"),
        ({"image_id": IMAGE, "hwp_id": "SERVER", "hwp_cpu": "17"}, 400, "hwp_cpu"),
        ({"image_id": IMAGE, "hwp_id": "Small", "hwp_memory": "4096"}, 400, "hwp_memory"),
        ({"image_id": IMAGE, "hwp_architecture": "i386"}, 400, "hwp_architecture"),
        ({"image_id": IMAGE, "keyname": "nope"}, 400, "keyname"),
        ({"image_id": IMAGE, "network_id": "nope"}, 400, "network_id"),
        ({"image_id": IMAGE, "first_boot_dev": "floppy"}, 400, "first_boot_dev"),
        ({"image_id": IMAGE, "instance_count": "-1"}, 400, "instance_count"),
        ({"image_id": IMAGE, "name": "n" * 51}, 400, "name"),
        ({"image_id": IMAGE, "name": "a\x00b"}, 400, "name"),
        ({"image_id": IMAGE, "hwp_storage": "10"}, 412, "hwp_storage"),
        ({"image_id": IMAGE, "firewalls1": "f"}, 412, "firewalls1"),
        ({"image_id": IMAGE, "user_iso": "x"}, 412, "user_iso"),
    ],
)
async def test_a_wrong_parameter_is_named(
    deltacloud: Client, parameters: dict[str, str], status: int, field: str
) -> None:
    made = len(deltacloud.gateway.machines)
    answer = await deltacloud.send("POST", "/instances", parameters)

    assert (answer.status, f"'{field}'" in answer.text or f"<parameter>{field}<" in answer.text) == (status, True)
    assert len(deltacloud.gateway.machines) == made


@pytest.mark.parametrize(
    ("id_", "method", "verb", "status"),
    [
        (VM, "POST", "/start", 405),
        (VM, "DELETE", "", 405),
        (OTHER_VM, "POST", "/stop", 405),
        (OTHER_VM, "POST", "/reboot", 405),
        ("nope", "POST", "/stop", 404),
        ("nope", "DELETE", "", 404),
    ],
)
async def test_what_the_state_forbids(deltacloud: Client, id_: str, method: str, verb: str, status: int) -> None:
    assert (await deltacloud.send(method, f"/instances/{id_}{verb}")).status == status


async def test_actions_drive(deltacloud: Client) -> None:
    assert (await deltacloud.send("POST", f"/instances/{OTHER_VM}/start")).status == 202
    assert deltacloud.gateway.machines[OTHER_VM].state in (InstanceState.STARTING, InstanceState.RUNNING)
    gone = await deltacloud.send("POST", f"/instances/{VM}/stop")
    assert (gone.status, gone.headers["content-type"]) == (202, "application/xml")


async def test_a_command_is_run(deltacloud: Client) -> None:
    parameters = {"cmd": "uptime & <x>", "password": "hidden-word", "ip": "2001:DB8::27", "port": "2222", "user": "me"}
    answer = await deltacloud.send("POST", f"/instances/{VM}/run;id={VM}", parameters)

    assert answer.status == 200, answer.text
    [(target, login, command)] = deltacloud.shell.asked
    assert (target, login.user, command) == (Target("2001:db8::27", 2222), "me", "uptime & <x>")
    assert "<output>ran uptime &amp; &lt;x&gt;</output>" in answer.text
    assert "<public_address>2001:db8::27</public_address>" in answer.text
    assert "hidden-word" not in answer.text


@pytest.mark.parametrize(
    ("id_", "parameters", "status", "field"),
    [
        (VM, {}, 400, "cmd"),
        (VM, {"cmd": "id"}, 400, "private_key"),
        (VM, {"cmd": "id", "password": "p", "ip": "127.0.0.1"}, 400, "ip"),
        (VM, {"cmd": "id", "password": "p", "ip": "engine.example"}, 400, "ip"),
        (VM, {"cmd": "id", "password": "p", "port": "0"}, 400, "port"),
        (VM, {"cmd": "id", "password": "p", "port": "65536"}, 400, "port"),
        (OTHER_VM, {"cmd": "id", "password": "p"}, 405, "running"),
        ("nope", {"cmd": "id", "password": "p"}, 404, "nope"),
    ],
)
async def test_a_command_that_is_not_run(
    deltacloud: Client, id_: str, parameters: dict[str, str], status: int, field: str
) -> None:
    answer = await deltacloud.send("POST", f"/instances/{id_}/run", parameters)

    assert (answer.status, field in answer.text) == (status, True)
    assert deltacloud.shell.asked == []


@pytest.mark.parametrize(
    ("always", "given", "want"), [(False, "", Want.STOPPED), (True, "", Want.RUNNING), (True, "false", Want.STOPPED)]
)
async def test_whether_a_new_one_is_started(deltacloud: Client, always: bool, given: str, want: Want) -> None:
    app = DeltacloudFrontend(deltacloud.gateway.services, DeltacloudSettings(start=always))
    client = Client(app, deltacloud.gateway, deltacloud.shell)
    answer = await client.send("POST", "/instances", {"image_id": IMAGE, "start": given})
    [(id_, spec)] = deltacloud.gateway.driver.instances.given.items()

    assert answer.status == 201, answer.text
    assert id_ in answer.headers["location"]
    assert spec.annotation.want is want
