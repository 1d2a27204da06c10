"""Volumes, their images and templates, disks and attachments: by links and operations alone, in both formats.

What counts in the end is what the engine has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from deltaic.protocols.cimi.negotiation import Format
from tests.clients.cimi_client import CimiClient
from tests.clients.cimi_links import Follower, operation, verbs
from tests.clients.gateway import Gateway
from tests.support.processes import until

MAPPED = "http://schemas.dmtf.org/cimi/1/mapped"
GIGABYTE = 10**6

Make = Callable[..., dict[str, Any]]


@pytest.fixture(params=list(Format), ids=[form.value for form in Format])
def follower(demo: Gateway, request: pytest.FixtureRequest) -> Follower:
    return Follower(CimiClient(demo), request.param)


def ident(document: dict[str, Any]) -> str:
    return str(document["id"]).rpartition("/")[2]


def disks(follower: Follower) -> dict[str, Any]:
    """The engine's disks by id."""
    return {one["id"]: one for one in follower.client.gateway.engine.get("/disks").get("disk", [])}


def attached(follower: Follower, machine: dict[str, Any]) -> set[str]:
    """The ids of the disks that the engine has attached to a machine."""
    found = follower.client.gateway.engine.get(f"/vms/{ident(machine)}/diskattachments")
    return {one["id"] for one in found.get("disk_attachment", [])}


def removed(follower: Follower, document: dict[str, Any], name: str) -> None:
    """Delete by what the resource offers, and wait until the engine has it no more."""
    offered = operation(follower.read(document["id"], name), "delete")
    assert follower.send("DELETE", offered).status == 200
    assert follower.send("GET", document["id"]).status == 404
    until(lambda: ident(document) not in disks(follower))


def settled(follower: Follower, document: dict[str, Any], name: str, state: str = "AVAILABLE") -> dict[str, Any]:
    until(lambda: follower.read(document["id"], name)["state"] == state)
    return follower.read(document["id"], name)


@pytest.fixture
def volumes(follower: Follower) -> Iterator[Make]:
    """Makes volumes that are removed in the end, unless the test did."""
    made: list[dict[str, Any]] = []

    def make(name: str = "data", template: dict[str, Any] | None = None, **members: Any) -> dict[str, Any]:
        template = template or {"volumeConfig": {"type": MAPPED, "capacity": GIGABYTE}}
        document = {"name": name, "volumeTemplate": template, **members}
        made.append(follower.add("Volume", document, "VolumeCreate"))
        assert made[-1]["state"] in ("CREATING", "AVAILABLE")
        return settled(follower, made[-1], "Volume")

    yield make
    for one in made:
        if follower.send("GET", one["id"]).status == 200:
            removed(follower, one, "Volume")


@pytest.fixture
def machines(follower: Follower) -> Iterator[Make]:
    """Makes machines that stand, and are removed in the end, unless the test did."""
    made: list[dict[str, Any]] = []

    def make(state: str = "STOPPED", **template: Any) -> dict[str, Any]:
        images = follower.collection("MachineImage")["items"]
        image = next(one["id"] for one in images if one["name"] == "Workshop template")
        document = {"machineImage": {"href": image}, "initialState": state, **template}
        made.append(follower.add("Machine", {"name": "with-volumes", "machineTemplate": document}, "MachineCreate"))
        return settled(follower, made[-1], "Machine", state)

    yield make
    for one in made:
        if follower.send("GET", one["id"]).status == 200:
            assert follower.send("DELETE", operation(follower.read(one["id"], "Machine"), "delete")).status == 200
            until(lambda one=one: ident(one) not in {vm["id"] for vm in follower.client.gateway.engine.machines()})


