"""Metadata of snapshots: block storage forgets what it is told of them while it makes them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from deltaic.driver import Driver
from deltaic.drivers.openstack import DRIVER
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.snapshot import SnapshotChanges, SnapshotSpec
from tests.unit.drivers.openstack.cloud import PROJECT, Answer, Cloud, asks, recorded

BASE = f"/volume/v3/{PROJECT}"
VOLUME = "f5c1cba1-555b-44c5-9109-056dde4f8387"
VOLUMES = {one["id"]: one for one in json.loads(recorded("volumes.json"))["volumes"]}
SNAPSHOTS = json.loads(recorded("snapshots.json"))["snapshots"]
SNAPSHOT = SNAPSHOTS[0]["id"]


def snapshot(**members: Any) -> Answer:
    """The recorded snapshot with other members."""
    return Answer({"snapshot": {**SNAPSHOTS[0], **members}})


@pytest.fixture
async def driver(cloud: Cloud) -> AsyncIterator[Driver]:
    cloud.answers |= {
        f"GET {BASE}/volumes/{VOLUME}": Answer({"volume": VOLUMES[VOLUME]}),
        f"GET {BASE}/snapshots/detail": Answer({"snapshots": []}),
        f"GET {BASE}/snapshots/{SNAPSHOT}": snapshot(),
        f"POST {BASE}/snapshots/{SNAPSHOT}/metadata": Answer({"metadata": {}}),
        f"PUT {BASE}/snapshots/{SNAPSHOT}": snapshot(name="after"),
    }
    made = DRIVER.create(cloud.config())
    yield made
    await made.close()


async def test_a_snapshot_has_its_tags_from_the_beginning(driver: Driver, cloud: Cloud) -> None:
    told = {"Name": "S", "deltaic:tag:a:2Fb": "1", "deltaic:tag:deltaic:3Amade": "nobody"}
    cloud.answers[f"POST {BASE}/snapshots"] = snapshot(metadata=told)
    tags = {"Name": "S", "a/b": "1", "deltaic:made": "nobody"}
    made = await driver.snapshots.create(asks(), SnapshotSpec(VOLUME, "now", marker="m", bootable=True, tags=tags))
    assert made.tags == tags
    body = cloud.of("POST", f"{BASE}/snapshots")[0].json["snapshot"]
    mark = body["metadata"].pop("deltaic:made")
    assert (len(mark), body["metadata"]) == (32, {**told, "deltaic:bootable": "true"})


@pytest.mark.parametrize("status", ["reserved", "attaching", "detaching", "creating"])
async def test_a_volume_on_its_way_has_no_snapshot_taken(driver: Driver, cloud: Cloud, status: str) -> None:
    volume = {**VOLUMES[VOLUME], "status": status}
    cloud.answers[f"GET {BASE}/volumes/{VOLUME}"] = Answer({"volume": volume})
    with pytest.raises(Error) as caught:
        await driver.snapshots.create(asks(), SnapshotSpec(VOLUME, "early", marker="m"))
    assert (caught.value.kind, caught.value.resource, caught.value.resource_id) == (ErrorKind.BUSY, "volume", VOLUME)
    assert cloud.of("POST", BASE) == []


@pytest.mark.parametrize("status", ["creating", "restoring"])
@pytest.mark.parametrize("changes", [SnapshotChanges(tags={}), SnapshotChanges(name="after", bootable=False)])
async def test_what_would_be_forgotten_is_not_written(
    driver: Driver, cloud: Cloud, status: str, changes: SnapshotChanges
) -> None:
    cloud.answers[f"GET {BASE}/snapshots/{SNAPSHOT}"] = snapshot(status=status)
    with pytest.raises(Error) as caught:
        await driver.snapshots.update(asks(), SNAPSHOT, changes)
    error = caught.value
    assert (error.kind, error.resource, error.resource_id) == (ErrorKind.BUSY, "snapshot", SNAPSHOT)
    assert [one.method for one in cloud.asked if "/volume/" in one.path and one.method != "GET"] == []


async def test_a_snapshot_in_the_making_gets_another_name(driver: Driver, cloud: Cloud) -> None:
    cloud.answers[f"GET {BASE}/snapshots/{SNAPSHOT}"] = snapshot(status="creating")
    await driver.snapshots.update(asks(), SNAPSHOT, SnapshotChanges(name="after"))
    assert [one.json for one in cloud.of("PUT")] == [{"snapshot": {"name": "after"}}]


@pytest.mark.parametrize("status", ["available", "backing-up", "error"])
async def test_tags_of_one_that_is_made(driver: Driver, cloud: Cloud, status: str) -> None:
    cloud.answers[f"GET {BASE}/snapshots/{SNAPSHOT}"] = snapshot(status=status)
    await driver.snapshots.update(asks(), SNAPSHOT, SnapshotChanges(tags={"Name": "S", "new": "1"}))
    assert [one.json for one in cloud.of("POST", f"{BASE}/snapshots")] == [{"metadata": {"new": "1"}}]
