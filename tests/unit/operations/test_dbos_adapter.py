"""The adapter's contract, on SQLite in a temporary folder and on PostgreSQL where a server can be started."""

from __future__ import annotations

import asyncio
import logging
import stat
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from deltaic.model.errors import Error, ErrorKind
from deltaic.operations.dbos_adapter import DbosOperations
from deltaic.operations.lock import state_folder
from deltaic.operations.pace import Pace
from deltaic.ports.operations import Flow, FlowInput, FlowStep, attempt_after

FAST = Pace(scale=0.001)
GIVEN = FlowInput("key:AKIA1", "default", "dc-1", "req-1", b'{"id":"vm-1"}')

Start = Callable[..., Awaitable[DbosOperations]]


@pytest.fixture
async def begin(tmp_path: Path) -> AsyncIterator[Start]:
    """Opens operations on the test's folder, after closing the ones opened before."""
    opened: list[DbosOperations] = []

    async def begin(flows: dict[str, Flow], **options: object) -> DbosOperations:
        if opened:
            await opened.pop().close()
        operations = DbosOperations(tmp_path, node="node-1", pace=FAST, **options)  # type: ignore[arg-type]
        operations.register(flows)
        await operations.open()
        opened.append(operations)
        return operations

    yield begin
    for operations in opened:
        await operations.close()


def steps(*names: str, log: list[str]) -> Flow:
    """A flow of named steps that publishes after the first."""

    async def flow(step: FlowStep, given: FlowInput) -> bytes:
        value = b""
        for position, name in enumerate(names):

            async def action(name: str = name) -> bytes:
                log.append(name)
                return name.encode()

            value += await step.run(name, action)
            if position == 0:
                await step.publish("accepted", value)
        return value

    return flow


def failing(*errors: Error, log: list[str]) -> Flow:
    left = list(errors)

    async def flow(step: FlowStep, given: FlowInput) -> bytes:
        async def action() -> bytes:
            log.append("tried")
            if left:
                raise left.pop(0)
            return b"fine"

        return await step.run("try", action)

    return flow


async def test_a_flow_runs_its_steps_and_tells_milestone_and_result(begin: Start) -> None:
    log: list[str] = []
    operations = await begin({"walk": steps("a", "b", log=log)})
    await operations.start("walk", "walk:1", GIVEN)
    assert await operations.milestone("walk:1", "accepted", 10) == b"a"
    assert await operations.result("walk:1", 10) == b"ab"
    assert log == ["a", "b"]


async def test_the_same_id_is_the_same_flow_also_when_asked_at_once(begin: Start) -> None:
    log: list[str] = []
    operations = await begin({"walk": steps("a", log=log)})
    await asyncio.gather(*(operations.start("walk", "walk:1", GIVEN) for _ in range(5)))
    assert await operations.result("walk:1", 10) == b"a"
    await operations.start("walk", "walk:1", GIVEN)
    assert await operations.result("walk:1", 10) == b"a"
    assert log == ["a"]


async def test_ids_that_begin_alike_are_different_flows(begin: Start) -> None:
    log: list[str] = []
    operations = await begin({"walk": steps("a", log=log)})
    for flow_id in ("walk:10", "walk:1", "walk:100"):
        await operations.start("walk", flow_id, GIVEN)
        assert await operations.result(flow_id, 10) == b"a"
    assert log == ["a", "a", "a"]


async def test_what_a_finished_flow_told_is_known_after_a_restart(begin: Start) -> None:
    log: list[str] = []
    flows = {"walk": steps("a", "b", log=log)}
    operations = await begin(flows)
    await operations.start("walk", "walk:1", GIVEN)
    await operations.result("walk:1", 10)
    operations = await begin(flows)
    assert await operations.milestone("walk:1", "accepted", 10) == b"a"
    assert await operations.result("walk:1", 10) == b"ab"
    assert log == ["a", "b"]


async def test_an_interrupted_flow_goes_on_where_it_was(begin: Start) -> None:
    log: list[str] = []
    reached = asyncio.Event()
    hold = asyncio.Event()

    async def flow(step: FlowStep, given: FlowInput) -> bytes:
        async def first() -> bytes:
            log.append("first")
            return b"1"

        async def second() -> bytes:
            log.append("second")
            reached.set()
            await hold.wait()
            return given.arguments

        await step.publish("accepted", await step.run("first", first))
        return await step.run("second", second)

    operations = await begin({"walk": flow})
    await operations.start("walk", "walk:1", GIVEN)
    await reached.wait()
    assert [(each.id, each.flow, each.state) for each in await operations.unfinished()] == [
        ("walk:1", "walk", "running")
    ]
    assert operations.active() == {"walk:1"}
    operations = await begin({"walk": flow})
    # At once, though it is taken up a moment later.
    assert await operations.under_way("walk") == {"walk:1"}
    hold.set()
    assert await operations.milestone("walk:1", "accepted", 20) == b"1"
    assert await operations.result("walk:1", 20) == b'{"id":"vm-1"}'
    assert log == ["first", "second", "second"]
    # A result is told before the journal has it.
    async with asyncio.timeout(20):
        while operations.active() or await operations.unfinished():  # noqa: ASYNC110 - the journal has no event for it
            await asyncio.sleep(0.01)


