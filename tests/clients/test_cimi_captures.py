"""Images of machines, and what can not be one: by links and operations alone, in both formats.

What counts in the end is what the engine has.
"""

from __future__ import annotations

import json

import pytest

from tests.clients.cimi_client import CimiClient
from tests.clients.cimi_links import ACTION, Follower, native, operation, verbs
from tests.clients.cimi_machines import Document, Make, remove_machine
from tests.clients.gateway import Gateway
from tests.clients.imaging import (
    NOWHERE,
    image_of,
    kept,
    removed,
    taken,
    templates,
)
from tests.support.processes import until


@pytest.mark.parametrize("state", ["STOPPED", "STARTED"])
def test_a_machine_is_captured_and_another_one_made_of_it(follower: Follower, machines: Make, state: str) -> None:
    machine = machines(state)
    had = templates(follower)
    promised = image_of(follower, machine, "IMAGE", name=f"golden {state}", properties={"from": state})
    assert promised["id"] in [one["id"] for one in follower.collection("MachineImage")["items"]]
    assert "operations" not in promised
    image = follower.reached(promised["id"], "MachineImage", "AVAILABLE")
    assert (image["name"], image["properties"]) == (f"golden {state}", {"from": state})
    (template,) = templates(follower) - had
    assert image["imageLocation"] == f"urn:uuid:{template}"
    until(lambda: kept(follower, machine) == [])
    assert follower.reached(machine["id"], "Machine", state)["state"] == state
    # Nothing is listed twice, whichever address it was promised under.
    named = [one for one in follower.collection("MachineImage")["items"] if one["name"] == image["name"]]
    assert [native(one["id"]) for one in named] == [template]

    made = machines(image=promised["id"])
    assert follower.engine(f"/vms/{native(made['id'])}")["template"]["id"] == template
    answer = follower.send("PUT", operation(image, "edit"), "MachineImage", image | {"name": "silver"})
    assert (answer.status, follower.document(answer, "MachineImage")["name"]) == (200, "silver")
    assert follower.engine(f"/templates/{template}")["name"] == "silver"

    answer = follower.send("DELETE", operation(image, "delete"))
    assert (answer.status, "used by the following VMs" in answer.text) == (409, True)
    assert follower.read(image["id"], "MachineImage")["state"] == "AVAILABLE"
    remove_machine(follower, made)
    job = removed(follower, image, "MachineImage")
    assert (job["state"], templates(follower)) == ("SUCCESS", had)
    assert follower.send("GET", promised["id"]).status == 404


def test_a_volume_that_is_attached_is_no_part_of_the_image(follower: Follower, machines: Make) -> None:
    template = {"volumeTemplate": {"volumeConfig": {"capacity": 1000}}}
    volume = follower.add("Volume", {"name": "aside", **template}, "VolumeCreate")
    follower.reached(volume["id"], "Volume", "AVAILABLE")
    machine = machines(volumes=[{"href": volume["id"]}])
    assert len(follower.engine(f"/vms/{native(machine['id'])}/diskattachments")["disk_attachment"]) == 2
    image = follower.reached(image_of(follower, machine, "IMAGE", name="apart")["id"], "MachineImage", "AVAILABLE")
    template_id = image["imageLocation"].removeprefix("urn:uuid:")
    assert len(follower.engine(f"/templates/{template_id}/diskattachments")["disk_attachment"]) == 1
    until(lambda: kept(follower, machine) == [])
    assert removed(follower, image, "MachineImage")["state"] == "SUCCESS"
    remove_machine(follower, machine)
    until(lambda: "delete" in verbs(follower.read(volume["id"], "Volume")))
    assert removed(follower, volume, "Volume")["state"] == "SUCCESS"


def test_a_snapshot_becomes_an_image(follower: Follower, machines: Make) -> None:
    machine = machines(name="pictured")
    snapshot = taken(follower, machine, "source")
    add = operation(follower.collection("MachineImage"), "add")
    answer = follower.send("POST", add, "MachineImage", {"type": "IMAGE", "imageLocation": snapshot["id"]})
    assert answer.status == 201, answer.text
    image = follower.reached(follower.document(answer, "MachineImage")["id"], "MachineImage", "AVAILABLE")
    assert image["name"] == "pictured-image"
    assert len(kept(follower, machine)) == 1
    assert removed(follower, image, "MachineImage")["state"] == "SUCCESS"


