"""Snapshots and the way back: by links and operations alone, in both formats.

What counts in the end is what the engine has.
"""

from __future__ import annotations

from tests.clients.cimi_links import ACTION, Follower, native, operation, verbs
from tests.clients.cimi_machines import Make
from tests.clients.imaging import (
    chain,
    kept,
    latest,
    removed,
    restored,
    taken,
)
from tests.support.processes import until


def test_the_life_of_a_snapshot(follower: Follower, machines: Make) -> None:
    sized = {"machineConfig": {"cpu": 1, "memory": 1 << 20}}
    machine = machines(**sized)
    image = taken(follower, machine, "before <& it>", description="ein Wort – oder zwei", properties={"why": "test"})
    assert (image["name"], image["description"]) == ("before <& it>", "ein Wort – oder zwei")
    assert image["properties"] == {"why": "test"}
    assert verbs(image) == {"edit", "delete"}
    assert image in follower.collection("MachineImage")["items"]
    (below,) = follower.items(machine["snapshots"]["href"], "MachineSnapshot")["items"]
    assert (below["name"], below["snapshot"]["href"]) == (image["name"], image["id"])
    assert latest(follower, machine) == image["name"]
    assert kept(follower, machine) == [native(below["id"])]
    # The machine itself may look different tomorrow: it is not where the image lies.
    assert image["imageLocation"] == f"urn:uuid:{native(below['id'])}"

    (disk,) = follower.items(machine["disks"]["href"], "Disk")["items"]
    before = follower.engine(f"/disks/{native(disk['id'])}")
    grown = {"capacity": 2 * disk["capacity"]}
    until(lambda: "edit" in verbs(follower.read(disk["id"], "Disk")))
    edit = operation(follower.read(disk["id"], "Disk"), "edit")
    assert follower.send("PUT", f"{edit}?$select=capacity", "Disk", grown).status == 200
    larger = {"cpu": 3, "memory": 2 << 20}
    edit = operation(machine, "edit")
    assert follower.send("PUT", f"{edit}?$select=cpu,memory", "Machine", larger).status == 200
    assert int(follower.engine(f"/disks/{native(disk['id'])}")["provisioned_size"]) > int(before["provisioned_size"])

    job = restored(follower, machine, image)
    assert (job["state"], job["targetResource"]["href"]) == ("SUCCESS", machine["id"])
    after, vm = follower.engine(f"/disks/{native(disk['id'])}"), follower.engine(f"/vms/{native(machine['id'])}")
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
    vm = native(machine["id"])
    (snapshot,) = kept(follower, machine)
    assert follower.engine(f"/vms/{vm}/snapshots/{snapshot}")["persist_memorystate"] == "true"
    started = follower.engine(f"/vms/{vm}")["start_time"]
    assert restored(follower, machine, image)["state"] == "SUCCESS"
    assert follower.read(machine["id"], "Machine")["state"] == "STARTED"
    assert follower.engine(f"/vms/{vm}")["start_time"] > started
    stop = operation(follower.read(machine["id"], "Machine"), "stop")
    assert follower.send("POST", stop, "Action", {"action": f"{ACTION}/stop", "force": True}).status == 202
    follower.reached(machine["id"], "Machine", "STOPPED")
    # What it holds is a machine at work: that is what comes back.
    assert restored(follower, machine, image)["state"] == "SUCCESS"
    assert follower.read(machine["id"], "Machine")["state"] == "STARTED"


def test_snapshots_of_the_engines_console_are_machine_images_too(follower: Follower, machines: Make) -> None:
    machine = machines()
    body = {"description": "by hand", "persist_memorystate": "false"}
    follower.client.gateway.engine.post(f"/vms/{native(machine['id'])}/snapshots", body)
    (below,) = follower.items(machine["snapshots"]["href"], "MachineSnapshot")["items"]
    image = follower.reached(below["snapshot"]["href"], "MachineImage", "AVAILABLE")
    assert (image["name"], image["type"]) == ("by hand", "SNAPSHOT")
    taken(follower, machine, "ours")
    assert chain(follower, machine) == [("by hand", ""), ("ours", "by hand")]
    assert restored(follower, machine, image)["state"] == "SUCCESS"
    assert latest(follower, machine) == "by hand"
