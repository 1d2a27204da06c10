"""Flows on PostgreSQL whose node others took for dead while it lives: nothing of them runs twice or is waited for."""

from __future__ import annotations

import asyncio
import math
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import psycopg
import pytest
from msgspec import field

from deltaic.model.errors import Error, ErrorKind
from deltaic.operations.dbos_adapter import DbosOperations
from deltaic.operations.nodes import SILENCE_SECONDS, Nodes
from deltaic.operations.pace import Pace
from deltaic.operations.run import Run
from deltaic.ports.operations import Flow, FlowInput, FlowStep
from tests.unit.store.postgres_server import postgres_server

FAST = Pace(scale=0.001)
GIVEN = FlowInput("key:AKIA1", "default", "dc-1", "req-1", b"{}")

Start = Callable[..., Awaitable[DbosOperations]]
Database = psycopg.Connection[Any]


class HeldPace(Pace, frozen=True):
    """The first pause lasts until it is let go; those after it are short."""

    paused: asyncio.Event = field(default_factory=asyncio.Event)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    async def pause(self, seconds: float) -> None:
        self.paused.set()
        await self.over.wait()


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


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


@pytest.fixture
async def begin(url: str) -> AsyncIterator[Start]:
    opened: list[DbosOperations] = []

    async def begin(flow: Flow, pace: Pace = FAST, silence: float = SILENCE_SECONDS) -> DbosOperations:
        node = DbosOperations(url, node="node-1", pace=pace, silence=silence)
        node.register({"walk": flow})
        await node.open()
        opened.append(node)
        assert node._nodes is not None
        await node._nodes.beat()
        return node

    yield begin
    for node in opened:
        await node.close()


class Walk:
    """A flow of one step, each of whose runs waits until it is let go."""

    def __init__(self) -> None:
        self.runs: list[asyncio.Event] = []
        self._changed = asyncio.Condition()

    async def flow(self, step: FlowStep, given: FlowInput) -> bytes:
        async def first() -> bytes:
            await (await self._run()).wait()
            return b"1"

        await step.publish("accepted", b"yes")
        return await step.run("first", first)

    async def busy_flow(self, step: FlowStep, given: FlowInput) -> bytes:
        """As `flow`, but the first run finds its thing locked."""

        async def first() -> bytes:
            hold = await self._run()
            await hold.wait()
            if hold is self.runs[0]:
                raise Error(ErrorKind.BUSY, "locked", retryable=True)
            return b"1"

        return await step.run("first", first)

    async def begun(self, times: int) -> None:
        """Wait until it was begun so often."""
        async with asyncio.timeout(30), self._changed:
            await self._changed.wait_for(lambda: len(self.runs) >= times)

    async def _run(self) -> asyncio.Event:
        async with self._changed:
            self.runs.append(asyncio.Event())
            self._changed.notify_all()
            return self.runs[-1]


def taken_over(database: Database) -> None:
    database.execute(b"UPDATE dbos.workflow_status SET executor_id = 'node-2', owner_xid = 'another'")


def silent(database: Database) -> None:
    database.execute(b"UPDATE deltaic_nodes SET seen_at = 0")


async def let_go(walk: Walk, run: Run) -> None:
    """The first run ends its step, and learns that others have the flow."""
    walk.runs[0].set()
    async with asyncio.timeout(30):
        assert await run.end() is None


async def test_a_flow_that_another_node_has_by_now_is_not_waited_for_by_who_starts_it_again(
    begin: Start, database: Database
) -> None:
    walk = Walk()
    node = await begin(walk.flow)
    await node.start("walk", "walk:1", GIVEN)
    await walk.begun(1)
    taken_over(database)
    await let_go(walk, node._runs["walk:1"])
    async with asyncio.timeout(10):
        await node.start("walk", "walk:1", GIVEN)
        assert await node.passed("walk", "walk:1") == ""
        assert await node.milestone("walk:1", "accepted", 10) == b"yes"
    assert len(walk.runs) == 1


