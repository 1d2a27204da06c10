"""Snapshots, the way back and captures: by links and operations alone, in both formats.

What counts in the end is what the engine has.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from deltaic.protocols.cimi.negotiation import Format
from tests.clients.cimi_client import CimiClient
from tests.clients.cimi_links import Follower, operation, verbs
from tests.clients.gateway import Answer, Gateway
from tests.support.processes import until

ACTION = "http://schemas.dmtf.org/cimi/1/action"
NOWHERE = "11111111-2222-4333-8444-555555555555"

Document = dict[str, Any]
Make = Callable[..., Document]


@pytest.fixture(params=list(Format), ids=[form.value for form in Format])
def follower(demo: Gateway, request: pytest.FixtureRequest) -> Follower:
    return Follower(CimiClient(demo), request.param)


def ident(document: Document) -> str:
    return str(document["id"]).rpartition("/")[2]


def engine(follower: Follower, path: str) -> Any:
    return follower.client.gateway.engine.get(path)


def kept(follower: Follower, machine: Document) -> list[str]:
    """The ids of the engine's own snapshots of a machine, the active one apart."""
    found = engine(follower, f"/vms/{ident(machine)}/snapshots")["snapshot"]
    return [one["id"] for one in found if one["snapshot_type"] == "regular"]


def templates(follower: Follower) -> set[str]:
    return {one["id"] for one in engine(follower, "/templates")["template"]}


def reached(follower: Follower, document: Document, name: str, state: str) -> Document:
    until(lambda: follower.read(document["id"], name)["state"] == state)
    return follower.read(document["id"], name)


def ended(follower: Follower, answer: Answer) -> Document:
    uri = answer.headers["cimi-job-uri"]
    until(lambda: follower.read(uri, "Job")["progress"] == 100)
    return follower.read(uri, "Job")


def removed(follower: Follower, document: Document, name: str) -> Document:
    """Delete by what the resource offers: gone for its owner at once, and for the engine when the job is over."""
    until(lambda: "delete" in verbs(follower.read(document["id"], name)))
    answer = follower.send("DELETE", operation(follower.read(document["id"], name), "delete"))
    assert answer.status == 200, answer.text
    assert follower.send("GET", document["id"]).status == 404
    return ended(follower, answer)


def image_of(follower: Follower, machine: Document, kind: str, **members: Any) -> Document:
    """Capture a machine or take a snapshot, where the machine says that it is asked for."""
    verb = "snapshot" if kind == "SNAPSHOT" else "capture"
    until(lambda: verb in verbs(follower.read(machine["id"], "Machine")))
    where = operation(follower.read(machine["id"], "Machine"), verb)
    answer = follower.send("POST", where, "MachineImage", {"type": kind, "imageLocation": machine["id"], **members})
    assert answer.status == 201, answer.text
    made = follower.document(answer, "MachineImage")
    assert (answer.headers["location"], made["state"], made["type"]) == (made["id"], "CREATING", kind)
    return made


def taken(follower: Follower, machine: Document, name: str, **members: Any) -> Document:
    made = image_of(follower, machine, "SNAPSHOT", name=name, **members)
    return reached(follower, made, "MachineImage", "AVAILABLE")


def restored(follower: Follower, machine: Document, image: Document) -> Document:
    """Bring a machine back; the job."""
    until(lambda: "restore" in verbs(follower.read(machine["id"], "Machine")))
    where = operation(follower.read(machine["id"], "Machine"), "restore")
    action = {"action": f"{ACTION}/restore", "image": {"href": image["id"]}}
    answer = follower.send("POST", where, "Action", action)
    assert (answer.status, answer.text) == (202, "")
    return ended(follower, answer)


def chain(follower: Follower, machine: Document) -> list[tuple[str, str]]:
    """Each snapshot of a machine and the one before it, by name, in the order in which they are listed."""
    machine = follower.read(machine["id"], "Machine")
    images = [
        follower.read(one["snapshot"]["href"], "MachineImage")
        for one in follower.items(machine["snapshots"]["href"], "MachineSnapshot")["items"]
    ]
    names = {one["id"]: one["name"] for one in images}
    return [(one["name"], names.get((one.get("relatedImage") or {}).get("href"), "")) for one in images]


