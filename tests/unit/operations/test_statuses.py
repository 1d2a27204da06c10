"""Where flows stand, attempt by attempt."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from deltaic.model.errors import Error, ErrorKind
from deltaic.operations.dbos_adapter import DbosOperations
from deltaic.operations.dbos_journal import Entry
from deltaic.operations.status import status_of
from deltaic.ports.operations import FlowInput, FlowStep, attempt_after
from tests.unit.operations.test_dbos_adapter import FAST, GIVEN, failing, steps


async def test_the_statuses_are_those_of_every_attempt(tmp_path: Path) -> None:
    hold = asyncio.Event()

    async def waiting(step: FlowStep, given: FlowInput) -> bytes:
        await hold.wait()
        return b""

    flows = {
        "walk": steps("a", log=[]),
        "fall": failing(Error(ErrorKind.CAPACITY, "no host"), log=[]),
        "wait": waiting,
    }
    before = datetime.now(UTC) - timedelta(seconds=1)
    operations = DbosOperations(tmp_path, pace=FAST, renewable=frozenset({"walk"}))
    operations.register(flows)
    await operations.open()
    for _ in range(2):
        await operations.start("walk", "walk:1", GIVEN)
        assert await operations.result("walk:1", 10) == b"a"
    await operations.start("walk", "walk:10", GIVEN)
    await operations.start("fall", "fall:1", GIVEN)
    with pytest.raises(Error, match="no host"):
        await operations.result("fall:1", 10)
    await operations.start("wait", "wait:1", GIVEN)
    await operations.result("walk:10", 10)
    for flow in ("walk", "fall"):
        await operations.passed(flow, f"{flow}:1")  # which waits until the journal has the end
    found = await operations.statuses(["walk:1", "fall:1", "wait:1", "unknown:1"])
    assert sorted(found) == ["fall:1", "wait:1", "walk:1"]
    assert [(one.id, one.flow, one.state, one.result) for one in found["walk:1"]] == [
        ("walk:1", "walk", "done", b"a")
    ] * 2
    (fell,) = found["fall:1"]
    assert (fell.state, fell.kind, fell.error) == ("failed", "capacity", "no host")
    (waits,) = found["wait:1"]
    assert (waits.state, waits.ended) == ("running", None)
    first, second = found["walk:1"]
    assert before < first.began <= first.ended <= second.began <= second.ended < datetime.now(UTC)  # type: ignore[operator]
    assert attempt_after(found["walk:1"], "") is first
    assert attempt_after(found["walk:1"], first.attempt) is second
    assert attempt_after(found["walk:1"], second.attempt) is None
    assert attempt_after([second], "forgotten") is second
    assert await operations.passed("walk", "walk:1") == second.attempt
    assert await operations.passed("fall", "fall:1") == fell.attempt
    assert await operations.passed("wait", "wait:1") == ""
    assert await operations.passed("walk", "unknown:1") == ""
    assert await operations.statuses([]) == {}
    hold.set()
    await operations.close()


@pytest.mark.parametrize(("status", "text"), [("CANCELLED", ""), ("ERROR", "no JSON")])
def test_an_end_without_a_readable_outcome_is_a_failure(status: str, text: str) -> None:
    found = status_of(Entry("walk:1~2", "walk", status, text, 1_790_000_000_000, 1_790_000_060_000))
    assert (found.id, found.attempt, found.state, found.kind) == ("walk:1", "walk:1~2", "failed", "internal")
    assert found.ended == datetime.fromtimestamp(1_790_000_060, UTC)
