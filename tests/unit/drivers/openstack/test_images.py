"""Images as a real image service answered them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from msgspec.structs import replace

from deltaic.driver import Driver
from deltaic.drivers.openstack import DRIVER
from deltaic.model.annotation import Annotation
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.image import ImageChanges, ImageDisk, ImageSpec, ImageState
from tests.unit.drivers.openstack.cloud import Answer, Asked, Cloud, asks, recorded

GIB = 1 << 30
BASE = "/image/v2/images"
TINY = "bde2a4d2-80e1-479f-bfe2-f0cdf1d6db36"
OF_HOST = "14628aa3-7eeb-489f-b49b-a939b48595b0"
OF_VOLUME = "04de7728-193e-4dda-a488-8744161eb762"
HOST = "0e5e02cc-fce2-480b-a90c-7f4a11994d30"
CONFLICT = Answer({"error": {"code": 409, "message": "Property b does not exist."}}, 409)

IMAGES = {one["id"]: one for one in json.loads(recorded("images.json"))["images"]}
QUEUED = json.loads(recorded("image_queued.json"))


def record(image_id: str, **members: Any) -> Answer:
    """One recorded image; `members` replace those of the recording."""
    return Answer({**IMAGES[image_id], **members})


@pytest.fixture
async def driver(cloud: Cloud) -> AsyncIterator[Driver]:
    cloud.answers |= {f"GET {BASE}": Answer(recorded("images.json")), f"GET {BASE}/{TINY}": record(TINY)}
    made = DRIVER.create(cloud.config())
    yield made
    await made.close()


def patches(cloud: Cloud) -> list[Any]:
    return [one.json for one in cloud.of("PATCH")]


async def test_what_is_listed(driver: Driver, cloud: Cloud) -> None:
    found = {one.id: one for one in await driver.images.list(asks())}
    assert [one.name for one in found.values()] == sorted(one["name"] for one in IMAGES.values())
    tiny = found[TINY]
    assert (tiny.name, tiny.state, tiny.memory) == ("h3-tiny", ImageState.AVAILABLE, 0)
    assert tiny.disks == (ImageDisk(TINY, 65_536, boot=True),)
    assert (tiny.owner, tiny.data_center_ids) == (IMAGES[TINY]["owner"], ("RegionOne",))
    of_host, of_volume = found[OF_HOST], found[OF_VOLUME]
    assert (of_host.description, of_host.annotation.launch) == ("of a host", "m-2")
    assert of_host.annotation.tags == {"Foo": "1", "Name": "H"}
    assert of_host.disks == (ImageDisk(OF_HOST, GIB, boot=True),)
    disk = json.loads(IMAGES[OF_VOLUME]["block_device_mapping"])[0]["snapshot_id"]
    assert of_volume.disks == (ImageDisk(disk, GIB, boot=True),)
    assert [one.query for one in cloud.of("GET", BASE)] == ["limit=1000"]


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"hw_architecture": "aarch64"}, {"architecture": "aarch64"}),
        ({"architecture": "i686"}, {"architecture": "i686"}),
        ({}, {"architecture": "x86_64", "os_type": ""}),
        ({"os_type": "linux", "os_distro": "debian"}, {"os_type": "debian"}),
        ({"os_type": "windows", "os_distro": "windows"}, {"os_type": "windows"}),
        ({"min_ram": 512, "min_disk": 3}, {"memory": 512 << 20, "disks": (ImageDisk(TINY, 3 * GIB, boot=True),)}),
        ({"status": "saving", "size": None, "virtual_size": None}, {"state": ImageState.PENDING}),
        ({"status": "deactivated"}, {"state": ImageState.ERROR}),
        ({"block_device_mapping": "nonsense"}, {"disks": (ImageDisk(TINY, 65_536, boot=True),)}),
        ({"description": "words"}, {"description": "words"}),
    ],
)
async def test_members(driver: Driver, cloud: Cloud, members: dict[str, Any], expected: dict[str, Any]) -> None:
    cloud.answers[f"GET {BASE}/{TINY}"] = record(TINY, **members)
    found = await driver.images.get(asks(), TINY)
    assert {name: getattr(found, name) for name in expected} == expected


async def test_what_is_gone_is_not_there(driver: Driver, cloud: Cloud) -> None:
    cloud.answers[f"GET {BASE}/{TINY}"] = record(TINY, status="pending_delete")
    with pytest.raises(Error) as caught:
        await driver.images.get(asks(), TINY)
    assert caught.value.kind is ErrorKind.NOT_FOUND
    assert await driver.images.list(asks(), ids=[TINY, "no/such id"]) == []


@pytest.fixture
def compute(cloud: Cloud) -> dict[str, Any]:
    """The image that compute makes: with what is asked for, and what the server's image has (`Foo`)."""
    made = dict(QUEUED)

    def take(asked: Asked) -> Answer:
        made.update(asked.json["createImage"]["metadata"])
        return Answer({"image_id": made["id"]}, 202)

    def patch(asked: Asked) -> Answer:
        for one in asked.json:
            key = one["path"].removeprefix("/").replace("~1", "/").replace("~0", "~")
            if one["op"] == "remove":
                del made[key]
            else:
                made[key] = one["value"]
        return Answer(made)

    cloud.answers |= {
        f"POST /compute/v2.1/servers/{HOST}/action": take,
        f"GET {BASE}/{made['id']}": lambda _: Answer(made),
        f"PATCH {BASE}/{made['id']}": patch,
    }
    return made


