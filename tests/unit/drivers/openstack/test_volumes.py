"""Volumes and snapshots as a real block storage service answered them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from deltaic.driver import Driver
from deltaic.drivers.openstack import DRIVER
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.snapshot import SnapshotChanges, SnapshotSpec, SnapshotState
from deltaic.model.storage_domain import StorageDomain
from deltaic.model.volume import VolumeAttachment, VolumeChanges, VolumeSpec, VolumeState
from tests.unit.drivers.openstack.cloud import PROJECT, Answer, Cloud, asks, recorded

GIB = 1 << 30
BASE = f"/volume/v3/{PROJECT}"
FREE = "f5c1cba1-555b-44c5-9109-056dde4f8387"
OWN = "4552ccc9-d585-4586-95eb-15aadcc30cae"
DATA = "d71fc222-f4f6-4edc-813b-61979b3789e1"
BOOT = "d743c45f-c3d3-4448-aa24-355a98b13d79"
COPY = "a170264d-ec0f-4c74-9738-e78e72e5c426"
SNAPSHOT = "efc12f58-f0d4-4987-8ccf-f18249adf3ca"
HOST = "0e5e02cc-fce2-480b-a90c-7f4a11994d30"
FROM_VOLUME = "8a696310-b983-4174-9e02-26385519b9cb"
MISSING = Answer({"itemNotFound": {"code": 404, "message": "Volume could not be found."}}, 404)
EVERYTHING = (
    "Invalid volume: Volume status must be available or error or error_restoring or error_extending or error_managing"
    " and must not be migrating, attached, belong to a group, have snapshots, awaiting a transfer, or be disassociated"
    " from snapshots after volume transfer."
)

VOLUMES = {one["id"]: one for one in json.loads(recorded("volumes.json"))["volumes"]}
SERVERS = {one["id"]: one for one in json.loads(recorded("volume_servers.json"))["servers"]}
SNAPSHOTS = {one["id"]: one for one in json.loads(recorded("snapshots.json"))["snapshots"]}


def volume(volume_id: str, **members: Any) -> Answer:
    """One recorded volume; `members` replace those of the recording."""
    return Answer({"volume": {**VOLUMES[volume_id], **members}})


@pytest.fixture
async def driver(cloud: Cloud) -> AsyncIterator[Driver]:
    cloud.answers |= {
        f"GET {BASE}/volumes/detail": Answer(recorded("volumes.json")),
        f"GET {BASE}/snapshots/detail": Answer(recorded("snapshots.json")),
        f"GET {BASE}/types": Answer(recorded("volume_types.json")),
        f"GET {BASE}/types/default": Answer(recorded("volume_type_default.json")),
        f"GET {BASE}/limits": Answer(recorded("block_storage_limits.json")),
        "GET /compute/v2.1/servers/detail": Answer(recorded("volume_servers.json")),
        **{f"GET {BASE}/volumes/{one}": volume(one) for one in VOLUMES},
        **{f"GET {BASE}/snapshots/{one}": Answer({"snapshot": SNAPSHOTS[one]}) for one in SNAPSHOTS},
        **{f"GET /compute/v2.1/servers/{one}": Answer({"server": SERVERS[one]}) for one in SERVERS},
    }
    made = DRIVER.create(cloud.config())
    yield made
    await made.close()


def calls(cloud: Cloud) -> list[str]:
    """What was asked of block storage and compute, apart from their versions."""
    return [
        f"{one.method} {one.path.removeprefix(BASE).removeprefix('/compute/v2.1')}"
        for one in cloud.asked
        if one.path.startswith((BASE, "/compute/v2.1/s"))
    ]


async def test_volumes_and_whose_they_are(driver: Driver, cloud: Cloud) -> None:
    found = {one.name: one for one in await driver.volumes.list(asks())}
    assert list(found) == ["boot", "copy", "data", "free", "own"]
    free = found["free"]
    assert (free.id, free.size, free.state, free.description) == (FREE, GIB, VolumeState.AVAILABLE, "of Ann")
    assert (free.tags, free.zone_id, free.data_center_id) == ({"Name": "A", "a/b": "1"}, "nova", "RegionOne")
    assert (free.storage_domain_id, free.attachments, free.independent) == ("__DEFAULT__", (), True)
    assert free.created_at == datetime.fromisoformat(VOLUMES[FREE]["created_at"]).replace(tzinfo=UTC)
    assert (found["copy"].source_id, found["copy"].size) == (SNAPSHOT, 2 * GIB)
    plugs = {name: [(one.instance_id, one.device, one.boot) for one in found[name].attachments] for name in found}
    assert plugs["own"] == [(HOST, "/dev/sdb", False)]
    assert plugs["boot"] == [(FROM_VOLUME, "/dev/sda", True)]
    kept = {name: (one.kept, one.instance_id) for name, one in found.items()}
    assert kept["own"] == (False, HOST)
    assert kept["data"] == (True, "")
    assert kept["boot"] == (False, FROM_VOLUME)
    assert sorted(calls(cloud)) == ["GET /servers/" + HOST, "GET /servers/" + FROM_VOLUME, "GET /volumes/detail"]


async def test_volumes_by_their_ids(driver: Driver, cloud: Cloud) -> None:
    found = await driver.volumes.list(asks(), ids=[FREE, "no/such id", FREE])
    assert [one.id for one in found] == [FREE]
    assert sorted(calls(cloud)) == [f"GET /volumes/{FREE}", "GET /volumes/no/such id"]
    many = [FREE, *(f"id-{number}" for number in range(20))]
    assert [one.id for one in await driver.volumes.list(asks(), ids=many)] == [FREE]
    assert calls(cloud)[-1] == "GET /volumes/detail"


@pytest.mark.parametrize("status", ["reserved", "attaching"])
async def test_a_volume_that_compute_has_accepted(driver: Driver, cloud: Cloud, status: str) -> None:
    cloud.answers[f"GET {BASE}/volumes/{DATA}"] = volume(DATA, status=status, attachments=[])
    found = (await driver.volumes.list(asks(), ids=[DATA]))[0]
    assert found.attachments == (VolumeAttachment(HOST, active=False, pending=True),)
    assert found.state is VolumeState.AVAILABLE


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("creating", VolumeState.CREATING),
        ("downloading", VolumeState.CREATING),
        ("available", VolumeState.AVAILABLE),
        ("in-use", VolumeState.AVAILABLE),
        ("maintenance", VolumeState.AVAILABLE),
        ("deleting", VolumeState.DELETING),
        ("error", VolumeState.ERROR),
        ("error_extending", VolumeState.ERROR),
    ],
)
async def test_states_of_volumes(driver: Driver, cloud: Cloud, status: str, state: VolumeState) -> None:
    cloud.answers[f"GET {BASE}/volumes/{FREE}"] = volume(FREE, status=status)
    assert (await driver.volumes.get(asks(), FREE)).state is state


async def test_a_creation(driver: Driver, cloud: Cloud) -> None:
    cloud.answers[f"POST {BASE}/volumes"] = volume(FREE, status="creating")
    cloud.answers[f"GET {BASE}/os-availability-zone"] = Answer({"availabilityZoneInfo": [{"zoneName": "az1"}]})
    cloud.answers[f"GET {BASE}/snapshots/{FREE}"] = MISSING
    spec = VolumeSpec("new", 3 * GIB - 1, "text", zone_id="az1", source_id=FREE, instance_id=HOST, marker="m")
    made = await driver.volumes.create(asks(), spec)
    assert (made.id, made.state) == (FREE, VolumeState.CREATING)
    body = cloud.of("POST", f"{BASE}/volumes")[0].json["volume"]
    made_by = body["metadata"].pop("deltaic:made")
    assert body == {
        "name": "new", "description": "text", "size": 3, "availability_zone": "az1", "source_volid": FREE,
        "metadata": {"deltaic:machine": HOST},
    }  # fmt: skip
    assert len(made_by) == 32
    asked = cloud.of("GET", f"{BASE}/volumes/detail")[0].query
    assert made_by in asked
    there = [{**VOLUMES[COPY], "metadata": {"deltaic:made": made_by}}]
    cloud.answers[f"GET {BASE}/volumes/detail"] = Answer({"volumes": [VOLUMES[FREE], *there]})
    assert (await driver.volumes.create(asks(), spec)).id == COPY
    assert len(cloud.of("POST", f"{BASE}/volumes")) == 1


@pytest.mark.parametrize(
    ("members", "field"),
    [({"name": "x" * 256}, "name"), ({"description": "\U0001f600"}, "description"), ({"format": "cow"}, "format")],
)
async def test_wrong_texts(driver: Driver, cloud: Cloud, members: dict[str, Any], field: str) -> None:
    named: dict[str, Any] = {"name": "x"}
    whole: dict[str, Any] = {"size": GIB, **named}
    with pytest.raises(Error) as caught:
        await driver.volumes.create(asks(), VolumeSpec(**{**whole, **members}))
    assert (caught.value.kind, caught.value.field) == (ErrorKind.INVALID, field)
    if field != "format":
        with pytest.raises(Error) as caught:
            await driver.snapshots.create(asks(), SnapshotSpec(FREE, **{**named, **members}))
        assert (caught.value.kind, caught.value.field) == (ErrorKind.INVALID, field)
    assert cloud.of("POST", BASE) == []


async def test_another_zone_than_block_storages_own(driver: Driver, cloud: Cloud) -> None:
    cloud.answers[f"POST {BASE}/volumes"] = volume(FREE)
    cloud.answers[f"GET {BASE}/os-availability-zone"] = Answer({"availabilityZoneInfo": [{"zoneName": "other"}]})
    await driver.volumes.create(asks(), VolumeSpec("new", GIB, zone_id="az1"))
    assert cloud.of("POST", f"{BASE}/volumes")[0].json == {"volume": {"name": "new", "size": 1}}


REFUSED = Answer({"badRequest": {"code": 400, "message": EVERYTHING}}, 400)


def snapshots(*statuses: str) -> Answer:
    """The volume's snapshots in these statuses, called `0`, `1` ..."""
    each = enumerate(statuses)
    return Answer({"snapshots": [{**SNAPSHOTS[SNAPSHOT], "id": str(at), "status": status} for at, status in each]})