@pytest.mark.parametrize("state", ["STOPPED", "STARTED"])
def test_a_machine_is_made_of_a_snapshot(follower: Follower, machines: Make, state: str) -> None:
    machine = machines(state, machineConfig={"cpu": 2, "memory": 1 << 20})
    snapshot = taken(follower, machine, "source")
    had = templates(follower)
    made = machines(image=snapshot["id"], networkInterfaces=[])
    assert (made["cpu"], made["memory"], made["state"]) == (2, 1 << 20, "STOPPED")
    (disk,) = follower.engine(f"/vms/{native(made['id'])}/diskattachments")["disk_attachment"]
    (source,) = follower.engine(f"/vms/{native(machine['id'])}/diskattachments")["disk_attachment"]
    assert disk["id"] != source["id"]
    assert len(follower.items(made["networkInterfaces"]["href"], "MachineNetworkInterface")["items"]) == 1
    assert (templates(follower), kept(follower, made), len(kept(follower, machine))) == (had, [], 1)
    larger = machines(image=snapshot["id"], machineConfig={"cpu": 4, "memory": 2 << 20})
    assert (larger["cpu"], larger["memory"]) == (4, 2 << 20)


def test_an_image_with_machines_on_it_stays(follower: Follower, machines: Make) -> None:
    machine = machines()
    used = follower.collection("MachineImage")["items"]
    image = next(one for one in used if one["name"] == "Workshop template")
    answer = follower.send("DELETE", operation(image, "delete"))
    assert (answer.status, "used by the following VMs" in answer.text) == (409, True)
    told = follower.document(answer, "Job")
    assert (told["state"], told["returnCode"]) == ("FAILED", 409)
    assert follower.read(image["id"], "MachineImage") == image
    assert follower.read(machine["id"], "Machine")["state"] == "STOPPED"


def test_what_can_not_be_made(follower: Follower, machines: Make) -> None:
    machine = machines()
    images = follower.collection("MachineImage")
    add = operation(images, "add")
    base = add.rpartition("/")[0]
    blank = next(one["id"] for one in images["items"] if one["name"] == "Blank")
    refused: list[tuple[Document, int, str]] = [
        ({"type": "PARTIAL_SNAPSHOT", "imageLocation": machine["id"]}, 501, "type"),
        ({"type": "PICTURE", "imageLocation": machine["id"]}, 400, "type"),
        ({"type": "IMAGE"}, 400, "imageLocation"),
        ({"type": "IMAGE", "imageLocation": "http://elsewhere.example/cimi/machines/1"}, 400, "imageLocation"),
        ({"type": "IMAGE", "imageLocation": "file:///etc/passwd"}, 400, "imageLocation"),
        ({"type": "SNAPSHOT", "imageLocation": f"{base}/machines/{NOWHERE}"}, 400, "imageLocation"),
        ({"type": "SNAPSHOT", "imageLocation": f"{base}/volumes/{NOWHERE}"}, 400, "imageLocation"),
        ({"type": "IMAGE", "imageLocation": blank}, 400, "imageLocation"),
        ({"type": "SNAPSHOT", "imageLocation": machine["id"], "properties": {"": "x"}}, 400, ""),
    ]
    for document, status, field in refused:
        answer = follower.send("POST", add, "MachineImage", document)
        assert (answer.status, field in answer.text) == (status, True), (document, answer.text)
        assert follower.document(answer, "Job")["state"] == "FAILED"
    assert kept(follower, machine) == []
    restore = operation(machine, "restore")
    other = taken(follower, machines(), "of another")
    asked: list[tuple[Document, int]] = [
        ({}, 400),
        ({"image": {"href": blank}}, 501),
        ({"image": {"href": other["id"]}}, 400),
        ({"image": {"href": f"{base}/machine_images/{native(machine['id'])}.{NOWHERE}"}}, 404),
        ({"image": {"href": "http://elsewhere.example/cimi/machine_images/1"}}, 400),
    ]
    for members, status in asked:
        answer = follower.send("POST", restore, "Action", {"action": f"{ACTION}/restore", **members})
        assert (answer.status, follower.document(answer, "Job")["state"]) == (status, "FAILED"), answer.text


def test_a_suspended_machine_is_neither_captured_nor_has_a_snapshot_taken(follower: Follower, machines: Make) -> None:
    machine = machines("STARTED")
    suspend = operation(machine, "suspend")
    assert follower.send("POST", suspend, "Action", {"action": f"{ACTION}/suspend"}).status == 202
    machine = follower.reached(machine["id"], "Machine", "SUSPENDED")
    assert not verbs(machine) & {"capture", "snapshot"}
    add = operation(follower.collection("MachineImage"), "add")
    for kind in ("IMAGE", "SNAPSHOT"):
        answer = follower.send("POST", add, "MachineImage", {"type": kind, "imageLocation": machine["id"]})
        assert (answer.status, "SUSPENDED" in answer.text) == (409, True)