def latest(follower: Follower, machine: Document) -> str:
    machine = follower.read(machine["id"], "Machine")
    if "latestSnapshot" not in machine:
        return ""
    return str(follower.read(machine["latestSnapshot"]["href"], "MachineImage")["name"])


@pytest.fixture
def machines(follower: Follower) -> Iterator[Make]:
    """Makes machines that stand, and are removed in the end with what was made of them."""
    made: list[Document] = []

    def make(state: str = "STOPPED", image: str = "", **template: Any) -> Document:
        images = follower.collection("MachineImage")["items"]
        image = image or next(one["id"] for one in images if one["name"] == "Workshop template")
        document = {"machineImage": {"href": image}, "initialState": state, **template}
        made.append(follower.add("Machine", {"name": "pictured", "machineTemplate": document}, "MachineCreate"))
        return reached(follower, made[-1], "Machine", state)

    yield make
    for one in made:
        if follower.send("GET", one["id"]).status == 200:
            deleted(follower, one)


def deleted(follower: Follower, machine: Document) -> None:
    """Remove a machine; the engine has it no more."""
    until(lambda: "delete" in verbs(follower.read(machine["id"], "Machine")))
    assert follower.send("DELETE", operation(follower.read(machine["id"], "Machine"), "delete")).status == 200
    until(lambda: ident(machine) not in {vm["id"] for vm in follower.client.gateway.engine.machines()})


def test_the_life_of_a_snapshot(follower: Follower, machines: Make) -> None:
    sized = {"machineConfig": {"cpu": 1, "memory": 1 << 20}}
    machine = machines(**sized)
    image = taken(follower, machine, "before <& it>", description="ein Wort – oder zwei", properties={"why": "test"})
    assert (image["name"], image["description"]) == ("before <& it>", "ein Wort – oder zwei")
    assert (image["properties"], image["imageLocation"]) == ({"why": "test"}, machine["id"])
    assert verbs(image) == {"edit", "delete"}
    assert image in follower.collection("MachineImage")["items"]
    (below,) = follower.items(machine["snapshots"]["href"], "MachineSnapshot")["items"]
    assert (below["name"], below["snapshot"]["href"]) == (image["name"], image["id"])
    assert latest(follower, machine) == image["name"]
    assert kept(follower, machine) == [ident(below)]

    (disk,) = follower.items(machine["disks"]["href"], "Disk")["items"]
    before = engine(follower, f"/disks/{ident(disk)}")
    grown = {"capacity": 2 * disk["capacity"]}
    until(lambda: "edit" in verbs(follower.read(disk["id"], "Disk")))
    edit = operation(follower.read(disk["id"], "Disk"), "edit")
    assert follower.send("PUT", f"{edit}?$select=capacity", "Disk", grown).status == 200
    larger = {"cpu": 3, "memory": 2 << 20}
    edit = operation(machine, "edit")
    assert follower.send("PUT", f"{edit}?$select=cpu,memory", "Machine", larger).status == 200
    assert int(engine(follower, f"/disks/{ident(disk)}")["provisioned_size"]) > int(before["provisioned_size"])

    job = restored(follower, machine, image)
    assert (job["state"], job["targetResource"]["href"]) == ("SUCCESS", machine["id"])
    after, vm = engine(follower, f"/disks/{ident(disk)}"), engine(follower, f"/vms/{ident(machine)}")
    assert after["provisioned_size"] == before["provisioned_size"]
    assert after["image_id"] != before["image_id"]
    assert (vm["status"], int(vm["memory"])) == ("down", 1 << 30)
    now = follower.read(machine["id"], "Machine")
    assert (now["state"], now["cpu"], now["memory"]) == ("STOPPED", 1, 1 << 20)

    changed = {"name": "renamed", "properties": {"x": "y"}}
    answer = follower.send("PUT", operation(image, "edit"), "MachineImage", image | changed)
    assert answer.status == 200, answer.text
    read = follower.read(image["id"], "MachineImage")
    assert (read["name"], read["properties"], read["description"]) == ("renamed", {"x": "y"}, image["description"])
    answer = follower.send("PUT", f"{operation(image, 'edit')}?$select=description", "MachineImage", {})
    assert (answer.status, "description" in follower.read(image["id"], "MachineImage")) == (200, False)

    assert removed(follower, below, "MachineSnapshot")["state"] == "SUCCESS"
    assert (kept(follower, machine), latest(follower, machine)) == ([], "")
    assert follower.send("GET", image["id"]).status == 404
    assert image["id"] not in [one["id"] for one in follower.collection("MachineImage")["items"]]


