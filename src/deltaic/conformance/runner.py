"""Runs cases one after the other, and keeps what came of each."""

from __future__ import annotations

import re
import secrets
import time
import traceback
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from enum import StrEnum
from fnmatch import fnmatchcase

from msgspec import Struct

from deltaic.conformance.case import CASES, Case, Lacking
from deltaic.conformance.harness import Harness, Site
from deltaic.conformance.shape import misfits
from deltaic.conformance.sweep import left, sweep
from deltaic.conformance.trial import Trial
from deltaic.driver import Driver
from deltaic.layers import wrap
from deltaic.model.errors import Error, invalid


class Outcome(StrEnum):
    """What came of a case."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_OFFERED = "not offered"  # the driver says that its cloud can't
    NOT_PROVIDED = "not provided"  # the harness can't bring about what the case needs


class Result(Struct, frozen=True, omit_defaults=True):
    """One line of a report. `missing` are the flags or provisions because of which the case was not run."""

    case: str
    outcome: Outcome
    missing: tuple[str, ...] = ()
    detail: str = ""
    seconds: float = 0.0


class Run:
    """A cloud made ready, and the driver to try on it."""

    def __init__(self, harness: Harness, site: Site, bare: Driver) -> None:
        self.harness = harness
        self.site = site
        self.prefix = f"dc{secrets.token_hex(3)}"
        self._bare = bare
        self._driver = wrap(bare)
        self._trials = 0

    def trial(self, name: str = "") -> Trial:
        """What one case gets."""
        self._trials += 1
        prefix = f"{self.prefix}-{self._trials}{re.sub('[^a-z]', '', name)[:12]}"
        return Trial(self.harness, self.site, self._driver, self._bare, prefix)

    def excuse(self, case: Case) -> Result | None:
        """Why a case is not run; None when it is."""
        if flags := case.missing(self._bare.capability):
            return Result(case.name, Outcome.NOT_OFFERED, flags)
        lacking = tuple(one.value for one in case.provisions if not self.site.provides(one))
        return Result(case.name, Outcome.NOT_PROVIDED, lacking) if lacking else None

    async def attempt(self, case: Case) -> None:
        """Run one case and take away what it made; raises what it failed with. It must have no `excuse`."""
        trial = self.trial(case.family)
        try:
            await case.body(trial)
        except BaseException as fault:
            try:
                await self._tidy(trial)
            except Exception as second:
                if isinstance(fault, Lacking):
                    raise
                fault.add_note(f"and afterwards: {told(second)}")
            raise
        await self._tidy(trial)

    async def _tidy(self, trial: Trial) -> None:
        """Take away what a case made; raises when something can't be taken away."""
        try:
            await self.harness.heal()
        finally:
            await sweep(trial)
        remains = await left(trial)
        if remains:
            raise AssertionError(f"the case could not take away what it made: {', '.join(remains)}")

    async def result(self, case: Case) -> Result:
        """Run one case if it can be run, and tell what came of it."""
        if excuse := self.excuse(case):
            return excuse
        started = time.perf_counter()
        outcome, detail = Outcome.PASSED, ""
        try:
            await self.attempt(case)
        except Lacking as lacking:
            return Result(case.name, Outcome.NOT_PROVIDED, (lacking.provision.value,))
        except Exception as fault:
            outcome, detail = Outcome.FAILED, told(fault)
        return Result(case.name, outcome, (), detail, round(time.perf_counter() - started, 3))


@asynccontextmanager
async def running(harness: Harness) -> AsyncIterator[Run]:
    """Make the harness's cloud ready while the block runs; INVALID for a driver that does not fit the port."""
    try:
        site = await harness.open()
        bare = harness.factory.create(site.cloud.cloud().config)
        wrong = misfits(bare)
        if wrong:
            raise invalid("driver", f"The driver '{harness.factory.name}' does not fit the port: {'; '.join(wrong)}")
        try:
            yield Run(harness, site, bare)
        finally:
            await bare.close()
    finally:
        await harness.close()


def select(patterns: Sequence[str] = ()) -> list[Case]:
    """The cases whose names match one of the patterns (`volumes.*`, `*.life`, a family); all without any.

    INVALID for a pattern that no case matches.
    """
    from deltaic.conformance import cases

    cases.load()
    known = list(CASES.values())
    if not patterns:
        return known
    for pattern in patterns:
        if not any(_matches(case, pattern) for case in known):
            raise invalid("cases", f"No case matches '{pattern}'")
    return [case for case in known if any(_matches(case, pattern) for pattern in patterns)]


def _matches(case: Case, pattern: str) -> bool:
    return case.family == pattern or fnmatchcase(case.name, pattern)


def told(fault: BaseException) -> str:
    """What a case failed with, and the line of the case; `Error`s with their kind."""
    words = f"{fault.kind}: {fault.message}" if isinstance(fault, Error) else str(fault) or type(fault).__name__
    inside = [one for one in traceback.extract_tb(fault.__traceback__) if "conformance/cases" in one.filename]
    place = f" [{inside[-1].filename.rpartition('/')[2]}:{inside[-1].lineno}]" if inside else ""
    kind = "" if isinstance(fault, Error | AssertionError) else f"{type(fault).__name__}: "
    notes = [f"\n{note}" for note in getattr(fault, "__notes__", ())]
    return f"{kind}{words}{place}{''.join(notes)}"
