"""Sessions of people at browsers."""

from __future__ import annotations

from datetime import timedelta

import pytest

from deltaic.model.context import Scope
from deltaic.ports.sessions import KIND, LONGEST
from deltaic.services import sessions
from deltaic.services.sessions import MOST
from tests.unit.services.conftest import World


async def test_a_session_stands_for_its_login(world: World) -> None:
    token = await world.services.sessions.open(world.context.principal, world.context.scope)
    found = await world.services.sessions.find(token)
    assert found is not None
    assert found.principal.user == "me@internal"
    assert found.principal.password.reveal() == "p"
    assert found.scope == Scope("default")
    assert len(found.csrf) == 32


async def test_every_login_is_a_new_session(world: World) -> None:
    first = await world.services.sessions.open(world.context.principal, world.context.scope)
    second = await world.services.sessions.open(world.context.principal, world.context.scope)
    assert first != second
    one, two = await world.services.sessions.find(first), await world.services.sessions.find(second)
    assert one is not None
    assert two is not None
    assert one.csrf != two.csrf


@pytest.mark.parametrize("change", ["cut", "other end", "other drawer", "nothing", "long", "not ascii", "unsigned"])
async def test_a_forged_token_is_nobody(world: World, change: str) -> None:
    token = await world.services.sessions.open(world.context.principal, world.context.scope)
    other = "0" if token[-1] != "0" else "1"
    forged = {
        "cut": token[:-1],
        "other end": token[:-1] + other,
        "other drawer": ("0" if token[0] != "0" else "1") + token[1:],
        "nothing": "",
        "long": token + "0" * 200,
        "not ascii": token + "é",
        "unsigned": token.rpartition(".")[0],
    }[change]
    assert await world.services.sessions.find(forged) is None
    await world.services.sessions.close(forged)
    assert await world.services.sessions.find(token) is not None


async def test_a_closed_session_is_over(world: World) -> None:
    token = await world.services.sessions.open(world.context.principal, world.context.scope)
    await world.services.sessions.close(token)
    await world.services.sessions.close(token)
    assert await world.services.sessions.find(token) is None


async def test_a_session_ends_by_itself(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    token = await world.services.sessions.open(world.context.principal, world.context.scope)
    later = sessions.now() + LONGEST
    monkeypatch.setattr(sessions, "now", lambda: later - timedelta(seconds=5))
    assert await world.services.sessions.find(token) is not None
    monkeypatch.setattr(sessions, "now", lambda: later)
    assert await world.services.sessions.find(token) is None
    assert not [row for row in world.store.records.rows.values() if row.kind == KIND]


async def test_a_user_has_only_so_many(world: World) -> None:
    tokens = [await world.services.sessions.open(world.context.principal, Scope("default")) for _ in range(MOST + 2)]
    other = await world.services.sessions.open(world.context.principal, Scope("other"))
    alive = [token for token in tokens if await world.services.sessions.find(token) is not None]
    assert alive == tokens[2:]
    assert await world.services.sessions.find(other) is not None


async def test_it_looks_at_another_data_center(world: World) -> None:
    token = await world.services.sessions.open(world.context.principal, world.context.scope)
    before = await world.services.sessions.find(token)
    await world.services.sessions.look_at(token, Scope("default", "dc-2", chosen=True))
    after = await world.services.sessions.find(token)
    assert before is not None
    assert after is not None
    assert after.scope == Scope("default", "dc-2", chosen=True)
    assert after.csrf == before.csrf


async def test_what_is_kept_names_nobody_and_holds_no_token(world: World) -> None:
    token = await world.services.sessions.open(world.context.principal, world.context.scope)
    (row,) = [row for row in world.store.records.rows.values() if row.kind == KIND]
    assert "me@internal" not in row.owner + row.id
    assert token.split(".")[1] not in row.owner + row.id + row.content.decode()