async def test_an_image_of_a_server(driver: Driver, cloud: Cloud, compute: dict[str, Any]) -> None:
    note = Annotation(tags={"Name": "new", "name": "x"}, launch="m-7")
    made = await driver.images.create(asks(), ImageSpec("picture", HOST, description="words", annotation=note))
    body = cloud.of("POST", "/compute")[0].json["createImage"]
    assert body["name"] == "picture"
    assert len(body["metadata"].pop("deltaic:keys")) == 3 * 6
    assert body["metadata"] == {
        "Name": "new", "deltaic:tag:name": "x", "deltaic:launch": "m-7", "deltaic:id": "new", "description": "words",
    }  # fmt: skip
    # The server's image has a tag, which is handed down.
    assert compute["Foo"] == "1"
    shown = (made.id, made.state, made.description, made.annotation)
    assert shown == (QUEUED["id"], ImageState.PENDING, "words", note)
    assert cloud.of("PATCH") == []


async def test_the_first_change_of_a_new_image_takes_away_what_was_handed_down(
    driver: Driver, cloud: Cloud, compute: dict[str, Any]
) -> None:
    compute |= {"deltaic:tag:a": "1", "deltaic:reservation": "theirs", "description": "theirs", "hw_disk_bus": "scsi"}
    tags = {f"key-{number}": str(number) for number in range(48)}
    note = Annotation(tags=tags, launch="m-7", owner="ann")
    made = await driver.images.create(asks(), ImageSpec("picture", HOST, annotation=note))
    # Too many keys for one property.
    assert {"deltaic:keys:0", "deltaic:keys:1"} <= compute.keys()
    assert (made.annotation, made.description) == (note, "")
    compute["status"] = "active"
    await driver.images.annotate(asks(), made.id, lambda own: replace(own, tags={**own.tags, "more": "1"}))
    own = {key for key in compute if key.startswith("deltaic:")}
    assert own == {"deltaic:id", "deltaic:launch", "deltaic:owner"}
    assert (compute["deltaic:id"], compute["hw_disk_bus"], "Foo" in compute) == (made.id, "scsi", False)
    assert (await driver.images.get(asks(), made.id)).annotation == replace(note, tags={**tags, "more": "1"})


async def test_an_image_that_is_there_at_once_is_completed_at_once(
    driver: Driver, cloud: Cloud, compute: dict[str, Any]
) -> None:
    """Of a server that starts from a volume nothing is uploaded."""
    compute["status"] = "active"
    note = Annotation(tags={"Name": "new"}, launch="m-7")
    made = await driver.images.create(asks(), ImageSpec("picture", HOST, description="d" * 300, annotation=note))
    assert (made.state, made.description, made.annotation) == (ImageState.AVAILABLE, "d" * 300, note)
    assert ("Foo" in compute, "deltaic:keys" in compute, compute["deltaic:id"]) == (False, False, made.id)


@pytest.mark.parametrize("status", ["queued", "saving", "uploading", "importing"])
async def test_nothing_is_written_to_an_image_that_is_being_made(
    driver: Driver, cloud: Cloud, compute: dict[str, Any], status: str
) -> None:
    compute["status"] = status
    wanted = ImageSpec("picture", HOST, description="d" * 300, annotation=Annotation(launch="m-7"))
    made = await driver.images.create(asks(), wanted)
    assert made.description == "d" * 255
    for change in (
        driver.images.annotate(asks(), made.id, lambda own: replace(own, tags={"a": "1"})),
        driver.images.update(asks(), made.id, ImageChanges(name="new")),
    ):
        with pytest.raises(Error) as caught:
            await change
        error = caught.value
        assert (error.kind, error.resource, error.resource_id) == (ErrorKind.BUSY, "image", made.id)
    assert cloud.of("PATCH") == []


async def test_compute_before_it_answered_ids(driver: Driver, cloud: Cloud) -> None:
    where = f"http://image.example/images/{TINY}"
    cloud.answers[f"POST /compute/v2.1/servers/{HOST}/action"] = Answer(status=202, headers={"Location": where})
    cloud.answers[f"PATCH {BASE}/{TINY}"] = record(TINY)
    assert (await driver.images.create(asks(), ImageSpec("picture", HOST))).id == TINY


