"""Machine templates and configurations: their life, and a machine from every form of a template."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from deltaic.protocols.cimi.negotiation import Format
from tests.clients.cimi_client import CimiClient
from tests.clients.cimi_links import Follower, operation, verbs
from tests.clients.gateway import WORKSHOP, Gateway
from tests.support.processes import until

OTHER = "user@internal"
SCRIPT = b"#!/bin/sh\necho made by a template > /etc/motd\n"


@pytest.fixture(params=list(Format), ids=[form.value for form in Format])
def follower(demo: Gateway, request: pytest.FixtureRequest) -> Follower:
    return Follower(CimiClient(demo), request.param)


def image(follower: Follower) -> str:
    """The address of the image that the machines are made from."""
    return next(one["id"] for one in follower.collection("MachineImage")["items"] if one["name"] == "Workshop template")


def size(follower: Follower, name: str) -> str:
    return next(one["id"] for one in follower.collection("MachineConfiguration")["items"] if one["name"] == name)


@pytest.fixture
def machines(follower: Follower) -> Iterator[Callable[[dict[str, Any]], dict[str, Any]]]:
    """Makes machines from a template and waits until they stand: as the engine has them. Removes them in the end."""
    made: list[str] = []

    def make(template: dict[str, Any]) -> dict[str, Any]:
        machine = follower.add("Machine", {"name": "templated", "machineTemplate": template}, "MachineCreate")
        made.append(machine["id"])
        wanted = "STOPPED"
        until(lambda: follower.read(machine["id"], "Machine")["state"] == wanted)
        found: dict[str, Any] = follower.client.gateway.engine.get(f"/vms/{machine['id'].rpartition('/')[2]}")
        return found

    yield make
    for uri in made:
        assert follower.send("DELETE", operation(follower.read(uri, "Machine"), "delete")).status == 200


def figures(vm: dict[str, Any]) -> tuple[str, int, int, str]:
    """Image, CPUs, memory in MiB and size of a machine as the engine has it."""
    topology = vm["cpu"]["topology"]
    cpus = int(topology["sockets"]) * int(topology["cores"]) * int(topology["threads"])
    return vm["template"]["id"], cpus, int(vm["memory"]) >> 20, vm.get("instance_type", {}).get("id", "")


def test_the_life_of_a_template(follower: Follower) -> None:
    wanted = {"name": "kept", "description": "d", "properties": {"k": "<&>"}, "machineImage": {"href": image(follower)}}
    made = follower.add("MachineTemplate", wanted)
    assert {name: made[name] for name in wanted} == wanted
    assert made in follower.collection("MachineTemplate")["items"]
    changed = made | {"description": "second", "initialState": "STARTED"}
    answer = follower.send("PUT", operation(made, "edit"), "MachineTemplate", changed)
    assert answer.status == 200
    read = follower.read(made["id"], "MachineTemplate")
    assert (read["description"], read["initialState"], read["properties"]) == ("second", "STARTED", {"k": "<&>"})
    assert read["updated"] > read["created"] == made["created"]
    uri = f"{operation(read, 'edit')}?$select=description"
    assert follower.send("PUT", uri, "MachineTemplate", {}).status == 200
    read = follower.read(made["id"], "MachineTemplate")
    assert ("description" in read, read["name"]) == (False, "kept")
    assert follower.send("DELETE", operation(read, "delete")).status == 200
    assert follower.send("GET", made["id"]).status == 404
    assert made["id"] not in [one["id"] for one in follower.collection("MachineTemplate")["items"]]


def test_the_providers_items_are_not_changed(follower: Follower) -> None:
    for item in ("MachineTemplate", "MachineConfiguration"):
        provided = [one for one in follower.collection(item)["items"] if not verbs(one)]
        assert len(provided) >= 3
        assert follower.send("DELETE", provided[0]["id"]).status == 403
        assert follower.send("PUT", provided[0]["id"], item, {"name": "mine"}).status == 403
        assert follower.read(provided[0]["id"], item) == provided[0]


def test_a_machine_from_every_form_of_a_template(
    follower: Follower, machines: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    where = image(follower)
    config = follower.add("MachineConfiguration", {"name": "odd", "cpu": 3, "memory": 768 << 10, "cpuArch": "x86_64"})
    assert verbs(config) == {"edit", "delete"}
    kept = follower.add(
        "MachineTemplate",
        {
            "name": "whole",
            "initialState": "STOPPED",
            "machineConfig": {"href": config["id"]},
            "machineImage": {"href": where},
            "userData": base64.b64encode(SCRIPT).decode(),
        },
    )
    provided = next(one for one in follower.collection("MachineTemplate")["items"] if one["id"].endswith(WORKSHOP))
    own = figures(machines({"href": provided["id"]}))
    assert own[0] == WORKSHOP
    vm = machines({"href": kept["id"]})
    assert figures(vm) == (WORKSHOP, 3, 768, "")
    script = follower.client.gateway.engine.get(f"/vms/{vm['id']}?all_content=true")["initialization"]["custom_script"]
    assert base64.b64encode(SCRIPT).decode() in script
    changes = {"href": config["id"], "cpu": 1}
    assert figures(machines({"href": kept["id"], "machineConfig": changes})) == (WORKSHOP, 1, 768, "")
    small = size(follower, "Small")
    vm = machines({"machineImage": {"href": where}, "machineConfig": {"href": small}})
    assert figures(vm)[3] == small.rpartition("/")[2]
    value = {
        "machineImage": {"imageLocation": f"urn:uuid:{WORKSHOP}"},
        "machineConfig": {"cpu": 4, "memory": 512 << 10},
    }
    assert figures(machines(value)) == (WORKSHOP, 4, 512, "")
    for made in (config, kept):
        assert follower.send("DELETE", operation(made, "delete")).status == 200


def test_null_erases_what_a_template_says(demo: Gateway) -> None:
    follower = Follower(CimiClient(demo), Format.JSON)
    kept = follower.add(
        "MachineTemplate", {"machineConfig": {"cpu": 3}, "machineImage": {"href": image(follower)}, "userData": "eA=="}
    )
    wanted = {"machineTemplate": {"href": kept["id"], "machineConfig": None, "userData": None}}
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    answer = follower.client.send("POST", operation(follower.collection("Machine"), "add"), json.dumps(wanted), headers)
    assert answer.status == 201, answer.text
    machine = follower.document(answer, "Machine")
    vm = demo.engine.get(f"/vms/{machine['id'].rpartition('/')[2]}?all_content=true")
    assert figures(vm)[1] == 2  # the image's own
    assert "custom_script" not in vm.get("initialization", {})
    assert follower.send("DELETE", machine["id"]).status == 200
    assert follower.send("DELETE", kept["id"]).status == 200


#: What clients of 2012 and 2013 send; each makes a template and, from it, a machine.
FORMS = {
    "plugfest": '<MachineTemplateCreate xmlns="http://schemas.dmtf.org/cimi/1"><name>t</name><description>d</description>'
    '<property key="test">value</property><machineConfig href="{config}"/><machineImage href="{image}"/>'
    "</MachineTemplateCreate>",
    "early": '<MachineTemplate xmlns="http://www.dmtf.org/cimi"><name>t</name><property name="test">value</property>'
    '<machineConfig href=" {config} "/><machineImage href="{image}"/></MachineTemplate>',
    "bare": "<MachineTemplate><name> t </name><property name='test'> value </property><machineConfig href='{config}'/>"
    "<machineImage href='{image}'/><realm>ignored</realm></MachineTemplate>",
    "json": '{{"name": "t", "properties": {{"test": "value"}}, "machineConfig": {{"href": "{config}"}}, '
    '"machineImage": {{"href": "{image}"}}}}',
    "sirocco": '{{"resourceURI": "http://schemas.dmtf.org/cimi/1/MachineTemplate", "name": "t", "href": "", '
    '"properties": {{"test": "value"}}, "machineConfig": {{"resourceURI": '
    '"http://schemas.dmtf.org/cimi/1/MachineConfiguration", "href": "{config}"}}, "machineImage": {{"resourceURI": '
    '"http://schemas.dmtf.org/cimi/1/MachineImage", "href": "{image}"}}}}',
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_the_bodies_of_old_clients(demo: Gateway, form: str) -> None:
    follower = Follower(CimiClient(demo), Format.JSON)
    body = form.format(config=size(follower, "SERVER"), image=image(follower))
    uri = operation(follower.collection("MachineTemplate"), "add")
    answer = follower.client.send("POST", uri, body, {"Accept": "application/json"})
    assert answer.status == 201, answer.text
    made = follower.document(answer, "MachineTemplate")
    assert (made["name"], made["properties"]) == ("t", {"test": "value"})
    create = f'<MachineCreate><name>m</name><machineTemplate href="{made["id"]}"/></MachineCreate>'
    answer = follower.client.send("POST", operation(follower.collection("Machine"), "add"), create)
    assert answer.status == 201, answer.text
    assert follower.send("DELETE", answer.headers["location"]).status == 200
    assert follower.send("DELETE", operation(made, "delete")).status == 200


def test_two_users_do_not_see_each_others(follower: Follower) -> None:
    other = Follower(follower.client, follower.form, OTHER)
    for item, document in (
        ("MachineTemplate", {"name": "private", "machineImage": {"href": image(follower)}}),
        ("MachineConfiguration", {"name": "private", "cpu": 1}),
        ("CredentialTemplate", {"name": "private", "userName": "me"}),
    ):
        made = follower.add(item, document)
        assert "private" not in [one.get("name") for one in other.collection(item)["items"]]
        for method, body in (("GET", None), ("PUT", {"name": "stolen"}), ("DELETE", None)):
            assert other.send(method, made["id"], item if body else "", body).status == 404
        if item == "MachineTemplate":
            create = {"machineTemplate": {"href": made["id"]}}
            assert other.send("POST", other.collection("Machine")["id"], "MachineCreate", create).status == 404
        assert follower.read(made["id"], item)["name"] == "private"
        assert follower.send("DELETE", operation(made, "delete")).status == 200


@pytest.mark.parametrize("path", ["machineImage", "machineConfig", "credential"])
def test_foreign_addresses_are_refused(demo: Gateway, path: str) -> None:
    follower = Follower(CimiClient(demo), Format.JSON)
    uri = follower.collection("MachineTemplate")["id"]
    for href in ("http://elsewhere.example/cimi/machine_images/x", "//elsewhere.example/cimi/x/y", "ftp://x/cimi/a/b"):
        answer = follower.send("POST", uri, "MachineTemplate", {path: {"href": href}})
        assert (answer.status, path in answer.text) == (400, True)