def test_the_life_of_a_volume(follower: Follower, volumes: Make) -> None:
    made = volumes("My data", description="of <Ann>", properties={"k": "v & w"})
    assert (made["name"], made["description"], made["properties"]) == ("My data", "of <Ann>", {"k": "v & w"})
    assert (made["type"], made["capacity"], made["bootable"]) == (MAPPED, GIGABYTE, False)
    assert verbs(made) == {"edit", "delete"}
    assert made in follower.collection("Volume")["items"]
    engine = disks(follower)[ident(made)]
    assert (engine["alias"], int(engine["provisioned_size"])) == ("My-data", 10**9)
    changed = made | {"name": "other", "capacity": 2 * GIGABYTE, "properties": {"x": "y"}}
    del changed["description"]
    answer = follower.send("PUT", operation(made, "edit"), "Volume", changed)
    assert answer.status == 200, answer.text
    read = follower.read(made["id"], "Volume")
    assert (read["name"], read["capacity"], read["properties"]) == ("other", 2 * GIGABYTE, {"x": "y"})
    assert "description" not in read
    assert int(disks(follower)[ident(made)]["provisioned_size"]) == 2 * 10**9
    smaller = follower.send("PUT", f"{operation(read, 'edit')}?$select=capacity", "Volume", {"capacity": GIGABYTE})
    assert (smaller.status, "capacity" in smaller.text) == (400, True)
    removed(follower, made, "Volume")
    assert made["id"] not in [one["id"] for one in follower.collection("Volume")["items"]]


@pytest.mark.parametrize("capacity", [1, 1024])
def test_tiny_capacities_are_rounded_up_and_the_real_one_is_told(
    follower: Follower, volumes: Make, capacity: int
) -> None:
    made = volumes(template={"volumeConfig": {"capacity": capacity}})
    assert made["capacity"] == 1049
    assert int(disks(follower)[ident(made)]["provisioned_size"]) == 1 << 20


def test_every_form_of_a_template(follower: Follower, volumes: Make) -> None:
    plain = next(one for one in follower.collection("VolumeTemplate")["items"] if one["name"] == "1GB")
    assert "operations" not in plain
    assert volumes(template={"href": plain["id"]})["capacity"] == GIGABYTE
    changed = {"href": plain["id"], "volumeConfig": {"href": plain["volumeConfig"]["href"], "capacity": 3 * GIGABYTE}}
    assert volumes(template=changed)["capacity"] == 3 * GIGABYTE
    own = follower.add("VolumeConfiguration", {"name": "five", "type": MAPPED, "format": "ext4", "capacity": 6400})
    template = follower.add("VolumeTemplate", {"name": "fives", "volumeConfig": {"href": own["id"]}})
    assert verbs(own) == verbs(template) == {"edit", "delete"}
    assert volumes(template={"href": template["id"]})["capacity"] == 6400
    domains = [one for one in follower.collection("VolumeConfiguration")["items"] if "capacity" not in one]
    placed = volumes(template={"volumeConfig": {"href": domains[-1]["id"], "capacity": 6400}})
    assert disks(follower)[ident(placed)]["storage_domains"]["storage_domain"][0]["id"] == ident(domains[-1])
    for one in (template, own):
        assert follower.send("DELETE", operation(one, "delete")).status == 200


@pytest.mark.parametrize(
    ("template", "field"),
    [
        ({"volumeConfig": {"type": MAPPED}}, "capacity"),
        ({"volumeConfig": {"capacity": 0}}, "capacity"),
        ({"volumeConfig": {"capacity": 10**18}}, "capacity"),
        ({"volumeConfig": {"capacity": 10, "type": "http://example.org/tape"}}, "type"),
        ({"volumeImage": {"imageLocation": "http://example.org/cimi/volumes/1"}}, "imageLocation"),
        ({"volumeConfig": {"href": "volume_configurations/nowhere"}}, "nowhere"),
    ],
)
def test_what_can_not_be_made(follower: Follower, template: dict[str, Any], field: str) -> None:
    add = operation(follower.collection("Volume"), "add")
    answer = follower.send("POST", add, "VolumeCreate", {"name": "no", "volumeTemplate": template})
    assert (answer.status in (400, 404), field in answer.text) == (True, True), answer.text


def attach(follower: Follower, machine: dict[str, Any], volume: dict[str, Any], place: str = "/dev/vdb") -> Any:
    collection = follower.items(machine["volumes"]["href"], "MachineVolume")
    wanted = {"initialLocation": place, "volume": {"href": volume["id"]}}
    return follower.send("POST", operation(collection, "add"), "MachineVolume", wanted)


