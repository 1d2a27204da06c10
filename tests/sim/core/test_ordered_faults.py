"""Faults to order, over Python and over HTTP."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest

from tests.sim.core.support import DEFAULT, DOWN_VM, UP_VM, WORKSHOP, Api

BODY = {"name": "a", "cluster": {"id": DEFAULT}, "template": {"id": WORKSHOP}}


async def order(api: Api, **members: Any) -> int:
    async with api.session.post(f"{api.server.root}/ovirt-engine-sim/faults", json=members) as response:
        return response.status


async def test_lock_held_then_free(api: Api) -> None:
    assert await order(api, do="lock_held", match={"method": "POST", "path": "vms/*/start"}, times=2) == 201
    for _ in range(2):
        answer = await api.post(f"vms/{DOWN_VM}/start")
        text = "[Cannot run VM. Related operation is currently in progress. Please try again later.]"
        assert (answer.status, answer.json["status"], answer.detail) == (409, "failed", text)
    assert (await api.post(f"vms/{DOWN_VM}/start")).status == 200


async def test_conflict_on_a_collection_is_a_plain_fault(api: Api) -> None:
    api.engine.faults.order("conflict", match={"method": "POST", "path": "vms"})
    answer = await api.post("vms", BODY)
    assert (answer.status, answer.json["reason"]) == (409, "Operation Failed")
    assert (await api.post("vms", BODY)).status == 202


async def test_status(api: Api) -> None:
    api.engine.faults.order("status", status=503)
    api.engine.faults.order("status", status=400, reason="R", detail="D", match={"path": "disks"})
    assert (await api.get("vms")).status == 503
    assert (await api.get("disks")).json == {"reason": "R", "detail": "D"}
    assert (await api.xml("GET", "disks")).status == 200


async def test_slow(api: Api) -> None:
    api.engine.faults.order("slow", seconds=30, match={"path": "vms"})
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(api.get("vms"), 0.05)
    assert (await api.get("vms")).status == 200


@pytest.mark.parametrize(("when", "done"), [("before", False), ("after", True)])
async def test_what_is_slow_has_been_done_or_not(api: Api, when: str, done: bool) -> None:
    api.engine.faults.order("slow", seconds=30, when=when, match={"method": "POST", "path": "vms"})
    slow = asyncio.create_task(api.post("vms", BODY))
    while api.engine.faults.orders:  # noqa: ASYNC110 - the engine has no event for it
        await asyncio.sleep(0)
    assert (await api.read("vms?search=name%3Da") != {}) == done
    slow.cancel()


@pytest.mark.parametrize(("when", "done"), [("before", False), ("after", True)])
async def test_dropped_connection(api: Api, when: str, done: bool) -> None:
    api.engine.faults.order("drop", when=when, match={"method": "POST", "path": "vms"})
    with pytest.raises((aiohttp.ServerDisconnectedError, aiohttp.ClientOSError)):
        await api.post("vms", BODY)
    assert (await api.read("vms?search=name%3Da") != {}) == done


async def test_expired_tokens_and_restart(api: Api) -> None:
    for kind in ("expire_tokens", "restart"):
        api.engine.faults.order(kind, match={"path": "vms"})
        assert (await api.get("vms")).status == 401
        await api.login()
        assert (await api.get("vms")).status == 200


async def test_lost_host(api: Api) -> None:
    host = (await api.read(f"vms/{UP_VM}"))["host"]["id"]
    async with api.session.post(f"{api.server.root}/ovirt-engine-sim/hosts/{host}/down") as response:
        assert response.status == 200
    assert await api.status(UP_VM) == "not_responding"
    assert (await api.read(f"hosts/{host}"))["status"] == "non_responsive"
    api.advance(5)
    assert await api.status(UP_VM) == "unknown"
    assert (await api.post(f"vms/{UP_VM}/stop")).status == 409
    assert (await api.post(f"hosts/{host}/activate")).status == 200
    assert await api.status(UP_VM) == "up"


@pytest.mark.parametrize(
    "body",
    [{"do": "nonsense"}, {}, {"do": "slow", "seconds": -1}, {"do": "drop", "x": 1}, {"do": "slow", "times": 0}, [1]],
)
async def test_bad_orders_are_refused(api: Api, body: Any) -> None:
    async with api.session.post(f"{api.server.root}/ovirt-engine-sim/faults", json=body) as response:
        assert response.status == 400
        assert (await response.json())["error"]
    assert api.engine.faults.orders == []


async def test_clock_and_health_over_http(api: Api) -> None:
    root = f"{api.server.root}/ovirt-engine-sim"
    async with api.session.post(f"{root}/clock", json={"advance": 5}) as response:
        moved = (await response.json())["time"]
    async with api.session.get(f"{root}/health") as response:
        health = await response.json()
    assert (health["status"], health["time"], health["vms"]) == ("up", moved, 5)
