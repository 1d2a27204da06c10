"""What tests of machine images share: taking snapshots, capturing, going back, by links and operations alone."""

from __future__ import annotations

from typing import Any

from tests.clients.cimi_links import Follower, native, operation, verbs
from tests.clients.cimi_machines import Document
from tests.support.processes import until

NOWHERE = "11111111-2222-4333-8444-555555555555"


def kept(follower: Follower, machine: Document) -> list[str]:
    """The ids of the engine's own snapshots of a machine, the active one apart."""
    found = follower.engine(f"/vms/{native(machine['id'])}/snapshots")["snapshot"]
    return [one["id"] for one in found if one["snapshot_type"] == "regular"]


def templates(follower: Follower) -> set[str]:
    return {one["id"] for one in follower.engine("/templates")["template"]}


def removed(follower: Follower, document: Document, name: str) -> Document:
    """Delete: gone for its owner at once, and for the engine when the job, which is returned, is over."""
    answer = follower.remove(document["id"], name)
    assert follower.send("GET", document["id"]).status == 404
    return follower.over(answer)


def image_of(follower: Follower, machine: Document, kind: str, **members: Any) -> Document:
    """Capture a machine or take a snapshot, where the machine says that it is asked for."""
    verb = "snapshot" if kind == "SNAPSHOT" else "capture"
    until(lambda: verb in verbs(follower.read(machine["id"], "Machine")))
    where = operation(follower.read(machine["id"], "Machine"), verb)
    answer = follower.send("POST", where, "MachineImage", {"type": kind, "imageLocation": machine["id"], **members})
    assert answer.status == 201, answer.text
    made = follower.document(answer, "MachineImage")
    assert (answer.headers["location"], made["type"]) == (made["id"], kind)
    assert made["state"] in ("CREATING", "AVAILABLE")
    return made


def taken(follower: Follower, machine: Document, name: str, **members: Any) -> Document:
    made = image_of(follower, machine, "SNAPSHOT", name=name, **members)
    return follower.reached(made["id"], "MachineImage", "AVAILABLE")


def restored(follower: Follower, machine: Document, image: Document) -> Document:
    """Bring a machine back; the job."""
    until(lambda: "restore" in verbs(follower.read(machine["id"], "Machine")))
    answer = follower.act(machine["id"], "Machine", "restore", image={"href": image["id"]})
    assert (answer.status, answer.text) == (202, "")
    return follower.over(answer)


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
