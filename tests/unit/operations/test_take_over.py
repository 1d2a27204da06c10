"""Flows on PostgreSQL, where another node takes up what a silent one left."""

from __future__ import annotations

import asyncio
import math
import socket
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.exc import OperationalError

from deltaic.model.errors import Error, ErrorKind
from deltaic.operations.dbos_adapter import DbosOperations
from deltaic.operations.nodes import Nodes
from deltaic.operations.pace import Pace
from deltaic.ports.operations import FlowInput, FlowStep, attempt_after
from tests.unit.store.postgres_server import postgres_server

#: The server ends transactions that rest for half as long, which on a busy machine must not befall honest ones.
SILENCE = 3.0
GIVEN = FlowInput("key:AKIA1", "default", "dc-1", "req-1", b"{}")


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgres_server() as folder:
        yield folder


@pytest.fixture
def url(server: str) -> str:
    name = f"t{uuid.uuid4().hex}"
    with psycopg.connect(f"host={server} user=deltaic dbname=postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return f"postgresql://deltaic@/{name}?host={server}"


async def test_another_node_finishes_what_a_silent_one_began(url: str) -> None:
    log: list[str] = []
    reached, hold = asyncio.Event(), asyncio.Event()

    async def flow(step: FlowStep, given: FlowInput) -> bytes:
        async def first() -> bytes:
            log.append("first")
            return b"1"

        async def second() -> bytes:
            log.append("second")
            reached.set()
            await hold.wait()
            return b"2"

        await step.publish("accepted", await step.run("first", first))
        return await step.run("second", second)

    one = DbosOperations(url, node="node-1", pace=Pace(scale=0.001), silence=SILENCE)
    one.register({"walk": flow})
    await one.open()
    await one.start("walk", "walk:1", GIVEN)
    await reached.wait()
    await one.close()

    hold.set()
    two = DbosOperations(url, node="node-2", pace=Pace(scale=0.001), silence=SILENCE)
    two.register({"walk": flow})
    await two.open()
    try:
        assert await two.milestone("walk:1", "accepted", 30) == b"1"
        assert await two.result("walk:1", 30) == b"2"
    finally:
        await two.close()
    assert log == ["first", "second", "second"]


async def test_a_flow_that_its_node_let_go_of_is_gone_on_with_unless_another_node_has_it(url: str) -> None:
    """Interrupted by a journal out of reach, it comes back; one that was taken over meanwhile is left alone."""
    log: list[str] = []
    reached, hold = asyncio.Event(), asyncio.Event()

    async def flow(step: FlowStep, given: FlowInput) -> bytes:
        async def first() -> bytes:
            log.append(step.flow_id)
            reached.set()
            await hold.wait()
            return b"1"

        return await step.run("first", first)

    node = DbosOperations(url, node="node-1", pace=Pace(scale=0.001))
    node.register({"walk": flow})
    await node.open()
    try:
        await node.start("walk", "walk:1", GIVEN)
        await reached.wait()
        with psycopg.connect(url.replace("postgresql", "postgres"), autocommit=True) as connection:
            connection.execute("UPDATE dbos.workflow_status SET executor_id = 'node-2'")
            await node._open_journal.resume("walk:1", "node-1")
            rows = connection.execute("SELECT status, executor_id FROM dbos.workflow_status").fetchall()
            assert rows == [("PENDING", "node-2")]
            await node._open_journal.resume("walk:1", "node-2")
            (status,) = connection.execute("SELECT status FROM dbos.workflow_status").fetchone() or ("",)
            assert status in ("ENQUEUED", "PENDING")
            hold.set()
            assert await node.result("walk:1", 30) == b"1"
    finally:
        await node.close()
    assert log == ["walk:1"] * 2


async def test_statuses_and_attempts(url: str) -> None:
    hold = asyncio.Event()

    async def walk(step: FlowStep, given: FlowInput) -> bytes:
        return b"there"

    async def wait(step: FlowStep, given: FlowInput) -> bytes:
        await hold.wait()
        raise Error(ErrorKind.CAPACITY, "no host")

    node = DbosOperations(url, node="node-1", pace=Pace(scale=0.001), renewable=frozenset({"walk"}))
    node.register({"walk": walk, "wait": wait})
    await node.open()
    try:
        passed = []
        for _ in range(3):
            passed.append(await node.passed("walk", "walk:1"))
            await node.start("walk", "walk:1", GIVEN)
            await node.result("walk:1", 30)
        await node.passed("walk", "walk:1")
        await node.start("wait", "wait:1", GIVEN)
        assert await node.passed("wait", "wait:1") == ""
        found = await node.statuses(["walk:1", "wait:1", "walk:2"])
        names = [one.attempt for one in found["walk:1"]]
        assert passed == ["", *names[:2]]
        assert [(one.state, one.result) for one in found["walk:1"]] == [("done", b"there")] * 3
        assert [attempt_after(found["walk:1"], each) for each in passed] == list(found["walk:1"])
        assert [one.state for one in found["wait:1"]] == ["running"]
        hold.set()
        with pytest.raises(Error, match="no host"):
            await node.result("wait:1", 30)
        waited = await node.passed("wait", "wait:1")
        (over,) = (await node.statuses(["wait:1"]))["wait:1"]
        assert (over.state, over.kind, over.attempt) == ("failed", "capacity", waited)
    finally:
        await node.close()


async def test_a_node_that_beats_is_not_silent_and_one_that_came_back_is_not_forgotten(url: str) -> None:
    one, two = Nodes(url, "node-1", silence=3600), Nodes(url, "node-2", silence=3600)
    impatient = Nodes(url, "node-3", silence=-1)
    assert await one.beat() == []
    assert await two.beat() == []
    assert sorted(await impatient.beat()) == ["node-1", "node-2", "node-3"]
    await two.forget("node-1")
    assert sorted(await impatient.beat()) == ["node-1", "node-2", "node-3"]
    await impatient.forget("node-1")
    assert sorted(await impatient.beat()) == ["node-2", "node-3"]
    for nodes in (one, two, impatient):
        await nodes.close()


async def test_a_node_holds_its_flows_for_less_than_its_silence_from_each_beat_on(url: str) -> None:
    node = Nodes(url, "node-1", silence=3600)
    before = time.monotonic()
    await node.beat()
    assert before < node.until() - 2400 < time.monotonic()
    await node.close()
    alone = Nodes("sqlite:///x", "node-1")
    assert (await alone.beat(), alone.until()) == ([], math.inf)


async def test_a_node_that_can_not_beat_does_not_keep_its_flows() -> None:
    node = Nodes("postgresql://deltaic@/none?host=/nowhere", "node-1", silence=3600)
    until = node.until()
    with pytest.raises(OperationalError):
        await node.beat()
    assert node.until() == until
    await node.close()


async def test_gateways_without_a_name_get_one_each_that_their_folder_keeps(url: str, tmp_path: Path) -> None:
    async def name_of(folder: Path) -> str:
        operations = DbosOperations(url, folder=folder, pace=Pace(scale=0.001))
        operations.register({})
        await operations.open()
        await operations.close()
        return (folder / "node").read_text()

    first = await name_of(tmp_path / "one")
    assert first == f"{socket.gethostname()[:60]}-{first[-9:-1]}\n"
    assert await name_of(tmp_path / "one") == first
    assert await name_of(tmp_path / "two") != first


async def test_a_state_folder_beside_a_database_server_belongs_to_one_process(url: str, tmp_path: Path) -> None:
    one = DbosOperations(url, folder=tmp_path, pace=Pace(scale=0.001))
    one.register({})
    await one.open()
    try:
        with pytest.raises(Error) as raised:
            await DbosOperations(url, folder=tmp_path).open()
    finally:
        await one.close()
    assert raised.value.kind is ErrorKind.CONFLICT