@pytest.mark.parametrize(
    ("statuses", "named"),
    [(["available"], "0"), (["deleting", "creating", "error_deleting", "unmanaging"], "1, 2"), (["backing-up"], "0")],
)
async def test_a_volume_with_snapshots_stays(driver: Driver, cloud: Cloud, statuses: list[str], named: str) -> None:
    cloud.answers[f"DELETE {BASE}/volumes/{FREE}"] = REFUSED
    cloud.answers[f"GET {BASE}/snapshots/detail"] = snapshots(*statuses)
    with pytest.raises(Error) as caught:
        await driver.volumes.delete(asks(), FREE)
    assert caught.value.kind is ErrorKind.IN_USE
    assert caught.value.message == f"The volume '{FREE}' has snapshots, which need it; remove them first: {named}"
    assert len(cloud.of("DELETE")) == 1


@pytest.mark.parametrize("statuses", [["deleting"], ["deleting", "unmanaging"]])
async def test_a_volume_whose_snapshots_are_being_removed_is_busy(
    driver: Driver, cloud: Cloud, statuses: list[str]
) -> None:
    cloud.answers[f"DELETE {BASE}/volumes/{FREE}"] = [REFUSED, Answer(status=202)]
    cloud.answers[f"GET {BASE}/snapshots/detail"] = snapshots(*statuses)
    with pytest.raises(Error) as caught:
        await driver.volumes.delete(asks(), FREE)
    assert (caught.value.kind, caught.value.retryable) == (ErrorKind.BUSY, True)
    assert caught.value.message == f"The volume '{FREE}' has snapshots that are being removed"
    cloud.answers[f"GET {BASE}/snapshots/detail"] = snapshots()
    await driver.volumes.delete(asks(), FREE)
    assert len(cloud.of("DELETE")) == 2