def test_a_chain_loses_its_middle_and_is_gone_back(follower: Follower, machines: Make) -> None:
    machine = machines()
    one, two, three = (taken(follower, machine, name) for name in ("one", "two", "three"))
    assert chain(follower, machine) == [("one", ""), ("two", "one"), ("three", "two")]
    assert latest(follower, machine) == "three"
    assert removed(follower, two, "MachineImage")["state"] == "SUCCESS"
    assert chain(follower, machine) == [("one", ""), ("three", "one")]
    assert restored(follower, machine, one)["state"] == "SUCCESS"
    # The engine drops what came after the one that it goes back to.
    assert (chain(follower, machine), latest(follower, machine)) == ([("one", "")], "one")
    assert follower.send("GET", three["id"]).status == 404
    taken(follower, machine, "four")
    assert chain(follower, machine) == [("one", ""), ("four", "one")]


def test_a_running_machine_goes_on_where_its_snapshot_was_taken(follower: Follower, machines: Make) -> None:
    machine = machines("STARTED")
    image = taken(follower, machine, "live")
    assert follower.read(machine["id"], "Machine")["state"] == "STARTED"
    vm = ident(machine)
    (snapshot,) = kept(follower, machine)
    assert engine(follower, f"/vms/{vm}/snapshots/{snapshot}")["persist_memorystate"] == "true"
    started = engine(follower, f"/vms/{vm}")["start_time"]
    assert restored(follower, machine, image)["state"] == "SUCCESS"
    assert follower.read(machine["id"], "Machine")["state"] == "STARTED"
    assert engine(follower, f"/vms/{vm}")["start_time"] > started
    stop = operation(follower.read(machine["id"], "Machine"), "stop")
    assert follower.send("POST", stop, "Action", {"action": f"{ACTION}/stop", "force": True}).status == 202
    reached(follower, machine, "Machine", "STOPPED")
    # What it holds is a machine at work: that is what comes back.
    assert restored(follower, machine, image)["state"] == "SUCCESS"
    assert follower.read(machine["id"], "Machine")["state"] == "STARTED"


def test_snapshots_of_the_engines_console_are_machine_images_too(follower: Follower, machines: Make) -> None:
    machine = machines()
    body = {"description": "by hand", "persist_memorystate": "false"}
    follower.client.gateway.engine.post(f"/vms/{ident(machine)}/snapshots", body)
    (below,) = follower.items(machine["snapshots"]["href"], "MachineSnapshot")["items"]
    image = reached(follower, {"id": below["snapshot"]["href"]}, "MachineImage", "AVAILABLE")
    assert (image["name"], image["type"]) == ("by hand", "SNAPSHOT")
    taken(follower, machine, "ours")
    assert chain(follower, machine) == [("by hand", ""), ("ours", "by hand")]
    assert restored(follower, machine, image)["state"] == "SUCCESS"
    assert latest(follower, machine) == "by hand"