@pytest.mark.parametrize("state", ["STOPPED", "STARTED"])
def test_attached_and_detached_twice(follower: Follower, volumes: Make, machines: Make, state: str) -> None:
    machine, other, volume = machines(state), machines(), volumes()
    for _ in range(2):
        answer = attach(follower, machine, volume)
        assert answer.status == 201, answer.text
    until(lambda: ident(volume) in attached(follower, machine))
    found = follower.read(answer.headers["location"], "MachineVolume")
    assert (found["volume"]["href"], found["initialLocation"]) == (volume["id"], "/dev/vdb")
    assert follower.items(machine["volumes"]["href"], "MachineVolume")["items"] == [found]
    assert ident(volume) not in {ident(one) for one in follower.items(machine["disks"]["href"], "Disk")["items"]}
    assert verbs(follower.read(volume["id"], "Volume")) == {"edit"}
    assert attach(follower, other, volume).status == 409
    if state == "STARTED":
        assert follower.send("DELETE", volume["id"]).status == 409
    moved = follower.send("PUT", operation(found, "edit"), "MachineVolume", found | {"initialLocation": "/dev/vdc"})
    assert (moved.status, follower.document(moved, "MachineVolume")["initialLocation"]) == (200, "/dev/vdc")
    assert follower.send("DELETE", operation(found, "delete")).status == 200
    assert follower.send("GET", found["id"]).status == 404
    until(lambda: ident(volume) not in attached(follower, machine))
    assert attach(follower, machine, volume).status == 201
    assert follower.send("DELETE", operation(found, "delete")).status == 200
    until(lambda: ident(volume) not in attached(follower, machine))


def test_a_volume_is_attached_while_it_is_being_made(follower: Follower, volumes: Make, machines: Make) -> None:
    machine = machines()
    document = {"name": "fresh", "volumeTemplate": {"volumeConfig": {"capacity": GIGABYTE}}}
    volume = follower.add("Volume", document, "VolumeCreate")
    answer = attach(follower, machine, volume)
    assert answer.status == 201, answer.text
    assert follower.read(answer.headers["location"], "MachineVolume")["volume"]["href"] == volume["id"]
    until(lambda: ident(volume) in attached(follower, machine))
    assert follower.send("DELETE", answer.headers["location"]).status == 200
    until(lambda: ident(volume) not in attached(follower, machine))
    removed(follower, volume, "Volume")


def test_a_removed_machine_leaves_its_volumes_and_takes_its_disks(
    follower: Follower, volumes: Make, machines: Make
) -> None:
    machine, volume = machines("STARTED"), volumes("precious")
    assert attach(follower, machine, volume).status == 201
    parts = follower.items(machine["disks"]["href"], "Disk")
    extra = follower.add("Disk", {"name": "scratch", "capacity": GIGABYTE}, uri=machine["disks"]["href"])
    assert extra["capacity"] == GIGABYTE
    until(lambda: attached(follower, machine) >= {ident(extra), ident(volume)})
    own = {ident(one) for one in follower.items(machine["disks"]["href"], "Disk")["items"]}
    assert own == {*(ident(one) for one in parts["items"]), ident(extra)}
    assert follower.send("DELETE", operation(follower.read(machine["id"], "Machine"), "delete")).status == 200
    until(lambda: not own & set(disks(follower)))
    kept = follower.read(volume["id"], "Volume")
    assert (kept["state"], kept["name"]) == ("AVAILABLE", "precious")
    assert disks(follower)[ident(volume)]["status"] == "ok"
    assert verbs(kept) == {"edit", "delete"}


