"""Documents that did not change are neither made nor written again, and nothing of one request shows in another's."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from xml.etree import ElementTree

import pytest
from msgspec.structs import replace

from deltaic.frontends.deltacloud import texts
from deltaic.frontends.deltacloud.links import Links
from deltaic.frontends.deltacloud.texts import Later, Texts, Viewer
from deltaic.frontends.http import pace
from deltaic.model.instance import InstanceState
from deltaic.model.volume import VolumeAttachment
from deltaic.protocols.deltacloud.families.links import Reference
from deltaic.protocols.deltacloud.families.network import NetworkInterface
from deltaic.protocols.deltacloud.negotiation import Format
from deltaic.protocols.deltacloud.writing import join_items, write_item, write_many
from tests.unit.frontends.conftest import DISK, NIC, OTHER_VM, VM
from tests.unit.frontends.deltacloud.conftest import ABLE, EVERYTHING, Client

#: What a cloud may have many of.
MANY = ("images", "instances", "metrics", "network_interfaces", "storage_snapshots", "storage_volumes")
VIEWER = Viewer(Links("http://h/api"), "alice", "default", ABLE, runs=True)


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids of the documents that are written, one after the other."""
    found: list[str] = []

    def spy(name: str, document: Any, form: Format) -> bytes:
        found.append(document.id)
        return write_item(name, document, form)

    monkeypatch.setattr(texts, "write_item", spy)
    return found


@pytest.mark.parametrize("accept", ["application/xml", "application/json"])
@pytest.mark.parametrize("collection", MANY)
async def test_what_did_not_change_is_not_written_again(
    deltacloud: Client, written: list[str], collection: str, accept: str
) -> None:
    first = await deltacloud.send("GET", f"/{collection}", headers={"Accept": accept})
    made = list(written)
    again = await deltacloud.send("GET", f"/{collection}", headers={"Accept": accept})

    assert first.status == 200, first.text
    assert made
    assert written == made
    assert (again.body, again.headers["etag"]) == (first.body, first.headers["etag"])


async def test_a_change_shows_at_once_and_costs_itself_alone(deltacloud: Client, written: list[str]) -> None:
    machines = deltacloud.gateway.machines
    await deltacloud.xml("/instances")
    for changed in (
        replace(machines[VM], state=InstanceState.STOPPED),
        replace(machines[VM], annotation=replace(machines[VM].annotation, tags={"Name": "web"})),
        replace(machines[VM], nics=(replace(machines[VM].nics[0], ipv4=("192.0.2.9",)),)),
    ):
        written.clear()
        machines[VM] = changed
        root = await deltacloud.xml("/instances")
        one = root.find(f"instance[@id='{VM}']")
        assert one is not None
        alone = await deltacloud.xml(f"/instances/{VM}")
        assert ElementTree.tostring(one).split() == ElementTree.tostring(alone).split()
        assert written == [VM]
    del machines[OTHER_VM]
    assert [one.get("id") for one in await deltacloud.xml("/instances")] == [VM]


async def test_a_volume_that_is_attached_shows_it_at_once(deltacloud: Client) -> None:
    rows = deltacloud.gateway.driver.volumes.rows
    before = {one["id"]: one["state"] for one in (await deltacloud.json("/storage_volumes"))["storage_volumes"]}
    floating = next(one for one in rows if one.id != DISK)
    rows[rows.index(floating)] = replace(floating, attachments=(VolumeAttachment(OTHER_VM),))
    after = {one["id"]: one for one in (await deltacloud.json("/storage_volumes"))["storage_volumes"]}

    assert before[floating.id] == "AVAILABLE"
    assert (after[floating.id]["state"], after[floating.id]["instance"]["id"]) == ("IN-USE", OTHER_VM)


async def test_each_is_told_by_the_name_it_called_the_gateway(deltacloud: Client) -> None:
    own = await deltacloud.send("GET", "/instances")
    other = await deltacloud.send("GET", "/instances", headers={"host": "other.example"})

    assert b"gateway.example" in own.body
    assert b"gateway.example" not in other.body
    assert (await deltacloud.send("GET", "/instances")).body == own.body


