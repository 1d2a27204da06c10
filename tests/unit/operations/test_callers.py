"""On whose behalf a step acts, and how long that is good for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from deltaic.model.context import Principal
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.instance import InstanceState
from deltaic.model.secret import Secret
from deltaic.operations.flows.contexts import AWAITED, context_of
from deltaic.ports.operations import FlowInput
from tests.fakes.operations import run_flow
from tests.fakes.store import FakeStore
from tests.unit.operations.world import World

GIVEN = FlowInput("grant:1", "cloud", "dc-1", "req-1", b"{}", "job-1", "web;Default")


def caller(token: str, seconds: float) -> Principal:
    return Principal("grant:1", "ann", Secret(token), True, datetime.now(UTC) + timedelta(seconds=seconds))


async def test_a_token_is_used_until_its_end() -> None:
    store = FakeStore()
    await store.logins.remember(caller("t", 60))
    context = await context_of(store, GIVEN)
    assert (context.principal.password, context.principal.token) == (Secret("t"), True)
    assert (context.scope.provider, context.scope.view, context.job) == ("cloud", "web;Default", "job-1")
    assert context.owner == "cloud/ann"


async def test_nothing_outlives_its_token() -> None:
    store = FakeStore()
    await store.logins.remember(caller("t", 0))
    with pytest.raises(Error) as caught:
        await context_of(store, GIVEN)
    assert (caught.value.kind, caught.value.context["reason"]) == (ErrorKind.UNAUTHENTICATED, "token_expired")
    assert caught.value.retryable is True
    await store.logins.renew(caller("newer", 60))
    assert (await context_of(store, GIVEN)).principal.password == Secret("newer")


async def test_a_caller_who_does_not_come_back_is_not_awaited_for_ever() -> None:
    store = FakeStore()
    await store.logins.remember(caller("t", -AWAITED.total_seconds() - 1))
    with pytest.raises(Error) as caught:
        await context_of(store, GIVEN)
    assert caught.value.retryable is False


@pytest.mark.parametrize("returns", [True, False])
async def test_a_flow_whose_token_ended_goes_on_when_its_caller_comes_back(returns: bool) -> None:
    """The removal was accepted; then the token ended, and the machine stayed as one that is being removed."""
    world = World()
    world.machines.add(InstanceState.RUNNING)
    logins = world.store.logins
    await logins.remember(caller("t", 60))
    get, looks = logins.get, iter(range(10_000))

    async def expiring(principal_id: str) -> Principal | None:
        found, look = await get(principal_id), next(looks)
        if look == 3:
            await logins.renew(caller("t", 0))
        elif look == 10:
            await logins.renew(caller("newer", 3600 if returns else -AWAITED.total_seconds()))
        return found

    logins.get = expiring  # type: ignore[method-assign]
    given = FlowInput("grant:1", "default", "dc-1", "req-1", msgspec.json.encode({"id": "vm-1"}))
    outcome = await run_flow(world.table["terminate"], given, world.journal)
    assert (outcome.failure is None, world.count("delete")) == ((True, 1) if returns else (False, 0))