async def test_an_error_travels_whole_and_the_flow_may_be_begun_anew(begin: Start) -> None:
    log: list[str] = []
    error = Error(ErrorKind.INVALID, "no such image", resource="image", resource_id="i", field="image_id")
    operations = await begin({"try": failing(error, log=log)})
    await operations.start("try", "try:1", GIVEN)
    with pytest.raises(Error) as raised:
        await operations.milestone("try:1", "accepted", 10)
    caught = raised.value
    assert (caught.kind, caught.message, caught.field) == (ErrorKind.INVALID, "no such image", "image_id")
    assert (caught.resource, caught.resource_id, caught.retryable) == ("image", "i", False)
    with pytest.raises(Error, match="no such image"):
        await operations.result("try:1", 10)
    await operations.start("try", "try:1", GIVEN)
    assert await operations.result("try:1", 10) == b"fine"
    assert log == ["tried", "tried"]


async def test_retryable_errors_repeat_the_step(begin: Start) -> None:
    log: list[str] = []
    errors = [Error(kind, "later") for kind in (ErrorKind.BUSY, ErrorKind.UNAVAILABLE, ErrorKind.TIMEOUT)]
    operations = await begin({"try": failing(*errors, log=log)})
    await operations.start("try", "try:1", GIVEN)
    assert await operations.result("try:1", 10) == b"fine"
    assert len(log) == 4


async def test_a_defect_of_ours_shows_no_inside(begin: Start) -> None:
    async def flow(step: FlowStep, given: FlowInput) -> bytes:
        raise KeyError("secret detail")

    operations = await begin({"broken": flow})
    await operations.start("broken", "broken:1", GIVEN)
    with pytest.raises(Error) as raised:
        await operations.result("broken:1", 10)
    assert (raised.value.kind, raised.value.message) == (ErrorKind.INTERNAL, "An internal error has occurred")


async def test_a_refused_milestone_raises_while_the_flow_goes_on(begin: Start) -> None:
    hold = asyncio.Event()

    async def flow(step: FlowStep, given: FlowInput) -> bytes:
        await step.refuse("accepted", Error(ErrorKind.UNAVAILABLE, "the cloud is away"))

        async def clean() -> bytes:
            await hold.wait()
            return b"clean"

        return await step.run("clean", clean)

    operations = await begin({"walk": flow})
    await operations.start("walk", "walk:1", GIVEN)
    with pytest.raises(Error, match="the cloud is away"):
        await operations.milestone("walk:1", "accepted", 10)
    hold.set()
    assert await operations.result("walk:1", 10) == b"clean"
    with pytest.raises(Error, match="the cloud is away"):
        await operations.milestone("walk:1", "accepted", 10)


async def test_waiting_ends_in_time(begin: Start) -> None:
    async def flow(step: FlowStep, given: FlowInput) -> bytes:
        await asyncio.Event().wait()
        return b""

    operations = await begin({"walk": flow})
    await operations.start("walk", "walk:1", GIVEN)
    with pytest.raises(Error) as milestone:
        await operations.milestone("walk:1", "accepted", 0.01)
    with pytest.raises(Error) as result:
        await operations.result("walk:1", 0.01)
    assert (milestone.value.kind, result.value.kind) == (ErrorKind.TIMEOUT, ErrorKind.TIMEOUT)


async def test_an_unknown_flow_has_no_milestone_and_no_result(begin: Start) -> None:
    operations = await begin({})
    with pytest.raises(Error) as raised:
        await operations.milestone("walk:9", "accepted", 10)
    assert raised.value.kind is ErrorKind.INTERNAL
    with pytest.raises(Error, match="There is no flow"):
        await operations.start("walk", "walk:9", GIVEN)


async def test_a_renewable_flow_runs_again_and_another_does_not(begin: Start) -> None:
    log: list[str] = []
    operations = await begin(
        {"stop": steps("stopped", log=log), "walk": steps("walked", log=log)}, renewable=frozenset({"stop"})
    )
    for _ in range(3):
        await operations.start("stop", "stop:1", GIVEN)
        assert await operations.result("stop:1", 10) == b"stopped"
        await operations.start("walk", "walk:1", GIVEN)
        assert await operations.result("walk:1", 10) == b"walked"
    assert log == ["stopped", "walked", "stopped", "stopped"]