@pytest.mark.parametrize("state", ["STOPPED", "STARTED"])
def test_a_machine_is_captured_and_another_one_made_of_it(follower: Follower, machines: Make, state: str) -> None:
    machine = machines(state)
    had = templates(follower)
    promised = image_of(follower, machine, "IMAGE", name=f"golden {state}", properties={"from": state})
    assert promised["id"] in [one["id"] for one in follower.collection("MachineImage")["items"]]
    assert "operations" not in promised
    image = reached(follower, promised, "MachineImage", "AVAILABLE")
    assert (image["name"], image["properties"]) == (f"golden {state}", {"from": state})
    (template,) = templates(follower) - had
    assert image["imageLocation"] == f"urn:uuid:{template}"
    until(lambda: kept(follower, machine) == [])
    assert reached(follower, machine, "Machine", state)["state"] == state
    # Nothing is listed twice, whichever address it was promised under.
    named = [one for one in follower.collection("MachineImage")["items"] if one["name"] == image["name"]]
    assert [ident(one) for one in named] == [template]

    made = machines(image=promised["id"])
    assert engine(follower, f"/vms/{ident(made)}")["template"]["id"] == template
    answer = follower.send("PUT", operation(image, "edit"), "MachineImage", image | {"name": "silver"})
    assert (answer.status, follower.document(answer, "MachineImage")["name"]) == (200, "silver")
    assert engine(follower, f"/templates/{template}")["name"] == "silver"

    answer = follower.send("DELETE", operation(image, "delete"))
    assert (answer.status, "used by the following VMs" in answer.text) == (409, True)
    assert follower.read(image["id"], "MachineImage")["state"] == "AVAILABLE"
    deleted(follower, made)
    job = removed(follower, image, "MachineImage")
    assert (job["state"], templates(follower)) == ("SUCCESS", had)
    assert follower.send("GET", promised["id"]).status == 404


def test_a_snapshot_becomes_an_image(follower: Follower, machines: Make) -> None:
    machine = machines()
    snapshot = taken(follower, machine, "source")
    add = operation(follower.collection("MachineImage"), "add")
    answer = follower.send("POST", add, "MachineImage", {"type": "IMAGE", "imageLocation": snapshot["id"]})
    assert answer.status == 201, answer.text
    image = reached(follower, follower.document(answer, "MachineImage"), "MachineImage", "AVAILABLE")
    assert image["name"] == "pictured-image"
    assert len(kept(follower, machine)) == 1
    assert removed(follower, image, "MachineImage")["state"] == "SUCCESS"


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
        ({"image": {"href": f"{base}/machine_images/{ident(machine)}.{NOWHERE}"}}, 404),
        ({"image": {"href": "http://elsewhere.example/cimi/machine_images/1"}}, 400),
    ]
    for members, status in asked:
        answer = follower.send("POST", restore, "Action", {"action": f"{ACTION}/restore", **members})
        assert (answer.status, follower.document(answer, "Job")["state"]) == (status, "FAILED"), answer.text


def test_a_suspended_machine_is_neither_captured_nor_has_a_snapshot_taken(follower: Follower, machines: Make) -> None:
    machine = machines("STARTED")
    suspend = operation(machine, "suspend")
    assert follower.send("POST", suspend, "Action", {"action": f"{ACTION}/suspend"}).status == 202
    machine = reached(follower, machine, "Machine", "SUSPENDED")
    assert not verbs(machine) & {"capture", "snapshot"}
    add = operation(follower.collection("MachineImage"), "add")
    for kind in ("IMAGE", "SNAPSHOT"):
        answer = follower.send("POST", add, "MachineImage", {"type": kind, "imageLocation": machine["id"]})
        assert (answer.status, "SUSPENDED" in answer.text) == (409, True)


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
    assert (made["name"], made["type"], made["state"]) == ("old", "SNAPSHOT", "CREATING")
    reached(follower, made, "MachineImage", "AVAILABLE")


@pytest.mark.parametrize(("verb", "kind"), [("snapshot", "SNAPSHOT"), ("capture", "IMAGE")])
def test_an_action_on_the_machine_itself_does_the_same(
    follower: Follower, machines: Make, verb: str, kind: str
) -> None:
    machine = machines()
    action = {"action": f"{ACTION}/{verb}", "properties": {"name": f"by {verb}", "k": "v"}}
    answer = follower.send("POST", machine["id"], "Action", action)
    assert (answer.status, answer.text) == (202, "")
    assert ended(follower, answer)["state"] == "SUCCESS"
    (image,) = [one for one in follower.collection("MachineImage")["items"] if one["name"] == f"by {verb}"]
    assert (image["type"], image["state"], image["properties"]) == (kind, "AVAILABLE", {"k": "v"})
    assert removed(follower, image, "MachineImage")["state"] == "SUCCESS"
