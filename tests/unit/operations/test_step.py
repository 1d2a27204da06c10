"""A step that is repeated: how long it waits, and what it says when it gives up."""

from __future__ import annotations

import pytest

from deltaic.model.errors import Error, ErrorKind
from deltaic.operations.outcome import failed, read
from deltaic.operations.run import Run
from deltaic.operations.step import JournalStep
from tests.fakes.operations import MemoryJournal, SteppedPace


async def waited(pace: SteppedPace, *seconds: int, patience: float | None = None) -> float:
    """How long a step takes whose cloud asks for these pauses, one after the other."""
    left = list(seconds)

    async def create() -> bytes:
        if left:
            raise Error(ErrorKind.RATE_LIMITED, "slow down", retry_after=left.pop(0))
        return b"made"

    begun = pace.now()
    step = JournalStep("flow", MemoryJournal(), Run(), pace)
    assert await step.run("create", create, patience=patience) == b"made"
    return pace.now() - begun


async def test_a_cloud_that_says_when_is_not_asked_before() -> None:
    pace = SteppedPace(first_pause=1.0, longest_pause=1.0)
    assert 0.8 <= await waited(pace, 0) <= 1.2
    assert 600.8 <= await waited(pace, 600) <= 601.2
    assert 42.4 <= await waited(pace, 10, 0, 30) <= 43.6
    assert 6.08 <= await waited(SteppedPace(scale=0.1, longest_pause=1.0), 60) <= 6.12


async def test_a_time_beyond_the_patience_is_told_at_once() -> None:
    pace = SteppedPace()
    begun = pace.now()
    with pytest.raises(Error) as caught:
        await waited(pace, 21, patience=20.0)
    assert (caught.value.kind, caught.value.retry_after, pace.now()) == (ErrorKind.RATE_LIMITED, 21, begun)


def test_the_journal_keeps_when_to_come_again() -> None:
    text = failed(Error(ErrorKind.UNAVAILABLE, "away", retry_after=9)).text()
    failure = read(text).failure
    assert failure is not None
    assert (failure.error().kind, failure.error().retry_after) == (ErrorKind.UNAVAILABLE, 9)
    assert "retry_after" not in failed(Error(ErrorKind.UNAVAILABLE, "away")).text()
