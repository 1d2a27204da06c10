"""Volumes in all the forms that clients send, and what is refused."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree

import pytest

from deltaic.model.errors import Error, ErrorKind
from deltaic.model.volume import Volume
from tests.support.asgi import Answer
from tests.unit.frontends.cimi.conftest import BASE, XML, Client, job
from tests.unit.frontends.conftest import DISK, OTHER_VM, VM

FLOATING = "d15c1111-1111-4222-8333-444455556666"
NS = "{http://schemas.dmtf.org/cimi/1}"

#: A volume is asked for as clients of three generations do.
CREATIONS = {
    "standard": '<VolumeCreate xmlns="http://schemas.dmtf.org/cimi/1"><name>v</name><volumeTemplate><volumeConfig>'
    "<capacity>1024</capacity></volumeConfig></volumeTemplate></VolumeCreate>",
    "no namespace, padded": "<VolumeCreate> <name> v </name> <volumeTemplate> <volumeConfig> <type> "
    "http://schemas.dmtf.org/cimi/1/mapped </type> <format>qcow2</format> <capacity> 1024 </capacity> </volumeConfig>"
    " </volumeTemplate> </VolumeCreate>",
    "draft's root and namespace": '<Volume xmlns="http://www.dmtf.org/cimi"><name>v</name><volumeTemplate>'
    "<volumeConfig><capacity>1024</capacity></volumeConfig></volumeTemplate></Volume>",
    "draft's unit": '<VolumeCreate><name>v</name><volumeTemplate><volumeConfig><capacity quantity="1024" '
    'units="kilobyte"/></volumeConfig></volumeTemplate></VolumeCreate>',
    "template by reference, changed": f'<VolumeCreate><name>v</name><volumeTemplate href="{BASE}/volume_templates/1GB">'
    f'<volumeConfig href="{BASE}/volume_configurations/10GB"><capacity>1024</capacity></volumeConfig></volumeTemplate>'
    "</VolumeCreate>",
    "camel-case address": '<VolumeCreate><name>v</name><volumeTemplate><volumeConfig href="volumeConfigs/1GB">'
    "<capacity>1024</capacity></volumeConfig></volumeTemplate></VolumeCreate>",
}


def volumes(cimi: Client) -> dict[str, Volume]:
    return {row.id: row for row in cimi.gateway.driver.volumes.rows}


def text(answer: Answer, name: str) -> str | None:
    return ElementTree.fromstring(answer.body).findtext(f"{NS}{name}")


@pytest.mark.parametrize("form", CREATIONS)
async def test_every_form_of_a_creation(cimi: Client, form: str) -> None:
    answer = await cimi.send("POST", "/volumes", CREATIONS[form], Content_Type="application/xml")
    assert answer.status == 201, answer.text
    assert (text(answer, "name"), text(answer, "state"), text(answer, "capacity")) == ("v", "CREATING", "1024")
    assert answer.headers["location"] == text(answer, "id")
    made = volumes(cimi)[answer.headers["location"].rpartition("/")[2]]
    assert (made.name, made.size) == ("v", 1_024_000)


async def test_what_is_shown_of_a_volume(cimi: Client) -> None:
    uri = f"{BASE}/volumes/{FLOATING}"
    (shown,) = (await cimi.get("/volumes"))["volumes"]
    assert shown.items() >= {
        "resourceURI": "http://schemas.dmtf.org/cimi/1/Volume",
        "id": uri,
        "name": "floating",
        "state": "AVAILABLE",
        "type": "http://schemas.dmtf.org/cimi/1/mapped",
        "capacity": 1073742,
        "bootable": False,
        "images": {"href": f"{uri}/images"},
        "operations": [{"rel": "edit", "href": uri}, {"rel": "delete", "href": uri}],
    }.items()


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({}, 400, "volumeTemplate"),
        ({"volumeTemplate": {}}, 400, "volumeTemplate"),
        ({"volumeTemplate": {"volumeConfig": {}}}, 400, "volumeConfig"),
        ({"volumeTemplate": {"volumeConfig": {"type": "x"}}}, 400, "type"),
        ({"volumeTemplate": {"volumeConfig": {"capacity": "much"}}}, 400, "capacity"),
        ({"volumeTemplate": {"volumeConfig": {"capacity": -1}}}, 400, "capacity"),
        ({"volumeTemplate": {"volumeConfig": {"href": f"{BASE}/machines/{VM}"}}}, 400, "volumeConfig"),
        (
            {"volumeTemplate": {"volumeConfig": {"href": "http://other/cimi/volume_configurations/1GB"}}},
            400,
            "host",
        ),
        ({"volumeTemplate": {"volumeConfig": {"href": f"{BASE}/volume_configurations/nope"}}}, 404, "nope"),
        ({"volumeTemplate": {"volumeImage": {"href": f"{BASE}/volume_images/nope"}}}, 404, "nope"),
        ({"volumeTemplate": {"volumeImage": {"bootable": True}}}, 400, "volumeImage"),
        ({"volumeTemplate": {"volumeImage": {"imageLocation": f"{BASE}/machines/{VM}"}}}, 400, "imageLocation"),
        ({"properties": {"": "x"}, "volumeTemplate": {"volumeConfig": {"capacity": 1}}}, 400, "key"),
    ],
)
async def test_what_is_refused(cimi: Client, body: dict[str, Any], status: int, field: str) -> None:
    before = volumes(cimi)
    answer = await cimi.post("/volumes", body)
    assert (answer.status, job(answer)["state"]) == (status, "FAILED")
    assert field in job(answer)["statusMessage"]
    assert volumes(cimi) == before


async def test_an_image_in_the_words_of_2012(cimi: Client) -> None:
    body = f'<VolumeImageCreate><name>i</name><imageLocation href="{BASE}/volumes/{FLOATING}"/></VolumeImageCreate>'
    answer = await cimi.send("POST", "/volume_images", body, Content_Type="application/xml")
    assert answer.status == 201, answer.text
    assert text(answer, "imageLocation") == f"{BASE}/volumes/{FLOATING}"
    await cimi.gateway.operations.settle()
    (made,) = [one for one in (await cimi.get("/volume_images"))["volumeImages"] if one["name"] == "i"]
    assert made["state"] == "AVAILABLE"


@pytest.mark.parametrize("field", ["initialLocation", "attachmentPoint"])
async def test_attaching_in_old_words_and_new(cimi: Client, field: str) -> None:
    body = f'<MachineVolume><{field}>/dev/vdb</{field}><volume href="{BASE}/volumes/{FLOATING}"/></MachineVolume>'
    answer = await cimi.send("POST", f"/machines/{OTHER_VM}/volumes", body, Content_Type=XML["Content-Type"])
    assert answer.status == 201, answer.text
    (plug,) = volumes(cimi)[FLOATING].attachments
    assert (plug.instance_id, plug.device) == (OTHER_VM, "/dev/vdb")


async def test_a_disk_is_no_volume(cimi: Client) -> None:
    assert (await cimi.send("GET", f"/volumes/{DISK}")).status == 404
    attach = await cimi.post(f"/machines/{OTHER_VM}/volumes", {"volume": {"href": f"{BASE}/volumes/{DISK}"}})
    assert attach.status == 404
    assert (await cimi.send("DELETE", f"/machines/{VM}/volumes/{DISK}")).status == 404
    assert (await cimi.send("DELETE", f"/machines/{VM}/disks/{FLOATING}")).status == 404
    assert (await cimi.send("DELETE", f"/machines/{OTHER_VM}/disks/{DISK}")).status == 404


async def test_what_the_cloud_refuses_names_the_attribute(cimi: Client) -> None:
    faults = cimi.gateway.driver.volumes.faults
    faults.before["create"].append(Error(ErrorKind.INVALID, "too large", field="size"))
    answer = await cimi.post("/volumes", {"volumeTemplate": {"volumeConfig": {"capacity": 5}}})
    assert (answer.status, "capacity" in job(answer)["statusMessage"]) == (400, True)
    faults.before["delete"].append(Error(ErrorKind.IN_USE, "plugged"))
    assert (await cimi.send("DELETE", f"/volumes/{FLOATING}")).status == 409
    assert FLOATING in volumes(cimi)


async def test_a_whole_put_erases_what_it_lacks_and_keeps_the_capacity(cimi: Client) -> None:
    headers = {"Content_Type": "application/json", "Accept": "application/json"}
    body = json.dumps({"name": "new", "description": "d", "properties": {"k": "v"}})
    first = await cimi.send("PUT", f"/volumes/{FLOATING}", body, **headers)
    shown = json.loads(first.body)
    assert (shown["name"], shown["description"], shown["properties"]) == ("new", "d", {"k": "v"})
    second = json.loads((await cimi.send("PUT", f"/volumes/{FLOATING}", '{"name": "new"}', **headers)).body)
    assert ("description" in second, "properties" in second, second["capacity"]) == (False, False, 1073742)
    assert [verb for verb, _ in cimi.gateway.driver.volumes.changes] == ["update", "update"]


async def test_the_providers_configurations_and_templates(cimi: Client) -> None:
    found = (await cimi.get("/volume_configurations"))["volumeConfigurations"]
    assert [(one["name"], one.get("capacity")) for one in found] == [
        ("1GB", 10**6), ("10GB", 10**7), ("100GB", 10**8), ("1000GB", 10**9), ("data1", None),
    ]  # fmt: skip
    assert all("operations" not in one for one in found)
    refused = await cimi.send("DELETE", "/volume_configurations/1GB")
    assert refused.status == 403
    templates = (await cimi.get("/volume_templates"))["volumeTemplates"]
    assert templates[0]["volumeConfig"] == {"href": f"{BASE}/volume_configurations/1GB"}
    wrong = await cimi.post("/volume_configurations", {"name": "none", "capacity": 0})
    assert (wrong.status, "capacity" in job(wrong)["statusMessage"]) == (400, True)
