"""Machine images: how templates and snapshots look, and what is done to them."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from deltaic.model.annotation import Annotation
from deltaic.model.context import Context, Principal, Scope
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.image import Image, ImageState
from deltaic.model.instance import InstanceState
from deltaic.model.instance_snapshot import InstanceSnapshotState
from deltaic.model.secret import Secret
from deltaic.ports import captures
from deltaic.ports.captures import Capture
from deltaic.services.identity import now
from tests.unit.frontends.cimi.conftest import BASE, Client, job
from tests.unit.frontends.conftest import IMAGE, OTHER_VM, USER, VM

PROMISED = "11111111-2222-4333-8444-555555555555"
RESTORE = "http://schemas.dmtf.org/cimi/1/action/restore"


async def taken(cimi: Client, name: str, machine: str = OTHER_VM) -> dict[str, Any]:
    """A snapshot that can be used."""
    body = {"name": name, "type": "SNAPSHOT", "imageLocation": f"{BASE}/machines/{machine}"}
    answer = await cimi.post("/machine_images", body)
    assert answer.status == 201, answer.text
    await cimi.gateway.operations.settle()
    found: dict[str, Any] = await cimi.get(answer.headers["location"].removeprefix(BASE))
    return found


def rels(document: dict[str, Any]) -> list[str]:
    return [one["rel"] for one in document.get("operations", [])]


async def test_a_template(cimi: Client) -> None:
    rows = cimi.gateway.driver.images.rows
    (row,) = [one for one in rows if one.id == IMAGE]
    tags = {"Name": "golden one", "stage": "test"}
    rows[rows.index(row)] = replace(row, zone_id="zone-1", annotation=Annotation(tags=tags))
    document = await cimi.get(f"/machine_images/{IMAGE}")
    assert (document["name"], document["properties"], document["type"]) == ("golden one", {"stage": "test"}, "IMAGE")
    assert (document["imageLocation"], rels(document)) == (f"urn:uuid:{IMAGE}", ["edit", "delete"])
    rows[:] = [replace(one, state=ImageState.PENDING) if one.id == IMAGE else one for one in rows]
    document = await cimi.get(f"/machine_images/{IMAGE}")
    assert (document["state"], rels(document)) == ("CREATING", [])
    rows[:] = [replace(one, state=ImageState.AVAILABLE, zone_id="") if one.id == IMAGE else one for one in rows]
    # What belongs to no cluster is the engine's own.
    assert rels(await cimi.get(f"/machine_images/{IMAGE}")) == []


async def test_a_promised_image_that_never_came(cimi: Client) -> None:
    image = Image(PROMISED, "live", ImageState.PENDING, annotation=Annotation(launch=PROMISED))
    records = cimi.gateway.store.records
    owner = Context(Principal("x", USER, Secret("p")), Scope("default"), "").owner
    await captures.keep(records, owner, Capture(VM, image), now())
    document = await cimi.get(f"/machine_images/{PROMISED}")
    assert (document["state"], document.get("imageLocation"), rels(document)) == ("CREATING", None, [])
    assert document["id"] in [one["id"] for one in (await cimi.get("/machine_images"))["machineImages"]]
    assert PROMISED not in str(await cimi.get("/machine_templates"))
    refused = await cimi.send("DELETE", f"/machine_images/{PROMISED}")
    assert refused.status == 409
    await captures.fail(records, owner, Capture(VM, image), Error(ErrorKind.UNAVAILABLE, "gave up"), now())
    document = await cimi.get(f"/machine_images/{PROMISED}")
    assert (document["state"], rels(document)) == ("ERROR", ["delete"])
    assert (await cimi.send("DELETE", f"/machine_images/{PROMISED}")).status == 200
    assert (await cimi.send("GET", f"/machine_images/{PROMISED}")).status == 404


async def test_a_chain_costs_one_listing(cimi: Client) -> None:
    for name in ("one", "two", "three"):
        await taken(cimi, name)
    await taken(cimi, "other", VM)
    snapshots = cimi.gateway.driver.instance_snapshots
    before = snapshots.lists
    found = (await cimi.get("/machine_images", "$expand=relatedImage"))["machineImages"]
    related = {one["name"]: one.get("relatedImage", {}).get("name") for one in found if one["type"] == "SNAPSHOT"}
    assert related == {"one": None, "two": "one", "three": "two", "other": None}
    assert snapshots.lists == before + 1
    machines = (await cimi.get("/machines", "$expand=snapshots/snapshot,latestSnapshot"))["machines"]
    shown = {
        one["name"]: ([below["snapshot"]["name"] for below in one["snapshots"]["machineSnapshots"]],
                      one["latestSnapshot"]["name"])
        for one in machines
    }  # fmt: skip
    assert shown == {"vm2": (["one", "two", "three"], "three"), "vm1": (["other"], "other")}
    assert snapshots.lists == before + 2


async def test_states_of_a_snapshot(cimi: Client) -> None:
    image = await taken(cimi, "one")
    path = image["id"].removeprefix(BASE)
    snapshots = cimi.gateway.driver.instance_snapshots
    (native,) = snapshots.rows
    for state, word, offered in (
        (InstanceSnapshotState.AVAILABLE, "AVAILABLE", ["edit", "delete"]),
        (InstanceSnapshotState.PENDING, "CREATING", []),
        (InstanceSnapshotState.ERROR, "ERROR", ["edit", "delete"]),
    ):
        snapshots.rows[native] = replace(snapshots.rows[native], state=state)
        document = await cimi.get(path)
        assert (document["state"], rels(document)) == (word, offered)
        (below,) = (await cimi.get(f"/machines/{OTHER_VM}/snapshots"))["machineSnapshots"]
        assert rels(below) == offered[1:]
    restore = {"action": RESTORE, "image": {"href": image["id"]}}
    assert (await cimi.post(f"/machines/{OTHER_VM}/restore", restore)).status == 409
    snapshots.rows[native] = replace(snapshots.rows[native], state=InstanceSnapshotState.PENDING)
    assert (await cimi.send("DELETE", path)).status == 409


async def test_restored(cimi: Client) -> None:
    image = await taken(cimi, "one")
    answer = await cimi.post(f"/machines/{OTHER_VM}", {"action": RESTORE, "image": {"href": image["id"]}})
    assert (answer.status, answer.body) == (202, b"")
    await cimi.gateway.operations.settle()
    changes = [verb for verb, _ in cimi.gateway.driver.instance_snapshots.changes]
    assert changes == ["create", "restore"]


@pytest.mark.parametrize("state", [InstanceState.SUSPENDED, InstanceState.ERROR, InstanceState.CREATING])
@pytest.mark.parametrize("kind", ["IMAGE", "SNAPSHOT"])
async def test_other_states_are_refused_before_anything_is_asked_of_the_engine(
    cimi: Client, kind: str, state: InstanceState
) -> None:
    cimi.gateway.driver.instances.become(OTHER_VM, state)
    body = {"type": kind, "imageLocation": f"{BASE}/machines/{OTHER_VM}"}
    answer = await cimi.post("/machine_images", body)
    assert (answer.status, "can't be captured" in job(answer)["statusMessage"]) == (409, True)
    assert cimi.gateway.driver.instance_snapshots.changes == []


async def test_full_and_partial_changes_of_a_snapshot(cimi: Client) -> None:
    path = (await taken(cimi, "one"))["id"].removeprefix(BASE)
    headers = {"Content_Type": "application/json", "Accept": "application/json"}
    answer = await cimi.send("PUT", path, '{"name": "new", "properties": {"a": "b"}}', **headers)
    assert answer.status == 200, answer.text
    assert {key: (await cimi.get(path)).get(key) for key in ("name", "properties", "description")} == {
        "name": "new", "properties": {"a": "b"}, "description": None}  # fmt: skip
    answer = await cimi.send("PUT", path, '{"description": "d"}', query="$select=description", **headers)
    document = await cimi.get(path)
    assert (document["name"], document["description"], document["properties"]) == ("new", "d", {"a": "b"})
    await cimi.send("PUT", path, "{}", **headers)
    document = await cimi.get(path)
    assert [document.get(key) for key in ("name", "description", "properties")] == [None, None, None]
