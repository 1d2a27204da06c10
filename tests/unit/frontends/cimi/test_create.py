"""Making machines: by reference, by value, with overrides, in all the forms that clients send."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from deltaic.frontends.cimi import CimiFrontend, CimiSettings
from deltaic.model.annotation import Want
from deltaic.model.instance import InstanceSpec, InstanceState
from deltaic.model.volume import VolumeSpec, VolumeWish
from tests.support.asgi import ask
from tests.unit.frontends.cimi.conftest import BASE, LOGIN, Client, job
from tests.unit.frontends.conftest import DISK, IMAGE, SECOND_NETWORK, Gateway

SMALL = "0000000b-000b-000b-000b-00000000021f"
FLOATING = "d15c1111-1111-4222-8333-444455556666"
IMAGE_REF = {"href": f"{BASE}/machine_images/{IMAGE}"}
SIZE_REF = {"href": f"{BASE}/machine_configurations/{SMALL}"}


def given(gateway: Gateway) -> InstanceSpec:
    """What the cloud was asked to make."""
    (spec,) = gateway.driver.instances.given.values()
    return spec


async def test_by_reference(cimi: Client) -> None:
    template = {"machineConfig": SIZE_REF, "machineImage": IMAGE_REF}
    wanted = {"name": "web 1", "description": "first", "properties": {"stage": "test"}, "machineTemplate": template}
    answer = await cimi.post("/machines", wanted)
    made = json.loads(answer.body)
    assert (answer.status, answer.headers["location"]) == (201, made["id"])
    assert (made["resourceURI"], made["state"]) == ("http://schemas.dmtf.org/cimi/1/Machine", "CREATING")
    assert (made["name"], made["properties"]) == ("web 1", {"stage": "test"})
    spec = given(cimi.gateway)
    assert (spec.name, spec.description, spec.image_id) == ("web-1", "first", IMAGE)
    assert (spec.instance_type_id, spec.memory, spec.cpus) == (SMALL, 0, 0)
    assert spec.annotation.want is Want.STOPPED
    machine = made["id"].rpartition("/")[2]
    await cimi.gateway.operations.result(f"launch:{spec.annotation.launch}", 5)
    assert cimi.gateway.machines[machine].state is InstanceState.STOPPED
    assert (await cimi.get(f"/machines/{machine}"))["name"] == "web 1"


@pytest.mark.parametrize(
    ("config", "size"),
    [
        ({"cpu": 2, "memory": 1048576}, ("", "", 2, 1 << 30)),
        ({"cpu": " 2 ", "memory": " 1048576 "}, ("", "", 2, 1 << 30)),
        ({"href": "machine_configurations/SERVER"}, ("", "server", 0, 0)),
        ({"href": "/cimi/machine_configurations/DESKTOP"}, ("", "desktop", 0, 0)),
        ({"href": "machine_configurations/SERVER", "memory": 2097152}, ("", "server", 0, 2 << 30)),
        # A named size changed is no longer that size.
        ({**SIZE_REF, "cpu": 3}, ("", "", 3, 2 << 30)),
        ({"href": "Small"}, (SMALL, "", 0, 0)),
    ],
)
async def test_sizes(cimi: Client, config: dict[str, Any], size: tuple[str, str, int, int]) -> None:
    answer = await cimi.post("/machines", {"machineTemplate": {"machineConfig": config, "machineImage": IMAGE_REF}})
    assert answer.status == 201, answer.text
    spec = given(cimi.gateway)
    assert (spec.instance_type_id, spec.kind, spec.cpus, spec.memory) == size


async def test_an_image_by_value(cimi: Client) -> None:
    for location in (f"urn:uuid:{IMAGE}", f"{BASE}/machineImages/{IMAGE}"):
        cimi.gateway.driver.instances.given.clear()
        answer = await cimi.post("/machines", {"machineTemplate": {"machineImage": {"imageLocation": location}}})
        assert (answer.status, given(cimi.gateway).image_id) == (201, IMAGE)


async def test_a_template_by_reference_with_overrides(cimi: Client) -> None:
    template = {"href": f"{BASE}/machine_templates/{IMAGE}", "initialState": "STARTED", "machineConfig": SIZE_REF}
    assert (await cimi.post("/machines", {"machineTemplate": template})).status == 201
    spec = given(cimi.gateway)
    assert (spec.image_id, spec.instance_type_id, spec.annotation.want) == (IMAGE, SMALL, Want.RUNNING)


async def made(cimi: Client, path: str, document: Any) -> str:
    """The address of something that was made."""
    answer = await cimi.post(path, document)
    assert answer.status == 201, answer.text
    return answer.headers["location"]


KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f me@home"


async def test_everything_from_kept_things(cimi: Client) -> None:
    config = await made(cimi, "/machine_configurations", {"cpu": 3, "memory": 1 << 20, "cpuArch": "x86_64"})
    secret = await made(cimi, "/credentials", {"userName": "me", "password": " pass word", "key": KEY})
    kept = {
        "name": "not the machine's",
        "initialState": "STARTED",
        "machineConfig": {"href": config, "memory": 2 << 20},
        "machineImage": IMAGE_REF,
        "credential": {"href": secret},
        "userData": base64.b64encode(b"#!/bin/sh\n").decode(),
    }
    template = await made(cimi, "/machine_templates", kept)
    answer = await cimi.post("/machines", {"name": "x", "machineTemplate": {"href": template}})
    assert (answer.status, "pass word" in answer.text) == (201, False)
    spec = given(cimi.gateway)
    assert (spec.name, spec.image_id, spec.cpus, spec.memory) == ("x", IMAGE, 3, 2 << 30)
    assert (spec.user_name, spec.password, spec.authorized_keys) == ("me", " pass word", (KEY,))
    assert (spec.user_data, spec.annotation.want) == (b"#!/bin/sh\n", Want.RUNNING)
    assert "pass word" not in repr(spec)


@pytest.mark.parametrize(
    ("credential", "told"),
    [
        ({"href": "{0}"}, ("me", "pass word", (KEY,))),
        ({"href": "{0}", "userName": "you", "key": None}, ("you", "pass word", ())),
        ({"userName": "root"}, ("root", "", ())),
        ({"key": KEY.encode().hex()}, ("", "", (KEY,))),
        (None, ("", "", ())),
    ],
)
async def test_the_forms_of_a_credential(cimi: Client, credential: Any, told: tuple[Any, ...]) -> None:
    secret = await made(cimi, "/credentialTemplates", {"userName": "me", "password": "pass word", "key": KEY})
    if credential and "href" in credential:
        credential = credential | {"href": secret}
    template = await made(cimi, "/machine_templates", {"machineImage": IMAGE_REF, "credential": {"href": secret}})
    own = {"machineTemplate": {"href": template, "credential": credential}}
    assert (await cimi.post("/machines", own)).status == 201
    spec = given(cimi.gateway)
    assert (spec.user_name, spec.password, spec.authorized_keys) == told


async def test_a_credential_by_value_in_a_template(cimi: Client) -> None:
    value = {"userName": "me", "password": "pass word"}
    template = await made(cimi, "/machine_templates", {"machineImage": IMAGE_REF, "credential": value})
    assert (await cimi.post("/machines", {"machineTemplate": {"href": template}})).status == 201
    spec = given(cimi.gateway)
    assert (spec.user_name, spec.password) == ("me", "pass word")


async def test_disks_and_volumes(cimi: Client) -> None:
    disks = [{"capacity": 1000, "format": "ext4", "initialLocation": "/dev/vdb"}, {"capacity": 5, "format": "raw"}]
    config = await made(cimi, "/machine_configurations", {"disks": disks})
    volumes = [{"href": FLOATING, "initialLocation": "/dev/vdd"}]
    template = {"machineImage": IMAGE_REF, "machineConfig": {"href": config}, "volumes": volumes}
    kept = await made(cimi, "/machine_templates", template)
    assert (await cimi.get(kept.removeprefix(BASE)))["volumes"] == [
        {"href": f"{BASE}/volumes/{FLOATING}", "initialLocation": "/dev/vdd"}
    ]
    assert (await cimi.post("/machines", {"name": "a b", "machineTemplate": {"href": kept}})).status == 201
    assert given(cimi.gateway).volumes == (
        VolumeWish(volume_id=FLOATING, device="/dev/vdd"),
        VolumeWish(spec=VolumeSpec("", 1_000_000), device="/dev/vdb", own=True),
        VolumeWish(spec=VolumeSpec("", 5_000), own=True),
    )


async def test_meters_and_an_event_log(cimi: Client) -> None:
    meter = {"meterConfig": {"aspect": "http://schemas.dmtf.org/cimi/1/aspect/cpu", "sampleInterval": 120}}
    template = {"machineImage": IMAGE_REF, "meterTemplates": [meter], "eventLogTemplate": {"persistence": "weekly"}}
    answer = await cimi.post("/machines", {"machineTemplate": template})
    assert answer.status == 201, answer.text
    machine = answer.headers["location"].removeprefix(BASE)
    meters = [one for one in (await cimi.get(f"{machine}/meters"))["meters"] if one.get("sampleInterval") == 120]
    assert [one["aspect"] for one in meters] == ["http://schemas.dmtf.org/cimi/1/aspect/cpu"]
    log = (await cimi.get(machine, "$expand=eventLog"))["eventLog"]
    assert log["persistence"] == "weekly"
    wrong = {"machineImage": IMAGE_REF, "meterTemplates": [{"meterConfig": {"aspect": "of a gem"}}]}
    assert (await cimi.post("/machines", {"machineTemplate": wrong})).status == 400
    assert len(cimi.gateway.driver.instances.given) == 1


async def test_null_erases_what_a_template_says(cimi: Client) -> None:
    template = {"href": f"{BASE}/machine_templates/{IMAGE}", "machineConfig": None}
    assert (await cimi.post("/machines", {"machineTemplate": template})).status == 201
    assert given(cimi.gateway).kind == ""


async def test_user_data_and_networks(cimi: Client) -> None:
    data = base64.b64encode(b"#!/bin/sh\necho hello\n").decode()
    interface = {"network": {"href": f"{BASE}/networks/{SECOND_NETWORK}"}, "state": "ACTIVE"}
    template = {"machineImage": IMAGE_REF, "userData": f" {data[:9]}\n{data[9:]} ", "networkInterfaces": [interface]}
    assert (await cimi.post("/machines", {"machineTemplate": template})).status == 201
    spec = given(cimi.gateway)
    assert (spec.user_data, spec.network_ids) == (b"#!/bin/sh\necho hello\n", (SECOND_NETWORK,))


async def test_the_initial_state_is_configurable(gateway: Gateway) -> None:
    frontend = CimiFrontend(gateway.services, CimiSettings(initial_state="STARTED", base_url="https://cloud.example"))
    body = json.dumps({"machineTemplate": {"machineImage": {"href": IMAGE}}}).encode()
    answer = await ask(
        frontend, "POST", "/cimi/machines", headers=LOGIN | {"Content-Type": "application/json"}, body=body
    )
    assert answer.status == 201, answer.text
    assert answer.headers["location"].startswith("https://cloud.example/cimi/machines/")
    assert given(gateway).annotation.want is Want.RUNNING


FORMS = {
    "the standard's": '<MachineCreate xmlns="http://schemas.dmtf.org/cimi/1">{0}</MachineCreate>',
    "the talk's": "<Machine>{0}</Machine>",
    "without a namespace": "<MachineCreate>{0}</MachineCreate>",
    "of 2012": '<MachineCreate xmlns="http://www.dmtf.org/cimi">{0}</MachineCreate>',
    "with a prefix": '<c:MachineCreate xmlns:c="http://schemas.dmtf.org/cimi/1">{1}</c:MachineCreate>',
    "in lower case": "<machineImageCreate>{0}</machineImageCreate>",
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
async def test_the_forms_of_a_body(cimi: Client, form: str) -> None:
    inside = (
        '<{0}name>x</{0}name><{0}property {1}="stage">test</{0}property><{0}machineTemplate>'
        f'<{{0}}machineImage href=" {IMAGE_REF["href"]} "/></{{0}}machineTemplate>'
    )
    key = "key" if "schemas" in form else "name"
    answer = await cimi.send("POST", "/machines", form.format(inside.format("", key), inside.format("c:", key)))
    assert answer.status == 201, answer.text
    spec = given(cimi.gateway)
    assert (spec.name, spec.image_id, spec.annotation.tags) == ("x", IMAGE, {"Name": "x", "stage": "test"})


@pytest.mark.parametrize(
    ("template", "status", "words"),
    [
        (None, 400, "machineTemplate"),
        ({}, 400, "machineTemplate"),
        ({"name": "x"}, 400, "machineImage"),
        ({"machineImage": {"name": "x"}}, 400, "machineImage"),
        ({"machineImage": {"href": f"{BASE}/machines/{IMAGE}"}}, 400, "machineImage"),
        ({"machineImage": {"imageLocation": f"{BASE}/machines/{IMAGE}"}}, 400, "machineImage"),
        ({"href": f"{BASE}/machine_images/{IMAGE}"}, 400, "machineTemplate"),
        ({"href": f"{BASE}/machine_templates/none"}, 404, "machine template"),
        ({"machineImage": {"href": f"{BASE}/machine_images/none"}}, 404, "'none'"),
        ({"machineImage": {"href": f"http://elsewhere.example/cimi/machine_images/{IMAGE}"}}, 400, "another host"),
        ({"machineImage": {"href": f"file:///cimi/machine_images/{IMAGE}"}}, 400, "machineImage"),
        ({"machineImage": IMAGE_REF, "machineConfig": {"href": "none"}}, 404, "instance type"),
        ({"machineImage": IMAGE_REF, "machineConfig": {"cpu": 0}}, 400, "cpu"),
        ({"machineImage": IMAGE_REF, "machineConfig": {"memory": "much"}}, 400, "memory"),
        ({"machineImage": IMAGE_REF, "machineConfig": {"disks": [{"capacity": 0}]}}, 400, "disks/capacity"),
        ({"machineImage": IMAGE_REF, "machineConfig": {"disks": [{"capacity": 1}] * 25}}, 400, "at most 24"),
        ({"machineImage": IMAGE_REF, "meterTemplates": [{"href": "x"}] * 25}, 400, "at most 24 meterTemplates"),
        ({"machineImage": IMAGE_REF, "initialState": "SUSPENDED"}, 400, "STOPPED or STARTED or PAUSED"),
        ({"machineImage": IMAGE_REF, "userData": "no base64!"}, 400, "userData"),
        ({"machineImage": IMAGE_REF, "userData": "A" * 24000}, 400, "16384"),
        ({"machineImage": IMAGE_REF, "machineConfig": {"cpuArch": "Alpha"}}, 400, "cpuArch"),
        ({"machineImage": IMAGE_REF, "machineConfig": {"cpuArch": "POWER"}}, 400, "cpuArch"),
        ({"machineImage": IMAGE_REF, "machineConfig": {"cpuSpeed": 3000}}, 501, "cpuSpeed"),
        ({"machineImage": IMAGE_REF, "credential": {"password": "pass word", "key": "0"}}, 400, "key"),
        ({"machineImage": IMAGE_REF, "credential": {"href": "credentials/none"}}, 404, "credential"),
        ({"machineImage": IMAGE_REF, "credential": {"href": IMAGE_REF["href"]}}, 400, "credential"),
        ({"machineImage": IMAGE_REF, "credential": {"name": "x"}}, 400, "credential"),
        ({"machineImage": IMAGE_REF, "volumes": [{"href": "volumes/x"}]}, 404, "volume"),
        ({"machineImage": IMAGE_REF, "volumes": [{"href": f"volumes/{DISK}"}]}, 404, "volume"),
        ({"machineImage": IMAGE_REF, "volumes": [{"href": f"machines/{DISK}"}]}, 400, "volumes"),
        ({"machineImage": IMAGE_REF, "volumes": [{"initialLocation": "/dev/vdb"}]}, 400, "href"),
        ({"machineImage": IMAGE_REF, "networkInterfaces": [{"network": {"href": "none"}}]}, 404, "network"),
        ({"machineImage": IMAGE_REF, "networkInterfaces": [{"network": {}}]}, 400, "network"),
    ],
)  # fmt: skip
async def test_what_can_not_be_made_is_refused(cimi: Client, template: Any, status: int, words: str) -> None:
    answer = await cimi.post("/machines", {"name": "x", "machineTemplate": template} if template is not None else {})
    told = job(answer)
    assert (answer.status, told["state"]) == (status, "FAILED"), told
    assert words in told["statusMessage"]
    assert "pass word" not in answer.text
    assert cimi.gateway.driver.instances.given == {}


async def test_too_many_or_too_long_properties_are_refused(cimi: Client) -> None:
    for properties in ({"k": "x" * 256}, {"": "x"}, {str(number): "x" for number in range(51)}):
        answer = await cimi.post(
            "/machines", {"properties": properties, "machineTemplate": {"machineImage": IMAGE_REF}}
        )
        assert 400 <= answer.status < 404
        assert cimi.gateway.driver.instances.given == {}


@pytest.mark.parametrize(
    "body",
    [
        '<!DOCTYPE a [<!ENTITY x "y">]><Machine><name>&x;</name></Machine>',
        '<!DOCTYPE a SYSTEM "http://elsewhere.example/a.dtd"><Machine/>',
        "<a>" * 5000 + "</a>" * 5000,
        '{"machineTemplate":' * 3000 + "1" + "}" * 3000,
        '{"machineTemplate": 7}',
        "[]",
        "\x00",
        "<Machine>\ud800</Machine>".encode("utf-8", "surrogatepass"),
    ],
)
async def test_hostile_bodies_are_refused(cimi: Client, body: str | bytes) -> None:
    answer = await cimi.send("POST", "/machines", body)
    assert answer.status in (400, 415)
    assert job(answer)["state"] == "FAILED"