async def test_a_volume_whose_last_snapshot_went_while_it_was_refused(driver: Driver, cloud: Cloud) -> None:
    cloud.answers[f"DELETE {BASE}/volumes/{FREE}"] = [REFUSED, Answer(status=202)]
    cloud.answers[f"GET {BASE}/snapshots/detail"] = snapshots()
    await driver.volumes.delete(asks(), FREE)
    assert len(cloud.of("DELETE")) == 2


async def test_a_volume_that_is_kept_for_a_reason_that_is_not_shown(driver: Driver, cloud: Cloud) -> None:
    """One that an administrator moves, or that is in a group: nobody would wait for the end of that."""
    cloud.answers[f"DELETE {BASE}/volumes/{FREE}"] = REFUSED
    cloud.answers[f"GET {BASE}/snapshots/detail"] = snapshots()
    with pytest.raises(Error) as caught:
        await driver.volumes.delete(asks(), FREE)
    assert (caught.value.kind, "belong to a group" in caught.value.message) == (ErrorKind.IN_USE, True)
    assert len(cloud.of("DELETE")) == 2


@pytest.mark.parametrize(
    ("members", "kind"),
    [
        ({"status": "attaching"}, ErrorKind.BUSY),
        ({"status": "in-use", "attachments": [{"server_id": HOST}]}, ErrorKind.IN_USE),
    ],
)
async def test_a_volume_that_a_machine_was_given_while_it_was_removed(
    driver: Driver, cloud: Cloud, members: dict[str, Any], kind: ErrorKind
) -> None:
    def refused(_: object) -> Answer:
        cloud.answers[f"GET {BASE}/volumes/{FREE}"] = volume(FREE, **members)
        return REFUSED

    cloud.answers[f"DELETE {BASE}/volumes/{FREE}"] = refused
    cloud.answers[f"GET {BASE}/snapshots/detail"] = snapshots("deleting")
    with pytest.raises(Error) as caught:
        await driver.volumes.delete(asks(), FREE)
    assert (caught.value.kind, "snapshots" in caught.value.message) == (kind, False)
    assert len(cloud.of("DELETE")) == 1