async def test_too_many_flows_are_refused(begin: Start) -> None:
    async def flow(step: FlowStep, given: FlowInput) -> bytes:
        await asyncio.Event().wait()
        return b""

    operations = await begin({"walk": flow}, most_flows=2)
    await operations.start("walk", "walk:1", GIVEN)
    await operations.start("walk", "walk:2", GIVEN)
    await operations.start("walk", "walk:2", GIVEN)
    with pytest.raises(Error) as raised:
        await operations.start("walk", "walk:3", GIVEN)
    assert raised.value.kind is ErrorKind.RATE_LIMITED


async def test_a_request_given_up_while_it_starts_a_flow_leaves_the_flow_running(begin: Start) -> None:
    log: list[str] = []
    operations = await begin({"walk": steps("a", log=log)})
    request = asyncio.create_task(operations.start("walk", "walk:1", GIVEN))
    await asyncio.sleep(0)
    request.cancel()
    with pytest.raises(asyncio.CancelledError):
        await request
    assert await operations.result("walk:1", 10) == b"a"
    assert log == ["a"]


async def test_old_flows_are_dropped_and_running_ones_kept(begin: Start) -> None:
    hold = asyncio.Event()

    async def flow(step: FlowStep, given: FlowInput) -> bytes:
        await hold.wait()
        return b""

    operations = await begin({"walk": steps("a", log=[]), "wait": flow})
    await operations.start("wait", "wait:1", GIVEN)
    await operations.start("walk", "walk:1", GIVEN)
    await operations.result("walk:1", 10)
    await operations.start("walk", "walk:1", GIVEN)  # returns once the end of the first is written
    journal = operations._open_journal
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    yesterday = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    assert await journal.forget(yesterday) == 0
    assert await journal.forget(tomorrow) == 1
    assert await journal.latest("walk:1") is None
    assert [each.id for each in await operations.unfinished()] == ["wait:1"]


async def test_an_sqlite_url_names_the_folder_of_its_file(tmp_path: Path) -> None:
    assert state_folder(f"sqlite:///{tmp_path}/deltaic.sqlite") == tmp_path
    assert state_folder(str(tmp_path)) == tmp_path
    assert state_folder("postgresql://db/deltaic") is None


async def test_a_second_process_can_not_take_the_folder(begin: Start, tmp_path: Path) -> None:
    await begin({})
    with pytest.raises(Error) as raised:
        await DbosOperations(tmp_path, node="node-2").open()
    assert raised.value.kind is ErrorKind.CONFLICT


async def test_the_journal_is_for_the_owner_alone_and_holds_no_pickles(begin: Start, tmp_path: Path) -> None:
    operations = await begin({"walk": steps("a", log=[])})
    await operations.start("walk", "walk:1", GIVEN)
    await operations.result("walk:1", 10)
    path = tmp_path / "operations.sqlite"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    # Every pickle starts with a frame that reads gAS in base64.
    assert b"gAS" not in path.read_bytes()


async def test_threads_of_the_loop_work_after_closing(begin: Start) -> None:
    operations = await begin({})
    await operations.close()
    assert await asyncio.to_thread(lambda: 5) == 5


async def test_closed_operations_take_no_work(begin: Start) -> None:
    operations = await begin({"walk": steps("a", log=[])})
    await operations.close()
    with pytest.raises(Error) as raised:
        await operations.start("walk", "walk:1", GIVEN)
    assert raised.value.kind is ErrorKind.UNAVAILABLE


async def test_a_stop_in_the_middle_of_a_flow_is_no_warning(begin: Start, caplog: pytest.LogCaptureFixture) -> None:
    reached = asyncio.Event()

    async def flow(step: FlowStep, given: FlowInput) -> bytes:
        async def wait() -> bytes:
            reached.set()
            await asyncio.Event().wait()
            return b""

        return await step.run("wait", wait)

    operations = await begin({"walk": flow})
    await operations.start("walk", "walk:1", GIVEN)
    await reached.wait()
    dbos = logging.getLogger("dbos")
    dbos.addHandler(caplog.handler)
    try:
        await operations.close()
    finally:
        dbos.removeHandler(caplog.handler)
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_what_another_version_left_is_begun_anew(begin: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    log: list[bytes] = []
    reached, hold = asyncio.Event(), asyncio.Event()

    async def flow(step: FlowStep, given: FlowInput) -> bytes:
        async def action() -> bytes:
            log.append(given.arguments)
            reached.set()
            await hold.wait()
            return b"done"

        return await step.run("walk", action)

    operations = await begin({"walk": flow})
    await operations.start("walk", "walk:1", GIVEN)
    await reached.wait()
    hold.set()
    monkeypatch.setattr("deltaic.operations.dbos_journal.APPLICATION_VERSION", "another")
    operations = await begin({"walk": flow})
    assert await operations.result("walk:1", 10) == b"done"
    assert log == [GIVEN.arguments, GIVEN.arguments]
    attempts = (await operations.statuses(["walk:1"]))["walk:1"]
    assert [(one.attempt, one.abandoned) for one in attempts] == [("walk:1", True), ("walk:1~2", False)]
    assert attempt_after(attempts, "") == attempts[1]
    assert await operations.unfinished() == []
