"""Compares a run of the suite with its recording: each case must end as the recording says."""

from __future__ import annotations

from pathlib import Path

from deltaic.conformance import Case, Outcome, Result, Run
from deltaic.conformance.report import read

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "data" / "conformance"
ADVICE = "docs/drivers.md tells how runs are recorded"


def recorded(driver: str) -> dict[str, Result]:
    """Case -> its recorded result."""
    return {one.case: one for one in read(FOLDER / f"{driver}.json").results}


async def check(ready: Run, case: Case, recording: dict[str, Result]) -> None:
    """Run a case; it must not fail, and must be left out just where the recording says so."""
    result = await ready.result(case)
    assert result.outcome is not Outcome.FAILED, result.detail
    assert case.name in recording, ADVICE
    kept = recording[case.name]
    assert (result.outcome, result.missing) == (kept.outcome, kept.missing), ADVICE