@pytest.mark.parametrize(
    ("volume_id", "status", "kind"),
    [(DATA, "in-use", ErrorKind.IN_USE), (FREE, "creating", ErrorKind.BUSY), (FREE, "reserved", ErrorKind.BUSY)],
)
async def test_volumes_that_are_not_removed(
    driver: Driver, cloud: Cloud, volume_id: str, status: str, kind: ErrorKind
) -> None:
    cloud.answers[f"GET {BASE}/volumes/{volume_id}"] = volume(volume_id, status=status)
    with pytest.raises(Error) as caught:
        await driver.volumes.delete(asks(), volume_id)
    assert caught.value.kind is kind
    assert cloud.of("DELETE") == []


async def test_only_what_changes_is_written(driver: Driver, cloud: Cloud) -> None:
    cloud.answers |= {
        f"PUT {BASE}/volumes/{FREE}": volume(FREE),
        f"POST {BASE}/volumes/{FREE}/metadata": Answer({"metadata": {}}),
        f"DELETE {BASE}/volumes/{FREE}/metadata/deltaic:tag:a:2Fb": Answer(),
        f"POST {BASE}/volumes/{FREE}/action": Answer(status=202),
    }
    changes = VolumeChanges(name="free", description="new", size=2 * GIB, tags={"Name": "A", "b": "2"})
    await driver.volumes.update(asks(), FREE, changes)
    assert cloud.of("PUT")[0].json == {"volume": {"description": "new"}}
    assert [one.json for one in cloud.of("POST", f"{BASE}/volumes")] == [
        {"metadata": {"b": "2"}},
        {"os-extend": {"new_size": 2}},
    ]
    assert [one.path.rpartition("/")[2] for one in cloud.of("DELETE")] == ["deltaic:tag:a:2Fb"]
    await driver.volumes.update(asks(), FREE, VolumeChanges(name="free", size=GIB, tags={"Name": "A", "a/b": "1"}))
    assert len(cloud.of("PUT") + cloud.of("POST", BASE) + cloud.of("DELETE")) == 4


