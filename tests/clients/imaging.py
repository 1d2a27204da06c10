"""What tests of machine images share: taking snapshots, capturing, going back, by links and operations alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tests.clients.cimi_links import Follower, operation, verbs
from tests.clients.gateway import Answer
from tests.support.processes import until

ACTION = "http://schemas.dmtf.org/cimi/1/action"
NOWHERE = "11111111-2222-4333-8444-555555555555"

Document = dict[str, Any]
Make = Callable[..., Document]


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


def deleted(follower: Follower, machine: Document) -> None:
    """Remove a machine; the engine has it no more."""
    until(lambda: "delete" in verbs(follower.read(machine["id"], "Machine")))
    assert follower.send("DELETE", operation(follower.read(machine["id"], "Machine"), "delete")).status == 200
    until(lambda: ident(machine) not in {vm["id"] for vm in follower.client.gateway.engine.machines()})


@contextmanager
def maker(follower: Follower) -> Iterator[Make]:
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
