"""Documents that clients make and the gateway keeps: their life, their addresses, their owners."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.asgi import Answer
from tests.unit.frontends.cimi.conftest import BASE, Client, job
from tests.unit.frontends.conftest import IMAGE

SMALL = "0000000b-000b-000b-000b-00000000021f"
TEMPLATE = {
    "name": "web",
    "properties": {"stage": "test"},
    "initialState": "STARTED",
    "machineConfig": {"href": "machineConfigs/SERVER"},
    "machineImage": {"href": f"{BASE}/machineImages/{IMAGE}"},
}


async def made(cimi: Client, path: str, document: Any) -> Any:
    answer = await cimi.post(path, document)
    told = json.loads(answer.body)
    assert (answer.status, answer.headers.get("location")) == (201, told["id"]), answer.text
    return told


async def put(cimi: Client, uri: str, document: Any, query: str = "") -> Answer:
    headers = {"Content_Type": "application/json", "Accept": "application/json"}
    return await cimi.send("PUT", uri.removeprefix(BASE), json.dumps(document), query, **headers)


async def test_the_life_of_a_template(cimi: Client) -> None:
    told = await made(cimi, "/machine_templates", TEMPLATE | {"id": "mine", "created": "2001-01-01T00:00:00Z"})
    path = told["id"].removeprefix(BASE)
    assert {name: told[name] for name in TEMPLATE} == TEMPLATE | {
        "machineConfig": {"href": f"{BASE}/machine_configurations/SERVER"},
        "machineImage": {"href": f"{BASE}/machine_images/{IMAGE}"},
    }
    assert told["operations"] == [{"rel": "edit", "href": told["id"]}, {"rel": "delete", "href": told["id"]}]
    assert told["created"] == told["updated"] > "2020"
    assert await cimi.get(path) == told
    listed = (await cimi.get("/machine_templates"))["machineTemplates"]
    assert [one["id"].rpartition("/")[2] for one in listed[:2]] != [path.rpartition("/")[2]]
    assert listed[-1] == told
    answer = await put(cimi, told["id"], {"name": "second"})
    second = json.loads(answer.body)
    assert (answer.status, second["name"], second["created"]) == (200, "second", told["created"])
    assert second["updated"] > told["updated"]
    assert not {"properties", "initialState", "machineConfig", "machineImage"} & set(second)
    answer = await put(cimi, told["id"], {"machineImage": {"href": IMAGE}}, "$select=machineImage,name")
    third = json.loads(answer.body)
    assert (third["machineImage"], "name" in third) == ({"href": f"{BASE}/machine_images/{IMAGE}"}, False)
    assert (await cimi.send("DELETE", path)).status == 200
    assert (await cimi.send("DELETE", path)).status == 404
    assert (await cimi.send("GET", path)).status == 404
    assert (await put(cimi, told["id"], {"name": "x"})).status == 404


async def test_addresses_are_those_of_the_host_that_is_asked(cimi: Client) -> None:
    told = await made(cimi, "/machine_templates", TEMPLATE)
    path = told["id"].removeprefix(BASE)
    other = await cimi.send("GET", path, host="cloud.example:8443", Accept="application/json")
    assert json.loads(other.body)["machineImage"] == {"href": f"http://cloud.example:8443/cimi/machine_images/{IMAGE}"}


@pytest.mark.parametrize("root", ["MachineTemplate", "MachineTemplateCreate", "machineTemplate", "template"])
@pytest.mark.parametrize(
    "namespace", ["", ' xmlns="http://www.dmtf.org/cimi"', ' xmlns="http://schemas.dmtf.org/cimi/1"']
)
async def test_the_forms_of_a_body(cimi: Client, root: str, namespace: str) -> None:
    inside = (
        f'<name> x </name><property name="a">b</property><machineConfig href=" {BASE}/machine_configs/SERVER "/>'
        f'<machineImage href="/cimi/machine_images/{IMAGE}"/>'
    )
    body = f"<{root}{namespace}>{inside}</{root}>"
    answer = await cimi.send(
        "POST", "/machine_templates", body, Content_Type="application/xml", Accept="application/json"
    )
    told = json.loads(answer.body)
    assert (answer.status, told["name"], told["properties"]) == (201, "x", {"a": "b"})
    assert told["machineConfig"] == {"href": f"{BASE}/machine_configurations/SERVER"}


@pytest.mark.parametrize(
    ("document", "word"),
    [
        ({"machineImage": {"href": f"http://elsewhere.example/cimi/machine_images/{IMAGE}"}}, "machineImage"),
        ({"machineImage": {"href": "file:///etc/passwd"}}, "machineImage"),
        ({"machineImage": {"href": "../../etc/passwd"}}, "machineImage"),
        ({"credential": {"href": "#other"}}, "credential"),
        ({"machineConfig": {"cpu": "many"}}, "machineConfig/cpu"),
        ({"networkInterfaces": [{"network": {"href": "http://elsewhere.example/x/y"}}]}, "networkInterfaces/network"),
        ({"properties": [1]}, "properties"),
    ],
)
async def test_wrong_documents_are_refused(cimi: Client, document: Any, word: str) -> None:
    answer = await cimi.post("/machine_templates", document)
    assert (answer.status, word in job(answer)["statusMessage"]) == (400, True), answer.text
    assert len((await cimi.get("/machine_templates"))["machineTemplates"]) == 2


async def test_the_providers_own_can_not_be_changed(cimi: Client) -> None:
    for path in (f"/machine_templates/{IMAGE}", "/machine_configurations/SERVER", f"/machine_configurations/{SMALL}"):
        document = await cimi.get(path)
        assert "operations" not in document
        assert (await put(cimi, path, {"name": "mine"})).status == 403
        assert (await cimi.send("DELETE", path)).status == 403
        assert await cimi.get(path) == document


async def test_configurations_with_disks(cimi: Client) -> None:
    disks = [{"capacity": 1000, "format": "ext4", "initialLocation": "/dev/vdb"}, {"capacity": " 5 "}]
    told = await made(
        cimi, "/machineConfigs", {"name": "big", "cpu": 4, "memory": 1 << 20, "disks": disks, "cpuArch": "x86"}
    )
    assert (told["cpu"], told["memory"], told["cpuArch"]) == (4, 1 << 20, "x86")
    assert told["disks"] == [disks[0], {"capacity": 5}]
    for wrong in ({"cpu": 0}, {"memory": -1}, {"disks": [{"capacity": 0}]}, {"disks": [{"format": "ext4"}]}):
        assert (await cimi.post("/machine_configurations", wrong)).status == 400
    answer = await put(cimi, told["id"], {"cpu": 0}, "$select=cpu")
    assert (answer.status, "cpu" in job(answer)["statusMessage"]) == (400, True)
    assert (await cimi.get(told["id"].removeprefix(BASE)))["cpu"] == 4


async def test_nobody_sees_what_others_keep(cimi: Client) -> None:
    told = await made(cimi, "/machine_templates", TEMPLATE)
    path = told["id"].removeprefix(BASE)
    other = {"Authorization": "Basic " + base64.b64encode(b"user2@internal:deltaic").decode()}
    assert (await cimi.send("GET", path, **other)).status == 404
    assert (await cimi.send("DELETE", path, **other)).status == 404
    answer = await cimi.send("PUT", path, '{"name": "x"}', Content_Type="application/json", **other)
    assert answer.status == 404
    assert told["id"] not in (await cimi.send("GET", "/machine_templates", **other)).text
    body = json.dumps({"machineTemplate": {"href": told["id"]}})
    answer = await cimi.send("POST", "/machines", body, Content_Type="application/json", **other)
    assert answer.status == 404
    assert (await cimi.get(path))["name"] == "web"


async def test_a_template_keeps_what_is_changed_beside_a_reference(cimi: Client) -> None:
    config = {"href": "machine_configurations/SERVER", "cpu": 2, "created": "2001-01-01T00:00:00Z"}
    told = await made(cimi, "/machine_templates", {"machineConfig": config})
    assert told["machineConfig"]["href"] == f"{BASE}/machine_configurations/SERVER"
    assert (told["machineConfig"]["cpu"], "created" in told["machineConfig"]) == (2, False)


async def test_an_expanded_template_shows_what_it_refers_to(cimi: Client) -> None:
    await made(cimi, "/machine_templates", TEMPLATE)
    (one,) = (await cimi.get("/machine_templates", "$expand=*&$filter=name='web'"))["machineTemplates"]
    assert (one["machineConfig"]["name"], one["machineImage"]["name"]) == ("SERVER", "desktop_template")


async def test_secrets_are_kept_and_never_shown(cimi: Client) -> None:
    by_value = {"credential": {"userName": "me", "password": " pass word "}}
    told = await made(cimi, "/machine_templates", by_value)
    assert told["credential"] == {"resourceURI": "http://schemas.dmtf.org/cimi/1/CredentialTemplate", "userName": "me"}
    answer = await put(cimi, told["id"], told | {"name": "x"})
    assert answer.status == 200
    (record,) = [row for row in cimi.gateway.store.records.rows.values() if row.kind == "MachineTemplate"]
    assert json.loads(record.content)["credential"]["password"] == " pass word "
    assert "pass word" not in answer.text
    await put(cimi, told["id"], {"credential": {"userName": "you"}}, "$select=credential")
    (record,) = [row for row in cimi.gateway.store.records.rows.values() if row.kind == "MachineTemplate"]
    assert "password" not in json.loads(record.content)["credential"]


SAMPLES = Path(__file__).parents[3] / "data" / "cimi" / "samples"


async def test_no_document_of_old_clients_is_a_defect(cimi: Client) -> None:
    kept = ("machine_templates", "machine_configurations", "credential_templates", "credentials", "machines")
    answers = {
        (sample.name, path): await cimi.send("POST", f"/{path}", sample.read_bytes())
        for sample in sorted(SAMPLES.rglob("*.*"))
        for path in kept
    }
    assert len(answers) > 400
    assert {answer.status for answer in answers.values()} == {201, 400, 404}
    own = {
        "machine_configuration.xml": "machine_configurations",
        "machine_configuration.json": "machine_configurations",
        "MachineConfiguration-2.xml": "machine_configurations",
        "MachineConfiguration-2.json": "machine_configurations",
        "credential.xml": "credentials",
        "credential.json": "credential_templates",
    }
    assert {answers[name, path].status for name, path in own.items()} == {201}
    assert "mockpassword" not in "".join(answer.text for answer in answers.values())


async def test_the_secrets_in_lists_of_parts_stay(cimi: Client) -> None:
    value = {"machineTemplate": {"credential": {"userName": "me", "password": "pass word"}}}
    part = {"type": "http://schemas.dmtf.org/cimi/1/Machine", "name": "one", **value}
    told = await made(cimi, "/system_templates", {"componentDescriptors": [part]})
    assert "pass word" not in json.dumps(told)
    assert (await put(cimi, told["id"], told | {"name": "named"})).status == 200
    (record,) = [row for row in cimi.gateway.store.records.rows.values() if row.kind == "SystemTemplate"]
    assert b"pass word" in record.content
