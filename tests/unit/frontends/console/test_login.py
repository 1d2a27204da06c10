"""Logging in: who tries passwords has to wait, under however many names."""

from __future__ import annotations

import pytest

from deltaic.model.context import Context, Scope
from deltaic.model.errors import Error, ErrorKind
from deltaic.services.brake import MOST_OF_BOTH as MOST
from tests.unit.frontends.conftest import Gateway
from tests.unit.frontends.console.conftest import ConsoleFrontend, Window


async def test_another_spelling_of_a_user_gives_no_more_tries(
    gateway: Gateway, console: ConsoleFrontend, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    async def refuse(context: Context) -> str:
        asked.append(context.principal.user)
        raise Error(ErrorKind.UNAUTHENTICATED, "no")

    def account(user: str, scope: Scope) -> tuple[str, Scope]:
        return user.partition("+")[0], scope

    monkeypatch.setattr(gateway.driver, "login", refuse)
    monkeypatch.setattr(gateway.driver, "account", account)
    window = Window(console)
    names = [f"{'EVE' if number % 2 else 'eve'}+{number}" for number in range(MOST + 3)]
    statuses = [(await window.log_in(name, f"guess at {name}")).status for name in names]
    assert statuses == [401] * MOST + [429] * 3
    assert len(asked) == MOST


@pytest.mark.parametrize(("kind", "status"), [(ErrorKind.RATE_LIMITED, 429), (ErrorKind.UNAVAILABLE, 502)])
async def test_a_pause_that_the_cloud_asks_for_is_told(
    gateway: Gateway, console: ConsoleFrontend, monkeypatch: pytest.MonkeyPatch, kind: ErrorKind, status: int
) -> None:
    async def refuse(context: Context) -> str:
        raise Error(kind, "The cloud is being mended", retry_after=9)

    monkeypatch.setattr(gateway.driver, "login", refuse)
    answer = await Window(console).log_in()
    assert (answer.status, answer.headers["retry-after"]) == (status, "9")
    assert "The cloud is being mended" in answer.text