async def test_a_flow_that_comes_back_to_its_node_is_active_there(begin: Start, database: Database) -> None:
    """The run that lost it still waits for the end that the other one will write."""
    walk = Walk()
    node = await begin(walk.flow)
    await node.start("walk", "walk:1", GIVEN)
    await walk.begun(1)
    lost = node._runs["walk:1"]
    taken_over(database)
    await node._open_journal.resume("walk:1", "node-2")
    await walk.begun(2)
    await let_go(walk, lost)
    assert node.active() == {"walk:1"}
    walk.runs[1].set()
    assert await node.result("walk:1", 30) == b"1"


async def test_a_flow_in_a_pause_does_not_go_on_once_others_took_its_node_for_dead(
    begin: Start, database: Database
) -> None:
    """However alive it is again at the pause's end; what nobody has taken over it takes up anew."""
    walk, pace = Walk(), HeldPace()
    node = await begin(walk.busy_flow, pace)
    await node.start("walk", "walk:1", GIVEN)
    await walk.begun(1)
    walk.runs[0].set()
    run = node._runs["walk:1"]
    await pace.paused.wait()
    silent(database)
    assert node._nodes is not None
    await node._nodes.beat()
    pace.over.set()
    async with asyncio.timeout(30):
        assert await run.end() is None
    assert (len(walk.runs), node._interrupted) == (1, {"walk:1"})
    await node._resume()
    await walk.begun(2)
    walk.runs[1].set()
    assert await node.result("walk:1", 30) == b"1"


async def test_a_flow_that_runs_again_is_not_resumed_for_an_earlier_run(begin: Start, database: Database) -> None:
    """The earlier run learns late that its node was taken for dead; the later one began after that."""
    walk, pace = Walk(), HeldPace()
    node = await begin(walk.busy_flow, pace)
    await node.start("walk", "walk:1", GIVEN)
    await walk.begun(1)
    walk.runs[0].set()
    run = node._runs["walk:1"]
    await pace.paused.wait()
    silent(database)
    assert node._nodes is not None
    await node._nodes.beat()
    await node._open_journal.resume("walk:1", "node-1")
    await walk.begun(2)
    pace.over.set()
    async with asyncio.timeout(30):
        assert await run.end() is None
    assert (node.active(), node._interrupted) == ({"walk:1"}, set())
    walk.runs[1].set()
    assert await node.result("walk:1", 30) == b"1"


async def test_what_was_begun_before_others_took_a_node_for_dead_is_never_surely_its_own_again(
    url: str, database: Database
) -> None:
    node = Nodes(url, "node-1", silence=3600)
    try:
        first = node.lease()
        await node.beat()
        assert first() == node.until() > time.monotonic()
        silent(database)
        await node.beat()
        second = node.lease()
        await node.beat()
        assert (first(), second()) == (-math.inf, node.until())
        database.execute(b"DELETE FROM deltaic_nodes")
        await node.beat()
        assert (second(), node.lease()()) == (-math.inf, node.until())
    finally:
        await node.close()


async def test_a_node_that_has_much_to_take_over_still_beats(begin: Start, database: Database) -> None:
    walk, busy = Walk(), asyncio.Event()
    node = await begin(walk.flow, silence=2.0)
    never = asyncio.Event()

    async def take_over(silent: str) -> int:
        busy.set()
        await never.wait()
        return 0

    node._open_journal.take_over = take_over  # type: ignore[method-assign]
    database.execute(b"INSERT INTO deltaic_nodes VALUES ('node-2', 0)")
    seen = set()
    async with asyncio.timeout(30):
        await busy.wait()
        while len(seen) < 3:
            row = database.execute(b"SELECT seen_at FROM deltaic_nodes WHERE node = 'node-1'").fetchone()
            seen.add(row)
            await asyncio.sleep(0.05)


async def test_a_flow_that_was_taken_up_very_often_is_not_lost(begin: Start, database: Database) -> None:
    """A gateway that can't start is started again and again, and takes up its flows each time."""
    walk = Walk()
    node = await begin(walk.flow)
    await node.start("walk", "walk:1", GIVEN)
    await walk.begun(1)
    database.execute(b"UPDATE dbos.workflow_status SET recovery_attempts = 5000")
    await node._open_journal.resume("walk:1", "node-1")
    await walk.begun(2)
    walk.runs[1].set()
    assert await node.result("walk:1", 30) == b"1"