def test_the_life_of_a_machines_own_disk(follower: Follower, machines: Make) -> None:
    machine = machines()
    wanted = {"name": "scratch", "capacity": 1024, "initialLocation": "/dev/vdb"}
    made = follower.add("Disk", wanted, uri=machine["disks"]["href"])
    until(lambda: ident(made) in attached(follower, machine))
    read = follower.read(made["id"], "Disk")
    assert (read["name"], read["capacity"], read["initialLocation"]) == ("scratch", 1049, "/dev/vdb")
    assert made["id"] in [one["id"] for one in follower.items(machine["disks"]["href"], "Disk")["items"]]
    assert ident(made) not in {ident(one) for one in follower.collection("Volume")["items"]}
    assert follower.send("PUT", operation(read, "edit"), "Disk", read | {"capacity": 4096}).status == 200
    assert follower.read(made["id"], "Disk")["capacity"] == 4096
    smaller = follower.send("PUT", operation(read, "edit"), "Disk", read | {"capacity": 1})
    assert (smaller.status, "capacity" in smaller.text) == (400, True)
    removed(follower, made, "Disk")
    assert ident(made) not in attached(follower, machine)


def test_the_life_of_an_image_and_a_volume_restored_from_it(follower: Follower, volumes: Make, machines: Make) -> None:
    volume = volumes()
    assert follower.items(volume["images"]["href"], "VolumeVolumeImage")["items"] == []
    wanted = {"name": "Monday", "description": "d", "imageLocation": volume["id"], "properties": {"k": "v"}}
    made = follower.add("VolumeImage", wanted)
    assert made["state"] in ("CREATING", "AVAILABLE")
    made = settled(follower, made, "VolumeImage")
    assert {name: made[name] for name in wanted} == wanted
    assert verbs(made) == {"edit", "delete"}
    listed = follower.items(volume["images"]["href"], "VolumeVolumeImage")["items"]
    assert [one["volumeImage"]["href"] for one in listed] == [made["id"]]
    assert follower.read(listed[0]["id"], "VolumeVolumeImage")["volumeImage"]["href"] == made["id"]
    assert ident(made) not in {ident(one) for one in follower.collection("Volume")["items"]}
    changed = follower.send("PUT", operation(made, "edit"), "VolumeImage", made | {"name": "first", "bootable": True})
    assert changed.status == 200, changed.text
    read = follower.read(made["id"], "VolumeImage")
    assert (read["name"], read["bootable"], read["properties"]) == ("first", True, {"k": "v"})
    removed(follower, volume, "Volume")
    restored = volumes("again", {"volumeImage": {"href": made["id"]}})
    assert (restored["name"], restored["capacity"], restored["bootable"]) == ("again", GIGABYTE, True)
    template = {"volumeConfig": {"capacity": 2 * GIGABYTE}, "volumeImage": {"href": made["id"]}}
    assert volumes("larger", template)["capacity"] == 2 * GIGABYTE
    removed(follower, made, "VolumeImage")
    assert follower.read(restored["id"], "Volume")["state"] == "AVAILABLE"


def test_an_image_of_a_volume_in_use(follower: Follower, volumes: Make, machines: Make) -> None:
    machine, volume = machines("STARTED"), volumes("live")
    assert attach(follower, machine, volume).status == 201
    until(lambda: ident(volume) in attached(follower, machine))
    shown = {one["id"] for one in follower.collection("Machine")["items"]}
    made = follower.add("VolumeImage", {"name": "while it runs", "imageLocation": volume["id"]})
    assert {one["id"] for one in follower.collection("Machine")["items"]} == shown
    made = settled(follower, made, "VolumeImage")
    assert (made["name"], made["imageLocation"]) == ("while it runs", volume["id"])
    assert follower.read(machine["id"], "Machine")["state"] == "STARTED"
    assert ident(volume) in attached(follower, machine)
    engine = follower.client.gateway.engine
    assert [one["name"] for one in engine.machines() if one["name"].startswith("gw1-")] == []
    assert len(engine.get(f"/vms/{ident(machine)}/snapshots")["snapshot"]) == 1
    removed(follower, made, "VolumeImage")


def test_an_image_needs_a_volume(follower: Follower) -> None:
    add = operation(follower.collection("VolumeImage"), "add")
    for location, status in (("volumes/nowhere", 404), ("machines/x", 400), ("http://example.org/volumes/1", 400)):
        answer = follower.send("POST", add, "VolumeImage", {"name": "x", "imageLocation": location})
        assert answer.status == status, answer.text
    assert follower.send("POST", add, "VolumeImage", {"name": "x"}).status == 400
