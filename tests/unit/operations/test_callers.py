"""On whose behalf a step acts, and how long that is good for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from deltaic.model.context import Principal
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.secret import Secret
from deltaic.operations.flows.contexts import context_of
from deltaic.ports.operations import FlowInput
from tests.fakes.store import FakeStore

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
    await store.logins.renew(caller("newer", 60))
    assert (await context_of(store, GIVEN)).principal.password == Secret("newer")