async def test_an_attached_volume_of_an_old_cloud_does_not_grow(driver: Driver, cloud: Cloud) -> None:
    old = {"versions": [{"id": "v3.0", "version": "3.27", "min_version": "3.0"}]}
    cloud.answers["GET /volume/v3/"] = Answer(old, 300)
    with pytest.raises(Error) as caught:
        await driver.volumes.update(asks(), DATA, VolumeChanges(size=9 * GIB))
    assert caught.value.kind is ErrorKind.CONFLICT


async def test_where_volumes_can_be_made(driver: Driver, cloud: Cloud) -> None:
    found = await driver.volumes.storage_domains(asks())
    used = json.loads(recorded("block_storage_limits.json"))["limits"]["absolute"]["totalGigabytesUsed"]
    assert found == [StorageDomain("__DEFAULT__", "__DEFAULT__", "RegionOne", (1000 - used) * GIB, used * GIB)]
    cloud.answers[f"GET {BASE}/types"] = Answer({"volume_types": [{"name": "a"}, {"name": "__DEFAULT__"}]})
    assert [one.id for one in await driver.volumes.storage_domains(asks())] == ["__DEFAULT__", "a"]


async def test_attaching(driver: Driver, cloud: Cloud) -> None:
    plugs = f"/compute/v2.1/servers/{HOST}/os-volume_attachments"
    cloud.answers[f"GET {BASE}/volumes/{FREE}"] = volume(FREE, metadata={"deltaic:machine": HOST})
    cloud.answers[f"POST {plugs}"] = Answer({"volumeAttachment": {"device": "/dev/sdd"}})
    await driver.volumes.attach(asks(), FREE, HOST, device="/dev/sdf", own=True)
    body = cloud.of("POST", plugs)[0].json
    assert body == {"volumeAttachment": {"volumeId": FREE, "delete_on_termination": True}}
    cloud.answers[f"GET {plugs}/{FREE}"] = Answer({"volumeAttachment": {}})
    cloud.answers[f"GET {BASE}/volumes/{FREE}"] = volume(FREE, status="attaching")
    await driver.volumes.attach(asks(), FREE, HOST)
    await driver.volumes.attach(asks(), DATA, HOST)
    assert len(cloud.of("POST", plugs)) == 1


HELD = {
    "badRequest": {"code": 400, "message": f"Invalid volume: volume {FREE} is already attached to instances: {HOST}"}
}


@pytest.mark.parametrize(("volume_id", "status"), [(FREE, "available"), (DATA, "detaching")])
async def test_what_a_machine_lets_go_of_is_not_attached_there(
    driver: Driver, cloud: Cloud, volume_id: str, status: str
) -> None:
    """Compute's record outlives block storage's: whoever believed it would call done what never happens."""
    plugs = f"/compute/v2.1/servers/{HOST}/os-volume_attachments"
    cloud.answers[f"GET {BASE}/volumes/{volume_id}"] = volume(volume_id, status=status)
    cloud.answers[f"GET {plugs}/{volume_id}"] = Answer({"volumeAttachment": {}})
    with pytest.raises(Error) as caught:
        await driver.volumes.attach(asks(), volume_id, HOST)
    assert (caught.value.kind, cloud.of("POST", plugs)) == (ErrorKind.BUSY, [])


@pytest.mark.parametrize(
    ("members", "kind"),
    [({}, ErrorKind.BUSY), ({"status": "in-use", "attachments": [{"server_id": HOST}]}, ErrorKind.IN_USE)],
)
async def test_what_another_machine_lets_go_of_is_waited_for(
    driver: Driver, cloud: Cloud, members: dict[str, Any], kind: ErrorKind
) -> None:
    """A free volume that compute still counts as a removed machine's; one that somebody else was given meanwhile."""

    def refused(_: object) -> Answer:
        cloud.answers[f"GET {BASE}/volumes/{FREE}"] = volume(FREE, **members)
        return Answer(HELD, 400)

    cloud.answers[f"POST /compute/v2.1/servers/{FROM_VOLUME}/os-volume_attachments"] = refused
    with pytest.raises(Error) as caught:
        await driver.volumes.attach(asks(), FREE, FROM_VOLUME)
    assert caught.value.kind is kind


