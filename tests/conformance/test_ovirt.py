"""The conformance suite on the oVirt driver, in front of the simulated engine."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from deltaic.conformance import Case, Run, Schedule, running, select
from tests.conformance.harness_ovirt import OvirtHarness
from tests.conformance.recordings import check, recorded, scheduled

CASES = select()
RECORDED = recorded("ovirt")
AT_ONCE = 4


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ready() -> AsyncIterator[Run]:
    """The engine and the driver, for all cases."""
    async with running(OvirtHarness()) as run:
        yield run


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def schedule(ready: Run, request: pytest.FixtureRequest) -> AsyncIterator[Schedule]:
    """The cases of the tests that were asked for, several at once."""
    async with scheduled(ready, request, AT_ONCE) as made:
        yield made


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
async def test_case(schedule: Schedule, case: Case) -> None:
    check(await schedule.result(case), RECORDED)


@pytest.mark.asyncio(loop_scope="module")
async def test_nothing_is_left(ready: Run) -> None:
    assert list(await ready.harness.leftovers(ready.prefix)) == []


def test_no_recorded_case_is_gone() -> None:
    assert sorted(RECORDED) == sorted(case.name for case in CASES)
