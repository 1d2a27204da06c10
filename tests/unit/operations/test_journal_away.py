"""A journal that does not answer: callers are told so, and nothing is taken for failed."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest
from sqlalchemy.exc import OperationalError

from deltaic.model.errors import Error, ErrorKind
from deltaic.operations.dbos_adapter import DbosOperations
from deltaic.operations.pace import Pace
from deltaic.operations.run import Run
from deltaic.operations.step import JournalLostError, JournalStep
from deltaic.ports.operations import FlowInput, FlowStep
from tests.fakes.operations import MemoryJournal

GIVEN = FlowInput("key:AKIA1", "default", "dc-1", "req-1", b"{}")


class Away:
    """Every call fails as a lost connection does."""

    def __getattr__(self, name: str) -> Callable[..., Awaitable[NoReturn]]:
        async def call(*arguments: Any, **named: Any) -> NoReturn:
            raise OperationalError("SELECT 1", {}, Exception("gone"))

        return call


async def flow(step: FlowStep, given: FlowInput) -> bytes:
    return b""


@pytest.mark.parametrize(
    "call",
    [
        lambda operations: operations.start("walk", "walk:1", GIVEN),
        lambda operations: operations.milestone("walk:1", "accepted", 5.0),
        lambda operations: operations.result("walk:1", 5.0),
        lambda operations: operations.unfinished(),
    ],
    ids=["start", "milestone", "result", "unfinished"],
)
async def test_callers_learn_that_the_outcome_is_open(
    tmp_path: Path, call: Callable[[DbosOperations], Awaitable[object]]
) -> None:
    operations = DbosOperations(tmp_path)
    operations.register({"walk": flow})
    operations._journal = Away()  # type: ignore[assignment]
    with pytest.raises(Error) as raised:
        await call(operations)
    assert (raised.value.kind, raised.value.message) == (ErrorKind.TIMEOUT, "The gateway's database does not answer")
    assert operations.active() == frozenset()


async def test_a_step_that_can_not_be_kept_is_no_error_of_the_flow() -> None:
    step = JournalStep("walk:1", Away(), Run(), Pace())

    async def action() -> bytes:
        return b""

    with pytest.raises(JournalLostError):
        await step.run("first", action)
    with pytest.raises(JournalLostError):
        await step.publish("accepted", b"")


async def test_a_step_does_nothing_once_others_may_have_the_flow() -> None:
    done: list[str] = []
    step = JournalStep("walk:1", MemoryJournal(), Run(), Pace(), lambda: 0.0)

    async def action() -> bytes:
        done.append("done")
        return b""

    with pytest.raises(JournalLostError):
        await step.run("first", action)
    assert done == []


async def test_what_fails_because_the_time_is_over_is_no_failure() -> None:
    journal, ends = MemoryJournal(), [math.inf, 0.0]
    step = JournalStep("walk:1", journal, Run(), Pace(), lambda: ends.pop(0))

    async def action() -> bytes:
        raise Error(ErrorKind.TIMEOUT, "The cloud did not answer in time")

    with pytest.raises(JournalLostError):
        await step.run("first", action)
    assert journal.entries == []