async def test_a_volume_that_leaves_its_machine(driver: Driver, cloud: Cloud) -> None:
    """It is no attachment any more, and can't be removed yet."""
    listed = json.loads(recorded("volumes.json"))["volumes"]
    leaving = [{**one, "status": "detaching"} if one["id"] == DATA else one for one in listed]
    cloud.answers[f"GET {BASE}/volumes/detail"] = Answer({"volumes": leaving})
    cloud.answers[f"GET {BASE}/volumes/{DATA}"] = volume(DATA, status="detaching")
    found = next(one for one in await driver.volumes.list(asks()) if one.id == DATA)
    assert (found.attachments, [one.instance_id for one in found.leaving]) == ((), [HOST])
    with pytest.raises(Error) as caught:
        await driver.volumes.delete(asks(), DATA)
    assert caught.value.kind is ErrorKind.BUSY


async def test_a_machines_own_disk_stands_for_itself_while_it_leaves(driver: Driver, cloud: Cloud) -> None:
    """Its mark is gone, though compute still says that it goes with the machine."""
    listed = json.loads(recorded("volumes.json"))["volumes"]
    leaving = [{**one, "status": "detaching", "metadata": {}} if one["id"] == DATA else one for one in listed]
    plug = {"id": DATA, "delete_on_termination": True}
    host = {**SERVERS[HOST], "os-extended-volumes:volumes_attached": [plug]}
    cloud.answers[f"GET {BASE}/volumes/detail"] = Answer({"volumes": leaving})
    cloud.answers["GET /compute/v2.1/servers/detail"] = Answer({"servers": [host]})
    cloud.answers[f"GET /compute/v2.1/servers/{HOST}"] = Answer({"server": host})
    found = next(one for one in await driver.volumes.list(asks()) if one.id == DATA)
    assert (found.kept, found.instance_id, found.independent) == (True, "", True)


async def test_a_free_volume_that_compute_still_lists(driver: Driver, cloud: Cloud) -> None:
    """Compute's lists are read for the sake of another volume, which is on its way."""
    listed = json.loads(recorded("volumes.json"))["volumes"]
    states = {OWN: "attaching"}
    volumes = [{**one, "status": states.get(one["id"], one["status"])} for one in listed]
    servers = [
        {**one, "os-extended-volumes:volumes_attached": [{"id": FREE}]} if one["id"] == HOST else one
        for one in SERVERS.values()
    ]
    cloud.answers[f"GET {BASE}/volumes/detail"] = Answer({"volumes": volumes})
    cloud.answers["GET /compute/v2.1/servers/detail"] = Answer({"servers": servers})
    found = next(one for one in await driver.volumes.list(asks()) if one.id == FREE)
    assert found.attachments == ()


@pytest.mark.parametrize(
    ("volume_id", "members", "kind"),
    [
        (DATA, {}, ErrorKind.IN_USE),
        (FREE, {"status": "creating"}, ErrorKind.BUSY),
        (FREE, {"status": "error"}, ErrorKind.CONFLICT),
        (FREE, {}, ErrorKind.NOT_FOUND),
    ],
)
async def test_volumes_that_are_not_attached(
    driver: Driver, cloud: Cloud, volume_id: str, members: dict[str, Any], kind: ErrorKind
) -> None:
    cloud.answers[f"GET {BASE}/volumes/{volume_id}"] = volume(volume_id, **members)
    with pytest.raises(Error) as caught:
        await driver.volumes.attach(asks(), volume_id, FROM_VOLUME)
    assert caught.value.kind is kind