#: Last segments that can be no image and no snapshot.
NO_IMAGES = (
    "%00.%00",
    "%ed%a0%80.x",
    "..",
    "a.b.c",
    ".",
    "%2e%2e.%2f",
    f"{'x' * 5000}.y",
    f"{NOWHERE}.{NOWHERE}",
    NOWHERE,
)
#: Bodies that are not what they should be, with the attribute at fault.
NO_BODIES = (
    ("[]", ""),
    ('{"type": 5, "imageLocation": "machines/x"}', "type"),
    ('{"type": {"a": 1}, "imageLocation": "machines/x"}', "type"),
    ('{"imageLocation": ["a"]}', "imageLocation"),
    ('{"imageLocation": {"href": 5}}', "imageLocation"),
    ('{"imageLocation": "machines/%00"}', "imageLocation"),
    ('{"imageLocation": "machines/x/start"}', "imageLocation"),
    ('{"imageLocation": "//elsewhere.example/cimi/machines/x"}', "imageLocation"),
    ('{"imageLocation": "machines/x", "properties": [1]}', "properties"),
    ('{"imageLocation": "machines/x", "name": {"a": 1}}', "name"),
)


def test_hostile_requests(demo: Gateway) -> None:
    client = CimiClient(demo)
    machine = client.get("/machines").tree.findtext("Machine/id")
    headers = {"Content-Type": "application/json"}
    for name in NO_IMAGES:
        for method, path, body in (
            ("GET", f"/machine_images/{name}", ""),
            ("PUT", f"/machine_images/{name}", '{"name": "x"}'),
            ("DELETE", f"/machine_images/{name}", ""),
            ("GET", f"/machines/{name}/snapshots", ""),
            ("DELETE", f"{machine}/snapshots/{name}", ""),
        ):
            answer = client.send(method, path, body, headers if body else None)
            assert (answer.status, answer.tree.tag) == (404, "Job"), (method, path, answer.text)
    for body, field in NO_BODIES:
        answer = client.send("POST", "/machine_images", body, headers)
        assert (answer.status, field in answer.text) == (400, True), (body, answer.text)
        assert answer.tree.findtext("state") == "FAILED"


#: Forms of the years before the standard's text was final: what machine images were asked for with.
OLD_FORMS = {
    "deltacloud": (
        '<MachineImageCreate xmlns="http://schemas.dmtf.org/cimi/1"><name>old</name>'
        "<type>{kind}</type><imageLocation>{machine}</imageLocation></MachineImageCreate>"
    ),
    "href": '<MachineImage><name>old</name><type>{kind}</type><imageLocation href="{machine}"/></MachineImage>',
    "lower": (
        '<machineImageCreate xmlns="http://www.dmtf.org/cimi"><name> old </name>'
        "<type> {kind} </type><imageLocation> {machine} </imageLocation></machineImageCreate>"
    ),
    "json": '{{"name": "old", "type": "{kind}", "imageLocation": "{machine}"}}',
    "json href": '{{"name": "old", "type": "{kind}", "imageLocation": {{"href": "{machine}"}}}}',
}


@pytest.mark.parametrize("form", OLD_FORMS)
def test_old_forms(demo: Gateway, machines: Make, follower: Follower, form: str) -> None:
    machine = machines()
    body = OLD_FORMS[form].format(kind="SNAPSHOT", machine=machine["id"])
    media = "application/json" if body.startswith("{") else "application/xml"
    headers = {"Content-Type": media, "Accept": "application/json"}
    answer = follower.client.send("POST", "/machine_images", body, headers)
    assert answer.status == 201, answer.text
    made = json.loads(answer.text)
    assert (made["name"], made["type"]) == ("old", "SNAPSHOT")
    follower.reached(made["id"], "MachineImage", "AVAILABLE")


@pytest.mark.parametrize(("verb", "kind"), [("snapshot", "SNAPSHOT"), ("capture", "IMAGE")])
def test_an_action_on_the_machine_itself_does_the_same(
    follower: Follower, machines: Make, verb: str, kind: str
) -> None:
    machine = machines()
    action = {"action": f"{ACTION}/{verb}", "properties": {"name": f"by {verb}", "k": "v"}}
    answer = follower.send("POST", machine["id"], "Action", action)
    assert (answer.status, answer.text) == (202, "")
    assert follower.over(answer)["state"] == "SUCCESS"
    (image,) = [one for one in follower.collection("MachineImage")["items"] if one["name"] == f"by {verb}"]
    assert (image["type"], image["state"], image["properties"]) == (kind, "AVAILABLE", {"k": "v"})
    assert removed(follower, image, "MachineImage")["state"] == "SUCCESS"
