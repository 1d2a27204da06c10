"""The tag tree and what it is put on."""

import pytest

from tests.sim.core.support import DOWN_VM, UP_VM, WORKSHOP, Api

ROOT = "00000000-0000-0000-0000-000000000000"


async def add(api: Api, name: str, parent: str = "") -> str:
    body = {"name": name, **({"parent": {"name": parent}} if parent else {})}
    answer = await api.post("tags", body)
    assert answer.status == 201, answer.body
    return str(answer.json["id"])


async def names(api: Api, path: str) -> list[str]:
    return [tag["name"] for tag in (await api.read(path)).get("tag", [])]


async def test_a_tag_is_below_the_root_unless_it_names_a_parent(api: Api) -> None:
    colour = await add(api, "colour")
    green = await add(api, "green", "colour")
    assert await names(api, "tags") == ["root", "colour", "green"]
    assert (await api.read(f"tags/{colour}"))["parent"]["id"] == ROOT
    assert (await api.read(f"tags/{green}"))["parent"]["id"] == colour


async def test_names_are_unique_over_the_whole_tree(api: Api) -> None:
    await add(api, "colour")
    await add(api, "green", "colour")
    answer = await api.post("tags", {"name": "green"})
    assert (answer.status, answer.detail) == (409, "[The specified Tag name already exists.]")


@pytest.mark.parametrize("name", ["with space", "x" * 51, "semi;colon"])
async def test_bad_names_are_refused(api: Api, name: str) -> None:
    answer = await api.post("tags", {"name": name})
    assert answer.status == 400
    assert "special characters" in answer.detail


async def test_missing_name_and_unknown_parent(api: Api) -> None:
    answer = await api.post("tags", {"description": "x"})
    assert (answer.status, answer.detail) == (400, "Tag [name] required for add")
    answer = await api.post("tags", {"name": "a", "parent": {"id": UP_VM}})
    assert (answer.status, answer.detail) == (404, f"Entity not found: {UP_VM}")


async def test_assigning_by_name_and_by_id_searching_and_removing(api: Api) -> None:
    await add(api, "colour")
    green = await add(api, "green", "colour")
    assert (await api.post(f"vms/{UP_VM}/tags", {"name": "green"})).status == 201
    assert (await api.post(f"vms/{DOWN_VM}/tags", {"id": green})).status == 201
    assert (await api.post(f"templates/{WORKSHOP}/tags", {"name": "colour"})).status == 201
    shown = (await api.read(f"vms/{UP_VM}/tags"))["tag"][0]
    assert shown["href"] == f"/ovirt-engine/api/vms/{UP_VM}/tags/{green}"
    assert shown["vm"]["id"] == UP_VM
    found = await api.read("vms?search=tag%3Dcolour")
    assert {vm["id"] for vm in found["vm"]} == {UP_VM, DOWN_VM}
    assert [one["id"] for one in (await api.read("templates?search=tag%3Dcol*"))["template"]] == [WORKSHOP]
    answer = await api.delete(f"vms/{UP_VM}/tags/{green}")
    assert (answer.status, answer.json["status"]) == (200, "complete")
    assert await names(api, f"vms/{UP_VM}/tags") == []
    assert (await api.get(f"vms/{UP_VM}/tags/{green}")).status == 404


async def test_assigning_twice_keeps_one(api: Api) -> None:
    await add(api, "green")
    for _ in range(2):
        assert (await api.post(f"vms/{UP_VM}/tags", {"name": "green"})).status == 201
    assert await names(api, f"vms/{UP_VM}/tags") == ["green"]


async def test_follow_shows_tags_inside_the_list(api: Api) -> None:
    await add(api, "green")
    await api.post(f"vms/{UP_VM}/tags", {"name": "green"})
    vms = {vm["id"]: vm for vm in (await api.read("vms?follow=tags"))["vm"]}
    assert [tag["name"] for tag in vms[UP_VM]["tags"]["tag"]] == ["green"]


async def test_moving_renaming_and_loops(api: Api) -> None:
    colour = await add(api, "colour")
    green = await add(api, "green", "colour")
    answer = await api.put(f"tags/{colour}", {"parent": {"id": green}})
    assert (answer.status, answer.detail) == (409, "[Cannot move Tag. A Tag cannot be moved below itself.]")
    answer = await api.put(f"tags/{green}", {"name": "verde", "description": "d", "parent": {"id": ROOT}})
    assert (answer.status, answer.json["name"], answer.json["parent"]["id"]) == (200, "verde", ROOT)
    assert (await api.put(f"tags/{ROOT}", {"name": "x"})).status == 400


async def test_removing_a_tag_removes_those_below_and_detaches_them(api: Api) -> None:
    colour = await add(api, "colour")
    await add(api, "green", "colour")
    await api.post(f"vms/{UP_VM}/tags", {"name": "green"})
    assert (await api.delete(f"tags/{colour}")).status == 200
    assert await names(api, "tags") == ["root"]
    assert await names(api, f"vms/{UP_VM}/tags") == []
    assert (await api.delete(f"tags/{ROOT}")).status == 400


async def test_a_plain_user_may_not_tag(api: Api) -> None:
    await add(api, "green")
    await api.login("user@internal")
    assert (await api.post("tags", {"name": "mine"})).status == 403
    assert (await api.post(f"vms/{UP_VM}/tags", {"name": "green"})).status == 403
