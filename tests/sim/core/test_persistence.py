"""State survives the death of the process, work in progress included."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from ovirt_engine_sim import Engine, ManualClock, RealClock, Server, running
from ovirt_engine_sim.store import Store, StoreError
from tests.sim.core.support import DEFAULT, DOWN_VM, USERS, WORKSHOP, Api

BODY = {"name": "made", "cluster": {"id": DEFAULT}, "template": {"id": WORKSHOP}}


@asynccontextmanager
async def process(data: Path, factor: float) -> AsyncIterator[tuple[asyncio.subprocess.Process, Api]]:
    """A simulator process of its own; killed at the end."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "ovirt_engine_sim", "--port", "0", "--time-factor", str(factor), "--data", str(data),
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert child.stdout is not None
    line = (await asyncio.wait_for(child.stdout.readline(), 30)).decode()
    assert line.startswith("ready: oVirt Engine simulator at http://127.0.0.1:")
    port = int(line.split(":")[3].split("/")[0])
    try:
        async with aiohttp.ClientSession() as session:
            api = Api(Server("127.0.0.1", port), None, session)  # type: ignore[arg-type]
            await api.login()
            yield child, api
    finally:
        if child.returncode is None:
            child.kill()
        await child.wait()


async def until(api: Api, vm: str, status: str | None) -> None:
    """Wait until the VM has a status; None waits until it is gone."""
    async with asyncio.timeout(20):
        while True:
            answer = await api.get(f"vms/{vm}")
            if (answer.status == 404) if status is None else (answer.json.get("status") == status):
                return
            await asyncio.sleep(0.05)


async def test_pending_creation_start_and_deletion_survive_kill(tmp_path: Path) -> None:
    async with process(tmp_path, factor=1) as (child, api):
        made = await api.post("vms", BODY)
        assert made.status == 202
        vm = made.json["id"]
        child.kill()
    async with process(tmp_path, factor=0.1) as (child, api):
        await until(api, vm, "down")
        assert (await api.post(f"vms/{vm}/start")).status == 200
        child.kill()
    async with process(tmp_path, factor=1) as (child, api):
        await until(api, vm, "up")
        await api.post(f"vms/{vm}/stop")
        await until(api, vm, "down")
        assert (await api.delete(f"vms/{vm}")).status == 200
        assert await api.status(vm) == "image_locked"
        child.kill()
    async with process(tmp_path, factor=1) as (child, api):
        await until(api, vm, None)
        assert (await api.read("vms?search=name%3Dec2_machine"))["vm"][0]["id"] == DOWN_VM
        child.terminate()
        assert await asyncio.wait_for(child.wait(), 10) == 0


async def test_everything_reads_back_equal(tmp_path: Path) -> None:
    clock = ManualClock()
    paths = ("vms?follow=nics,disk_attachments,snapshots", "disks", "templates", "events", "jobs", "hosts", "networks")
    before = {}
    async with (
        running(Engine(clock=clock, users=USERS, data_dir=tmp_path)) as server,
        aiohttp.ClientSession() as session,
    ):
        api = Api(server, None, session)  # type: ignore[arg-type]
        await api.login()
        vm = (await api.post("vms", {**BODY, "comment": "ü", "payloads": {"payload": [{"type": "cdrom"}]}})).json["id"]
        await api.post(f"vms/{vm}/nics", {"name": "second"})
        for path in paths:
            before[path] = (await api.get(path)).body
    later = ManualClock(clock.now())
    engine = Engine(clock=later, users=USERS, data_dir=tmp_path)
    async with running(engine) as server, aiohttp.ClientSession() as session:
        api = Api(server, engine, session)
        assert (await api.get("vms")).status == 401
        await api.login()
        for path in paths:
            assert (await api.get(path)).body == before[path]
        api.advance(2)
        assert await api.status(vm) == "down"


async def test_a_folder_belongs_to_one_engine(tmp_path: Path) -> None:
    async with process(tmp_path, factor=1):
        with pytest.raises(StoreError, match=r"engine\.sqlite3: database is locked"):
            Engine(users=USERS, data_dir=tmp_path)
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    (damaged / "engine.sqlite3").write_bytes(b"no database" * 100)
    with pytest.raises(StoreError, match="file is not a database"):
        Engine(users=USERS, data_dir=damaged)


async def test_a_disk_that_refuses_is_500_and_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Engine(clock=ManualClock(), users=USERS, data_dir=tmp_path)
    async with running(engine) as server, aiohttp.ClientSession() as session:
        api = Api(server, engine, session)
        await api.login()
        with monkeypatch.context() as patch:
            patch.setattr(Store, "write_now", _refuse)
            answer = await api.post("tags", {"name": "one"})
            assert (answer.status, answer.json["detail"]) == (500, "Internal Engine Error")
        assert (await api.post("tags", {"name": "two"})).status == 201
    later = Engine(clock=ManualClock(), users=USERS, data_dir=tmp_path)
    assert {"one", "two"} <= {tag.name for tag in later.all("tag")}
    await later.close()


def _refuse(store: Store, rows: object) -> None:
    raise sqlite3.OperationalError("disk I/O error")


async def test_factor_zero_is_immediate_but_asynchronous() -> None:
    engine = Engine(clock=RealClock(0), users=USERS)
    async with running(engine) as server, aiohttp.ClientSession() as session:
        api = Api(server, engine, session)
        await api.login()
        answer = await api.post("vms", BODY)
        assert answer.json["status"] == "image_locked"
        await until(api, answer.json["id"], "down")
