"""Systems over HTTP, a cloud in memory below: their life."""

from __future__ import annotations

import json
from typing import Any

import pytest

from deltaic.model.errors import Error, ErrorKind
from tests.unit.frontends.cimi.conftest import BASE, Client, job
from tests.unit.frontends.cimi.system_documents import (
    MACHINE,
    SHOP,
    TYPE,
    UNKNOWN,
    act,
    below,
    component,
    machines,
    made,
    reached,
    rels,
    wanted,
)
from tests.unit.frontends.conftest import OTHER_VM, VM


async def test_a_system_is_made_of_what_its_template_describes(cimi: Client) -> None:
    system = await made(cimi, *SHOP)
    assert (system["name"], system["state"]) == ("shop", "STOPPED")
    assert rels(system) == ["restart", "start", "edit", "delete"]
    found = await machines(cimi, system)
    assert [(one["name"], one["state"], one["properties"]) for one in found] == [
        ("web1", "STOPPED", {"tier": "front"}),
        ("web2", "STOPPED", {"tier": "front"}),
    ]
    [item] = await below(cimi, system, "credentials")
    credential = await cimi.get(item["credential"]["href"].removeprefix(BASE))
    assert (credential["name"], credential["userName"], credential["description"]) == ("login", "joe", "For both")
    logins = {spec.name: (spec.user_name, spec.password) for spec in cimi.gateway.driver.instances.given.values()}
    assert logins == {"web1": ("joe", "secret"), "web2": ("joe", "secret")}


async def test_it_is_there_at_once_and_takes_nothing_while_it_is_made(cimi: Client) -> None:
    answer = await cimi.post("/systems", wanted(*SHOP))
    first = json.loads(answer.body)
    assert (first["state"], rels(first)) == ("CREATING", ["edit", "delete"])
    path = first["id"].removeprefix(BASE)
    start = await cimi.post(f"{path}/start", {"action": f"{TYPE}/action/start"})
    added = await cimi.post(f"{path}/machines", {"machine": {"href": f"machines/{VM}"}})
    assert [(one.status, job(one)["state"]) for one in (start, added)] == [(409, "FAILED"), (409, "FAILED")]
    assert (await cimi.send("DELETE", path)).status == 200
    await cimi.gateway.operations.settle()
    assert set(cimi.gateway.machines) == {VM, OTHER_VM}


async def test_machines_start_and_stop_together(cimi: Client) -> None:
    system = await made(cimi, *SHOP)
    assert await act(cimi, system, "start") == 202
    system = await reached(cimi, system, "STARTED")
    assert [one["state"] for one in await machines(cimi, system)] == ["STARTED", "STARTED"]
    assert (system["state"], rels(system)) == ("STARTED", ["restart", "stop", "suspend", "edit", "delete"])
    assert await act(cimi, system, "stop", force=True) == 202
    assert (await reached(cimi, system, "STOPPED"))["name"] == "shop"


async def test_machines_in_different_states_are_mixed(cimi: Client) -> None:
    system = await made(cimi, *SHOP)
    first = (await machines(cimi, system))[0]["id"].removeprefix(BASE)
    assert (await cimi.post(f"{first}/start", {"action": f"{TYPE}/action/start"})).status == 202
    await cimi.gateway.operations.settle()
    for _ in range(10):
        system = await cimi.get(system["id"].removeprefix(BASE))
    assert (system["state"], rels(system)) == ("MIXED", ["restart", "start", "stop", "suspend", "edit", "delete"])
    [listed] = (await cimi.get("/systems"))["systems"]
    assert listed == system


async def test_what_was_there_is_put_in_and_taken_out_and_stays(cimi: Client) -> None:
    system = await made(cimi, *SHOP)
    path = system["machines"]["href"].removeprefix(BASE)
    answer = await cimi.post(path, {"name": "old", "machine": {"href": f"{BASE}/machines/{VM}"}})
    item = json.loads(answer.body)
    assert (answer.status, answer.headers["location"]) == (201, item["id"])
    assert (item["name"], item["machine"], rels(item)) == ("old", {"href": f"{BASE}/machines/{VM}"}, ["delete"])
    assert await cimi.get(item["id"].removeprefix(BASE)) == item
    assert len(await below(cimi, system, "machines")) == 3
    assert (await cimi.get(system["id"].removeprefix(BASE)))["state"] == "MIXED"
    again = await cimi.post(path, {"machine": {"href": f"machines/{VM}"}})
    assert (again.status, job(again)["statusMessage"]) == (409, f"The machine '{VM}' is in the system already")
    assert (await cimi.send("DELETE", item["id"].removeprefix(BASE))).status == 200
    assert len(await below(cimi, system, "machines")) == 2
    assert (await cimi.get(f"/machines/{VM}"))["name"] == "vm1"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"machine": {"href": f"{BASE}/machines/{UNKNOWN}"}}, 404),
        ({"machine": {"href": f"{BASE}/volumes/{VM}"}}, 400),
        ({"machine": {"href": f"http://other.example/cimi/machines/{VM}"}}, 400),
    ],
)
async def test_only_machines_that_are_there_are_put_in(cimi: Client, body: Any, status: int) -> None:
    system = await made(cimi, *SHOP)
    answer = await cimi.post(system["machines"]["href"].removeprefix(BASE), body)
    assert (answer.status, job(answer)["state"]) == (status, "FAILED")
    assert len(await below(cimi, system, "machines")) == 2


