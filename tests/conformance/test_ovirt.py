"""The conformance suite on the oVirt driver, in front of the simulated engine."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from deltaic.conformance import Case, Outcome, Run, running, select
from tests.conformance.harness_ovirt import OvirtHarness

CASES = select()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ready() -> AsyncIterator[Run]:
    """The engine and the driver, for all cases."""
    async with running(OvirtHarness()) as run:
        yield run


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
async def test_case(ready: Run, case: Case) -> None:
    result = await ready.result(case)
    assert result.outcome is Outcome.PASSED, result.detail or result.missing