async def test_detaching(driver: Driver, cloud: Cloud) -> None:
    plug = f"/compute/v2.1/servers/{HOST}/os-volume_attachments/{DATA}"
    cloud.answers[f"DELETE {plug}"] = Answer(status=202)
    await driver.volumes.detach(asks(), DATA, HOST)
    assert len(cloud.of("DELETE", plug)) == 1
    root = {"badRequest": {"code": 400, "message": "Cannot detach a root device volume"}}
    cloud.answers[f"DELETE {plug}"] = Answer(root, 400)
    with pytest.raises(Error) as caught:
        await driver.volumes.detach(asks(), DATA, HOST)
    assert caught.value.kind is ErrorKind.CONFLICT
    cloud.answers[f"GET {BASE}/volumes/{DATA}"] = volume(DATA, status="detaching")
    await driver.volumes.detach(asks(), DATA, HOST)
    words = "Invalid volume: Unable to detach volume. Volume status must be 'in-use' to detach."
    cloud.answers[f"DELETE {plug}"] = Answer({"badRequest": {"code": 400, "message": words}}, 400)
    cloud.answers[f"GET {BASE}/volumes/{DATA}"] = volume(DATA, status="available", attachments=[])
    with pytest.raises(Error) as caught:
        await driver.volumes.detach(asks(), DATA, HOST)
    assert caught.value.kind is ErrorKind.BUSY
    del cloud.answers[f"DELETE {plug}"]
    await driver.volumes.detach(asks(), DATA, HOST)


async def test_snapshots(driver: Driver, cloud: Cloud) -> None:
    found = await driver.snapshots.list(asks())
    assert [(one.id, one.name, one.size, one.volume_id) for one in found] == [(SNAPSHOT, "before", GIB, FREE)]
    assert (found[0].state, found[0].tags, found[0].bootable) == (SnapshotState.COMPLETED, {"Name": "S"}, True)
    assert await driver.snapshots.list(asks(), ids=[SNAPSHOT, "no/such id"]) == found
    cloud.answers[f"DELETE {BASE}/snapshots/{SNAPSHOT}/metadata/deltaic:bootable"] = Answer()
    cloud.answers[f"PUT {BASE}/snapshots/{SNAPSHOT}"] = Answer({"snapshot": SNAPSHOTS[SNAPSHOT]})
    await driver.snapshots.update(asks(), SNAPSHOT, SnapshotChanges(name="after", bootable=False))
    assert cloud.of("PUT")[0].json == {"snapshot": {"name": "after"}}
    assert len(cloud.of("DELETE")) == 1


@pytest.mark.parametrize(("newest", "forced"), [("3.65", {"force": True}), ("3.66", {})])
async def test_a_snapshot_of_a_volume_in_use(driver: Driver, cloud: Cloud, newest: str, forced: dict[str, Any]) -> None:
    version = {"versions": [{"id": "v3.0", "version": newest, "min_version": "3.0"}]}
    cloud.answers["GET /volume/v3/"] = Answer(version, 300)
    cloud.answers[f"POST {BASE}/snapshots"] = Answer({"snapshot": SNAPSHOTS[SNAPSHOT]}, 202)
    await driver.snapshots.create(asks(), SnapshotSpec(DATA, "now"))
    assert cloud.of("POST", f"{BASE}/snapshots")[0].json == {"snapshot": {"volume_id": DATA, "name": "now", **forced}}


async def test_what_a_marker_made_is_found(driver: Driver, cloud: Cloud) -> None:
    """Old clouds don't look for metadata and answer everything."""
    made = {"deltaic:made": hashlib.sha256(b"m").hexdigest()[:32]}
    volumes = [VOLUMES[FREE], {**VOLUMES[FREE], "id": "marked", "metadata": made, "status": "creating"}]
    snapshots = [{**SNAPSHOTS[SNAPSHOT], "id": "marked", "metadata": made}, SNAPSHOTS[SNAPSHOT]]
    cloud.answers |= {
        f"GET {BASE}/volumes/detail": Answer({"volumes": volumes}),
        f"GET {BASE}/snapshots/detail": Answer({"snapshots": snapshots}),
    }
    found = await driver.volumes.find_marked(asks(), "m")
    assert [(one.id, one.state) for one in found] == [("marked", VolumeState.CREATING)]
    assert [one.id for one in await driver.snapshots.find_marked(asks(), "m")] == ["marked"]
    asked = len(cloud.asked)
    assert await driver.volumes.find_marked(asks(), "") == []
    assert (await driver.snapshots.find_marked(asks(), ""), len(cloud.asked)) == ([], asked)