async def test_what_the_cloud_can_do_is_that_of_the_moment(deltacloud: Client) -> None:
    before = await deltacloud.xml("/instances")
    deltacloud.gateway.driver.capability = replace(ABLE, instances_reboot=False)
    after = await deltacloud.xml("/instances")

    assert before.find(".//link[@rel='reboot']") is not None
    assert after.find(".//link[@rel='reboot']") is None


def nic(viewer: Viewer, id_: str, mac: str) -> NetworkInterface:
    return NetworkInterface(id_, viewer.links.to("nics", id_), viewer.user, Reference("i", "h"), mac_address=mac)


async def text_of(kept: Texts, viewer: Viewer, *source: str, form: Format = Format.JSON) -> bytes:
    [text] = await kept.of("network_interface", [Later(NIC, nic, (NIC, *source))], form, viewer)
    return text


async def test_nothing_of_one_viewer_is_another_s(written: list[str]) -> None:
    kept = Texts()
    viewers = (
        VIEWER,
        replace(VIEWER, user="bob"),
        replace(VIEWER, provider="other"),
        replace(VIEWER, links=Links("http://other/api")),
        replace(VIEWER, capability=EVERYTHING),
        replace(VIEWER, runs=False),
    )
    told = [json.loads(await text_of(kept, viewer, "m")) for viewer in viewers]
    assert [(one["name"], one["href"]) for one in told] == [
        ("alice", f"http://h/api/nics/{NIC}"),
        ("bob", f"http://h/api/nics/{NIC}"),
        ("alice", f"http://h/api/nics/{NIC}"),
        ("alice", f"http://other/api/nics/{NIC}"),
        ("alice", f"http://h/api/nics/{NIC}"),
        ("alice", f"http://h/api/nics/{NIC}"),
    ]
    assert (await text_of(kept, VIEWER, "m", form=Format.XML)).lstrip().startswith(b"<network_interface ")
    assert len(written) == len(viewers) + 1
    assert b"other-mac" in await text_of(kept, VIEWER, "other-mac")
    # Each of those who differ by who they are or how they came keeps its own.
    for viewer in viewers[1:4]:
        await text_of(kept, viewer, "m")
    assert len(written) == len(viewers) + 2


async def test_texts_are_bounded_in_bytes(written: list[str]) -> None:
    size = len(await text_of(Texts(), VIEWER, "m"))
    kept = Texts(limit=2 * size + 1)
    users = [replace(VIEWER, user=name) for name in ("aaaaa", "bbbbb", "ccccc")]
    written.clear()
    for viewer in users:
        await text_of(kept, viewer, "m")
    assert len(written) == 3
    await text_of(kept, users[2], "m")
    assert len(written) == 3
    await text_of(kept, users[0], "m")
    assert len(written) == 4


async def test_others_have_their_turn_while_many_are_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "SLICE", -1.0)
    turns = 0

    async def bystander() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(bystander())
    await Texts().of("network_interface", [Later(str(n), nic, (str(n), "m")) for n in range(20)], Format.XML, VIEWER)
    task.cancel()
    assert turns >= 20


@pytest.mark.parametrize("form", [Format.XML, Format.JSON])
@pytest.mark.parametrize("count", [0, 1, 2])
async def test_texts_make_up_the_collection(form: Format, count: int) -> None:
    documents = [nic(VIEWER, f"<{number}>", "é&") for number in range(count)]
    later = [Later(one.id, nic, (one.id, "é&")) for one in documents]
    told = join_items("network_interface", await Texts().of("network_interface", later, form, VIEWER), form)

    assert told == write_many("network_interface", documents, form)
    if form is Format.JSON:
        assert [one["id"] for one in json.loads(told)["network_interfaces"]] == [one.id for one in documents]
    else:
        assert [one.get("id") for one in ElementTree.fromstring(told)] == [one.id for one in documents]
