"""The conformance suite on the OpenStack driver, in front of a real control plane."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from deltaic.conformance import Case, Run, Schedule, running, select
from tests.conformance.recordings import check, recorded, scheduled
from tests.openstack.harness import OpenstackHarness
from tests.openstack.support.lab import ControlPlane

#: A case waits for the clients of all cases that run beside it.
pytestmark = pytest.mark.timeout(900)

CASES = select()


#: The control plane needs the processors more than the suite does.
AT_ONCE = 4


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ready(lab: ControlPlane) -> AsyncIterator[Run]:
    """Two projects and the driver, for all cases."""
    async with running(OpenstackHarness(lab)) as run:
        yield run


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def schedule(ready: Run, request: pytest.FixtureRequest) -> AsyncIterator[Schedule]:
    """The cases of the tests that were asked for, several at once."""
    async with scheduled(ready, request, AT_ONCE) as made:
        yield made


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
async def test_case(schedule: Schedule, case: Case) -> None:
    check(await schedule.result(case), recorded("openstack"))


@pytest.mark.asyncio(loop_scope="module")
async def test_nothing_is_left(ready: Run) -> None:
    assert list(await ready.harness.leftovers(ready.prefix)) == []


def test_no_recorded_case_is_gone() -> None:
    assert sorted(recorded("openstack")) == sorted(case.name for case in CASES)
