"""Documents that did not change are neither rendered nor written again; long work lets others have their turn."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from msgspec.structs import replace

from deltaic.frontends.cimi import expanding
from deltaic.frontends.cimi.links import Links
from deltaic.frontends.cimi.renderings import Renderings
from deltaic.frontends.http import pace
from deltaic.protocols.cimi import json_writer, xml_writer
from deltaic.protocols.cimi.bodies import fix, write, write_collection
from deltaic.protocols.cimi.fixed import Fixed
from deltaic.protocols.cimi.negotiation import Format
from tests.unit.frontends.cimi.conftest import Client, job
from tests.unit.frontends.conftest import VM

LINKS = Links("http://h/cimi")


def render(links: Links, *source: Any) -> dict[str, Any]:
    return {"id": f"{links.base}/x", "name": str(source)}


def test_the_same_source_gives_the_same_document() -> None:
    kept = Renderings()
    first = kept.get("Machine", LINKS, "a", render, [1])
    assert kept.get("Machine", LINKS, "a", render, [1]) is first
    assert first == {"id": "http://h/cimi/x", "name": "([1],)"}
    changed = kept.get("Machine", LINKS, "a", render, [2])
    assert changed["name"] == "([2],)"
    assert kept.get("Machine", Links("http://other/cimi"), "a", render, [2])["id"] == "http://other/cimi/x"
    assert kept.get("Machine", LINKS, "b", render, [2]) is not changed
    assert kept.get("Disk", LINKS, "a", render, [2]).item == "Disk"
    assert len(kept) == 4


def test_each_type_has_its_own_end_and_the_least_used_goes_first() -> None:
    kept = Renderings(limit=2)
    first, second = (kept.get("Machine", LINKS, key, render, key) for key in "ab")
    kept.get("Disk", LINKS, "d", render, "d")
    assert kept.get("Machine", LINKS, "a", render, "a") is first
    kept.get("Machine", LINKS, "c", render, "c")
    assert kept.get("Machine", LINKS, "a", render, "a") is first
    assert kept.get("Machine", LINKS, "b", render, "b") is not second
    assert len(kept) == 3


def test_what_is_made_together_counts_as_one() -> None:
    kept = Renderings(limit=2)

    def renders(links: Links, name: str) -> list[dict[str, Any]]:
        return [render(links, name, number) for number in range(5)]

    first, second = (kept.group("Meter", LINKS, key, renders, key) for key in "ab")
    assert [one["name"] for one in first] == [f"('a', {number})" for number in range(5)]
    assert {one.item for one in first} == {"Meter"}
    assert kept.group("Meter", LINKS, "a", renders, "a") is first
    assert kept.group("Meter", LINKS, "b", renders, "b") is second
    assert kept.group("Meter", LINKS, "b", renders, "c") is not second


async def test_the_meters_of_many_machines_are_kept_as_long_as_the_machines(
    cimi: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    cimi.gateway.cimi._renderings = Renderings(limit=2)
    before = await cimi.get("/machines", "$expand=meters")
    assert sum(one["meters"]["count"] for one in before["machines"]) > 2
    rendered: list[str] = []
    made = Fixed.__init__

    def spy(self: Fixed, item: str, document: Any) -> None:
        rendered.append(item)
        made(self, item, document)

    monkeypatch.setattr(Fixed, "__init__", spy)
    assert await cimi.get("/machines", "$expand=meters") == before
    assert rendered == []


def test_whoever_calls_the_gateway_by_many_names_fills_no_memory() -> None:
    kept = Renderings()
    own = kept.get("Machine", LINKS, "a", render, "a")
    for number in range(100):
        kept.get("Machine", Links(f"http://h{number}/cimi"), "a", render, "a")
        assert kept.get("Machine", LINKS, "a", render, "a") is own
    assert len(kept) == 4


def test_what_is_put_together_is_found_again_as_long_as_it_is_equal() -> None:
    kept = Renderings()
    whole = {"id": "x", "disks": {"count": 1}}
    first = kept.same(LINKS, "Machine", dict(whole))
    assert kept.same(LINKS, "Machine", dict(whole)) is first
    assert kept.same(LINKS, "Machine", whole | {"name": "n"}) is not first
    assert kept.same(LINKS, "Machine", first) is first
    assert kept.same(LINKS, "Machine", {"name": "n"}) == {"name": "n"}


@pytest.mark.parametrize("form", list(Format))
def test_a_fixed_document_is_written_once_and_as_any_other(form: Format) -> None:
    plain = {"id": "http://h/1", "name": "<&>", "cpu": 2, "operations": [{"rel": "edit", "href": "http://h/1"}]}
    fixed = fix(Fixed("Machine", plain), form)
    page = {"id": "http://h", "count": 1}
    before = write_collection("Machine", page | {"items": [plain]}, form)
    assert write_collection("Machine", page | {"items": [fixed]}, form) == before
    assert write("Machine", fixed, form) == write("Machine", plain, form)
    kept = fixed.xml if form is Format.XML else fixed.json
    assert kept is (xml_writer.fix_xml(fixed) if form is Format.XML else json_writer.fix_json(fixed))
    assert type(fixed | {"name": "other"}) is dict


def test_a_fixed_document_can_not_be_changed() -> None:
    fixed: Any = Fixed("Machine", {"name": "n"})
    for change in (
        lambda: fixed.__setitem__("name", "m"), lambda: fixed.__delitem__("name"), lambda: fixed.update(name="m"),
        lambda: fixed.pop("name"), lambda: fixed.setdefault("cpu", 1), fixed.clear, lambda: fixed.__ior__({"cpu": 1}),
    ):  # fmt: skip
        with pytest.raises(TypeError):
            change()
    assert fixed == {"name": "n"}


async def test_the_loop_has_its_turn_in_long_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "SLICE", -1.0)
    seen: list[int] = []

    async def bystander() -> None:
        for _ in range(3):
            seen.append(-1)
            await asyncio.sleep(0)

    task = asyncio.create_task(bystander())
    async for number in pace.paced(range(3)):
        seen.append(number)
    await task
    assert seen == [0, -1, 1, -1, 2, -1]


async def test_an_unchanged_machine_is_not_rendered_again(cimi: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    before = await cimi.get("/machines")
    rendered: list[str] = []
    made = Fixed.__init__

    def spy(self: Fixed, item: str, document: Any) -> None:
        rendered.append(item)
        made(self, item, document)

    monkeypatch.setattr(Fixed, "__init__", spy)
    assert await cimi.get("/machines") == before
    assert rendered == []
    cimi.gateway.machines[VM] = replace(cimi.gateway.machines[VM], description="changed")
    assert (await cimi.get(f"/machines/{VM}"))["description"] == "changed"
    assert rendered == ["Machine"]


async def test_what_is_expanded_has_an_end(cimi: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (await cimi.get("/machines", "$expand=disks"))["count"] == 2
    monkeypatch.setattr(expanding, "MAX_RESOURCES", 1)
    answer = await cimi.send("GET", "/machines", query="$expand=*", Accept="application/json")
    assert (answer.status, "$expand" in job(answer)["statusMessage"]) == (400, True)
