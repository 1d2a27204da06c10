"""Results as files: all of them for machines to read, and without what differs from run to run for recordings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from deltaic.conformance.runner import Outcome, Result


class Report(Struct, frozen=True):
    """What came of a run."""

    driver: str
    results: tuple[Result, ...]

    @property
    def failed(self) -> int:
        """How many cases failed."""
        return sum(one.outcome is Outcome.FAILED for one in self.results)

    def recorded(self) -> Report:
        """The same without times and details, by name: what is kept under version control."""
        kept = [Result(one.case, one.outcome, one.missing) for one in self.results]
        return Report(self.driver, tuple(sorted(kept, key=lambda one: one.case)))

    def write(self, file: Path) -> None:
        """Write it as JSON."""
        file.write_bytes(msgspec.json.format(msgspec.json.encode(self), indent=1) + b"\n")


def read(file: Path) -> Report:
    """A report from its file."""
    return msgspec.json.decode(file.read_bytes(), type=Report)


def line(result: Result) -> str:
    """A result in one line for people."""
    match result.outcome:
        case Outcome.PASSED:
            return f"ok    {result.case} ({result.seconds:.1f} s)"
        case Outcome.FAILED:
            return f"FAIL  {result.case}: {result.detail}"
        case _:
            return f"-     {result.case}: {result.outcome}: {', '.join(result.missing)}"


def summary(results: Sequence[Result]) -> str:
    """How many cases ended how."""
    counted = Counter(one.outcome for one in results)
    return ", ".join(f"{counted[outcome]} {outcome}" for outcome in Outcome if counted[outcome])
