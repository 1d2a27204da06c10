"""The conformance suite on the OpenStack driver, in front of a real control plane."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from deltaic.conformance import Case, Run, running, select
from tests.conformance.recordings import check, recorded
from tests.openstack.harness import OpenstackHarness
from tests.openstack.support.lab import ControlPlane

CASES = select()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ready(lab: ControlPlane) -> AsyncIterator[Run]:
    """Two projects and the driver, for all cases."""
    async with running(OpenstackHarness(lab)) as run:
        yield run


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
async def test_case(ready: Run, case: Case) -> None:
    await check(ready, case, recorded("openstack"))


@pytest.mark.asyncio(loop_scope="module")
async def test_nothing_is_left(ready: Run) -> None:
    assert list(await ready.harness.leftovers(ready.prefix)) == []


def test_no_recorded_case_is_gone() -> None:
    assert sorted(recorded("openstack")) == sorted(case.name for case in CASES)
