from __future__ import annotations

import asyncio

import pytest

from deltaic.model.context import Context, Scope
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.instance import InstanceState
from deltaic.operations.flows.look import Looker
from tests.fakes.driver import FakeDriver
from tests.unit.operations.world import CALLER, fault

CONTEXT = Context(CALLER, Scope("default", "dc-1"), "req")


@pytest.fixture
def driver() -> FakeDriver:
    driver = FakeDriver()
    for number in range(250):
        driver.instances.add(InstanceState.RUNNING, f"vm-{number}")
    return driver


async def test_looks_of_many_flows_share_calls(driver: FakeDriver) -> None:
    looker = Looker()
    seen = await asyncio.gather(*(looker.look(driver, CONTEXT, f"vm-{n}") for n in range(250)))
    assert [each.id for each in seen] == [f"vm-{n}" for n in range(250)]
    assert driver.instances.calls == ["list"] * 3


async def test_other_callers_do_not_share(driver: FakeDriver) -> None:
    looker = Looker()
    other = Context(CALLER, Scope("default", "dc-2"), "req")
    await asyncio.gather(looker.look(driver, CONTEXT, "vm-1"), looker.look(driver, other, "vm-1"))
    assert driver.instances.calls == ["list"] * 2


async def test_missing_ones_are_not_found_and_the_others_unharmed(driver: FakeDriver) -> None:
    looker = Looker()
    gone, there = await asyncio.gather(
        looker.look(driver, CONTEXT, "nowhere"), looker.look(driver, CONTEXT, "vm-2"), return_exceptions=True
    )
    assert isinstance(gone, Error)
    assert (gone.kind, gone.resource_id) == (ErrorKind.NOT_FOUND, "nowhere")
    assert not isinstance(there, BaseException)
    assert there.id == "vm-2"


async def test_an_error_reaches_everybody_of_the_batch_and_nobody_later(driver: FakeDriver) -> None:
    looker = Looker()
    driver.instances.faults.before["list"] = [fault(ErrorKind.UNAVAILABLE)]
    answers = await asyncio.gather(*(looker.look(driver, CONTEXT, f"vm-{n}") for n in range(3)), return_exceptions=True)
    assert [each.kind for each in answers if isinstance(each, Error)] == [ErrorKind.UNAVAILABLE] * 3
    assert (await looker.look(driver, CONTEXT, "vm-1")).id == "vm-1"


async def test_a_cancelled_look_does_not_take_the_others_with_it(driver: FakeDriver) -> None:
    looker = Looker()
    first = asyncio.create_task(looker.look(driver, CONTEXT, "vm-1"))
    second = asyncio.create_task(looker.look(driver, CONTEXT, "vm-1"))
    await asyncio.sleep(0)
    first.cancel()
    assert (await second).id == "vm-1"