async def test_what_was_handed_down(driver: Driver, cloud: Cloud) -> None:
    inherited = {"deltaic:launch": "theirs", "deltaic:id": OF_HOST, "deltaic:tag:a": "1", "Colour": "red"}
    cloud.answers[f"GET {BASE}/{TINY}"] = record(TINY, **inherited)
    assert (await driver.images.get(asks(), TINY)).annotation == Annotation(tags={"Foo": "1", "Colour": "red"})
    cloud.answers[f"PATCH {BASE}/{TINY}"] = record(TINY)
    await driver.images.annotate(asks(), TINY, lambda old: replace(old, tags={"Colour": "blue"}))
    assert sorted(patches(cloud)[0], key=str) == [
        {"op": "add", "path": "/Colour", "value": "blue"},
        {"op": "add", "path": "/deltaic:id", "value": TINY},
        {"op": "remove", "path": "/Foo"},
        {"op": "remove", "path": "/deltaic:launch"},
        {"op": "remove", "path": "/deltaic:tag:a"},
    ]


async def test_an_image_that_was_not_patched_yet_gets_what_is_its_own(driver: Driver, cloud: Cloud) -> None:
    """Compute has handed the tags of the server's image down, and nobody took them away yet."""
    begun = {"deltaic:launch": "m-2", "deltaic:id": "new", "deltaic:tag:a": "1", "Name": "H", "Foo": "1"}
    cloud.answers[f"GET {BASE}/{TINY}"] = record(TINY, **begun)
    cloud.answers[f"PATCH {BASE}/{TINY}"] = record(TINY)
    wanted = Annotation(tags={"Name": "H"}, launch="m-2")
    await driver.images.annotate(asks(), TINY, lambda _: wanted)
    assert sorted(patches(cloud)[0], key=str) == [
        {"op": "add", "path": "/deltaic:id", "value": TINY},
        {"op": "remove", "path": "/Foo"},
        {"op": "remove", "path": "/deltaic:tag:a"},
    ]


async def test_a_marker_is_looked_for_by_the_cloud(driver: Driver, cloud: Cloud) -> None:
    assert [one.id for one in await driver.images.find_marked(asks(), "m-2")] == [TINY, OF_HOST]
    assert cloud.of("GET", BASE)[0].query == "deltaic%3Alaunch=m-2&limit=1000"
    assert await driver.images.find_marked(asks(), "") == []


async def test_tags_of_people_are_edited_one_by_one(driver: Driver, cloud: Cloud) -> None:
    cloud.answers[f"GET {BASE}/{TINY}"] = record(TINY, **{"a/b~c": "1", "hw_disk_bus": "scsi", "deltaic:id": "new"})
    cloud.answers[f"PATCH {BASE}/{TINY}"] = [CONFLICT, record(TINY)]
    await driver.images.annotate(asks(), TINY, lambda old: replace(old, tags={"Foo": "1"}))
    wanted = [
        {"op": "remove", "path": "/a~1b~0c"},
        {"op": "add", "path": "/deltaic:id", "value": TINY},
    ]
    assert patches(cloud) == [wanted, wanted]
    assert cloud.of("PATCH")[0].headers["content-type"] == "application/openstack-images-v2.1-json-patch"


async def test_an_edit_that_changes_nothing(driver: Driver, cloud: Cloud) -> None:
    cloud.answers[f"GET {BASE}/{TINY}"] = record(TINY, **{"deltaic:id": TINY})
    assert (await driver.images.annotate(asks(), TINY, lambda old: old)).launch == "m-2"
    assert cloud.of("PATCH") == []


async def test_changes(driver: Driver, cloud: Cloud) -> None:
    cloud.answers[f"PATCH {BASE}/{TINY}"] = record(TINY)
    await driver.images.update(asks(), TINY, ImageChanges(description=""))
    await driver.images.update(asks(), TINY, ImageChanges(name="new"))
    await driver.images.update(asks(), TINY, ImageChanges())
    assert patches(cloud) == [
        [{"op": "add", "path": "/description", "value": ""}],
        [{"op": "add", "path": "/name", "value": "new"}],
    ]
    for changes, field in ((ImageChanges(name="x" * 256), "name"), (ImageChanges(description="😀"), "description")):
        with pytest.raises(Error) as caught:
            await driver.images.update(asks(), TINY, changes)
        assert (caught.value.kind, caught.value.field) == (ErrorKind.INVALID, field)


@pytest.mark.parametrize("answer", [{"images": [{"id": 5, "size": {}}]}, {"images": 5}, []])
async def test_nonsense(driver: Driver, cloud: Cloud, answer: Any) -> None:
    cloud.answers[f"GET {BASE}"] = Answer(answer)
    with pytest.raises(Error) as caught:
        await driver.images.list(asks())
    assert caught.value.kind is ErrorKind.UNAVAILABLE