async def test_its_removal_takes_what_was_made_with_it(cimi: Client) -> None:
    system = await made(cimi, *SHOP)
    path = system["id"].removeprefix(BASE)
    await cimi.post(system["machines"]["href"].removeprefix(BASE), {"machine": {"href": f"machines/{OTHER_VM}"}})
    assert (await cimi.send("DELETE", path)).status == 200
    assert (await cimi.send("GET", path)).status == 404
    assert (await cimi.get("/systems"))["count"] == 0
    await cimi.gateway.operations.settle()
    assert set(cimi.gateway.machines) == {VM, OTHER_VM}
    assert (await cimi.get("/credentials"))["count"] == 0
    assert (await cimi.send("GET", path)).status == 404


async def test_a_machine_that_is_gone_is_no_longer_a_member(cimi: Client) -> None:
    system = await made(cimi, *SHOP)
    first, second = await below(cimi, system, "machines")
    await cimi.send("DELETE", first["machine"]["href"].removeprefix(BASE))
    await cimi.gateway.operations.settle()
    assert await below(cimi, system, "machines") == [second]
    assert (await cimi.send("GET", first["id"].removeprefix(BASE))).status == 404
    assert (await cimi.send("DELETE", system["id"].removeprefix(BASE))).status == 200
    await cimi.gateway.operations.settle()
    assert set(cimi.gateway.machines) == {VM, OTHER_VM}


async def test_systems_in_systems_are_made_driven_and_removed_with_them(cimi: Client) -> None:
    inner = component("inner", "System", {"componentDescriptors": SHOP})
    system = await made(cimi, component("front", "Machine", MACHINE), inner)
    [item] = await below(cimi, system, "systems")
    nested = await cimi.get(item["system"]["href"].removeprefix(BASE))
    assert (nested["name"], len(await below(cimi, nested, "machines"))) == ("inner", 2)
    assert await act(cimi, system, "start") == 202
    await reached(cimi, system, "STARTED")
    assert (await reached(cimi, nested, "STARTED"))["name"] == "inner"
    circle = await cimi.post(nested["systems"]["href"].removeprefix(BASE), {"system": {"href": system["id"]}})
    assert (circle.status, job(circle)["statusMessage"]) == (400, "A system can't be in itself")
    await cimi.send("DELETE", system["id"].removeprefix(BASE))
    await cimi.gateway.operations.settle()
    assert (await cimi.get("/systems"))["count"] == 0
    assert set(cimi.gateway.machines) == {VM, OTHER_VM}


async def test_its_name_description_and_properties_can_be_changed(cimi: Client) -> None:
    system = await made(cimi, *SHOP)
    path = system["id"].removeprefix(BASE)
    body = json.dumps({"name": "store", "properties": {"a": "b"}, "state": "STARTED"})
    answer = await cimi.send("PUT", path, body, Accept="application/json", Content_Type="application/json")
    assert answer.status == 200, answer.text
    changed = json.loads(answer.body)
    assert (changed["name"], changed["properties"], changed["state"]) == ("store", {"a": "b"}, "STOPPED")
    assert changed["updated"] > system["updated"]
    assert changed["created"] == system["created"]


async def test_a_member_that_fails_makes_an_error_that_its_owner_can_remove(cimi: Client) -> None:
    refusal = Error(ErrorKind.QUOTA, "The quota of the user is used up")
    cimi.gateway.driver.instances.faults.before["create"] += [lambda: None, refusal]
    answer = await cimi.post("/systems", wanted(*SHOP))
    assert answer.status == 201
    await cimi.gateway.operations.settle()
    system = await cimi.get(answer.headers["location"].removeprefix(BASE))
    assert system["state"] == "ERROR"
    assert [one["name"] for one in await machines(cimi, system)] == ["web1"]
    assert (await cimi.send("DELETE", system["id"].removeprefix(BASE))).status == 200
    await cimi.gateway.operations.settle()
    assert set(cimi.gateway.machines) == {VM, OTHER_VM}
