"""What test runs of the suite share: the cases that were asked for, several at once, and what they must come to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from deltaic.conformance import Case, Outcome, Result, Run, Schedule, select
from deltaic.conformance.report import read

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "data" / "conformance"
ADVICE = "docs/drivers.md tells how runs are recorded"


def recorded(driver: str) -> dict[str, Result]:
    """Case -> its recorded result."""
    return {one.case: one for one in read(FOLDER / f"{driver}.json").results}


@asynccontextmanager
async def scheduled(run: Run, request: pytest.FixtureRequest, at_once: int) -> AsyncIterator[Schedule]:
    """The cases of the tests that this test run is about."""
    asked = {
        item.callspec.params["case"].name
        for item in request.session.items
        if isinstance(_parameters(item).get("case"), Case)
    }
    made = Schedule(run, [case for case in select() if case.name in asked], at_once)
    try:
        yield made
    finally:
        await made.close()


def _parameters(item: pytest.Item) -> dict[str, Any]:
    callspec = getattr(item, "callspec", None)
    return callspec.params if callspec is not None else {}


def check(result: Result, recording: dict[str, Result]) -> None:
    """A case must not fail, and must be left out just where the recording says so."""
    assert result.outcome is not Outcome.FAILED, result.detail
    assert result.case in recording, ADVICE
    kept = recording[result.case]
    assert (result.outcome, result.missing) == (kept.outcome, kept.missing), ADVICE
