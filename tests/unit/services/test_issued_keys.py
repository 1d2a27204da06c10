"""Keys that a cloud issued: when it is asked, what is believed, and whose token goes where."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from deltaic.model.capability import Capability
from deltaic.model.context import Context, Principal, Scope
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.secret import Secret
from deltaic.model.signed_request import Grant, SignedRequest
from deltaic.services.guesses import SECONDS
from deltaic.services.issued_keys import (
    KNOWN_AT_ONCE,
    KNOWN_SECONDS,
    MOST_FORGED,
    MOST_REFUSED,
    MOST_WAITING,
    PAUSE_SECONDS,
    SAME_SECONDS,
    STRANGE_AT_ONCE,
    TOKEN_SECONDS,
    IssuedKeys,
)
from tests.unit.services.conftest import World

START = datetime(2030, 1, 1, tzinfo=UTC)
CLAIM = SignedRequest("key-of-the-cloud-1", "s1", 4, "GET", "gateway", "/", {"Action": "A"}, {"host": "gateway"}, "b")


class Checker:
    """The cloud's side: each question is kept, and answered by `answer`."""

    def __init__(self, world: World) -> None:
        self.asked: list[tuple[Context, SignedRequest]] = []
        self.answer: Callable[[SignedRequest], Grant | Error] = self.good
        self.time = 0.0
        self.open = asyncio.Event()
        self.open.set()
        for driver in (world.driver, world.other):
            driver.capability = Capability(signed_requests=True)
            driver.verify = self.verify  # type: ignore[method-assign]
        self.keys = IssuedKeys(
            world.clouds, world.store, secret=b"s" * 32, clock=lambda: self.time, wall_clock=self.moment
        )

    def moment(self) -> datetime:
        return START + timedelta(seconds=self.time)

    def good(self, claim: SignedRequest) -> Grant:
        return Grant("ann@Default", "web;Default", Secret(f"token-{len(self.asked)}"), START + timedelta(hours=1))

    async def verify(self, context: Context, claim: SignedRequest) -> Grant:
        self.asked.append((context, claim))
        await self.open.wait()
        answer = self.answer(claim)
        if isinstance(answer, Error):
            raise answer
        return answer

    async def ask(
        self, claim: SignedRequest = CLAIM, provider: str = "default", source: str = "10.0.0.1"
    ) -> tuple[Principal, Scope]:
        scope = Scope(provider, "dc-1", "configured")
        return await self.keys.principal(claim, scope, source=source, request_id="r-1", seconds=30.0)

    async def fails(self, kind: ErrorKind, claim: SignedRequest = CLAIM, source: str = "10.0.0.1") -> None:
        with pytest.raises(Error) as caught:
            await self.ask(claim, source=source)
        assert caught.value.kind is kind


@pytest.fixture
def checker(world: World) -> Checker:
    return Checker(world)


def other(number: int, key: str = CLAIM.access_key) -> SignedRequest:
    return replace(CLAIM, signature=f"other-{number}", access_key=key)


def refuse(claim: SignedRequest) -> Error:
    return Error(ErrorKind.UNAUTHENTICATED, "no", context={"reason": "bad_signature"})


async def test_who_signed_and_what_it_is_good_for(checker: Checker) -> None:
    principal, scope = await checker.ask()
    assert (principal.user, principal.password, principal.token) == ("ann@Default", Secret("token-1"), True)
    assert (principal.id[:6], principal.expires_at) == ("grant:", START + timedelta(hours=1))
    assert scope == Scope("default", "dc-1", "web;Default")
    context, claim = checker.asked[0]
    assert (context.principal.user, context.principal.password, context.request_id) == ("", Secret(""), "r-1")
    assert claim == CLAIM


async def test_the_same_request_is_believed_for_some_seconds(checker: Checker) -> None:
    await checker.ask()
    checker.time = SAME_SECONDS - 0.1
    await checker.ask()
    assert len(checker.asked) == 1
    checker.time = SAME_SECONDS
    await checker.ask()
    assert len(checker.asked) == 2


async def test_every_other_request_is_checked(checker: Checker) -> None:
    await checker.ask()
    for changed in (
        other(1),
        replace(CLAIM, parameters={"Action": "B"}),
        replace(CLAIM, body_hash="c"),
        replace(CLAIM, headers={"host": "gateway", "x-amz-date": "now"}),
        replace(CLAIM, path="/other"),
        replace(CLAIM, method="POST"),
    ):
        before = len(checker.asked)
        await checker.ask(changed)
        assert checker.asked[before:][0][1] == changed


async def test_a_key_that_was_taken_back_is_refused_at_once(checker: Checker) -> None:
    await checker.ask()
    checker.answer = refuse
    await checker.fails(ErrorKind.UNAUTHENTICATED, other(1))
    checker.time = SAME_SECONDS
    await checker.fails(ErrorKind.UNAUTHENTICATED)


async def test_the_principal_stays_and_its_token_is_exchanged_in_time(checker: Checker) -> None:
    first = (await checker.ask())[0]
    checker.time = TOKEN_SECONDS - 1
    assert (await checker.ask(other(1)))[0] == first
    checker.time = TOKEN_SECONDS
    second = (await checker.ask(other(2)))[0]
    assert (second.id, second.password) == (first.id, Secret("token-3"))


async def test_a_token_is_not_used_close_to_its_end(checker: Checker) -> None:
    checker.answer = lambda _: Grant("ann", "web", Secret(f"{len(checker.asked)}"), START + timedelta(seconds=60))
    await checker.ask()
    checker.time = 29.0
    assert (await checker.ask(other(1)))[0].password == Secret("1")
    checker.time = 30.0
    assert (await checker.ask(other(2)))[0].password == Secret("3")


async def test_keys_users_views_and_clouds_are_different_principals(checker: Checker) -> None:
    ids = [(await checker.ask())[0].id, (await checker.ask(other(1, "key-of-the-cloud-2")))[0].id]
    ids.append((await checker.ask(provider="other"))[0].id)
    assert checker.asked[-1][0].scope.provider == "other"
    checker.answer = lambda _: Grant("eve", "web;Default", Secret("e"), START + timedelta(hours=1))
    ids.append((await checker.ask(other(2)))[0].id)
    checker.answer = lambda _: Grant("ann@Default", "db;Default", Secret("f"), START + timedelta(hours=1))
    ids.append((await checker.ask(other(3)))[0].id)
    assert len(set(ids)) == 5


async def test_a_token_that_the_cloud_refused_is_exchanged(checker: Checker) -> None:
    first = (await checker.ask())[0]
    checker.keys.forget(first)
    assert (await checker.ask())[0].password == Secret("token-2")


async def test_flows_under_way_get_the_newer_token(checker: Checker, world: World) -> None:
    first = (await checker.ask())[0]
    assert world.store.logins.rows == {}
    await world.store.logins.remember(first)
    checker.time = TOKEN_SECONDS
    second = (await checker.ask(other(1)))[0]
    assert await world.store.logins.get(first.id) == second
    assert second.password != first.password


async def test_a_stranger_is_not_asked_about_again_at_once(checker: Checker) -> None:
    checker.answer = refuse
    await checker.fails(ErrorKind.UNAUTHENTICATED)
    await checker.fails(ErrorKind.UNAUTHENTICATED, other(1))
    assert len(checker.asked) == 1
    await checker.fails(ErrorKind.UNAUTHENTICATED, other(2), source="10.0.0.2")
    assert len(checker.asked) == 2
    checker.time = PAUSE_SECONDS
    checker.answer = checker.good
    assert (await checker.ask(other(3)))[0].user == "ann@Default"


async def test_who_guesses_at_a_key_does_not_lock_its_owner_out(checker: Checker) -> None:
    await checker.ask()
    checker.answer = refuse
    await checker.fails(ErrorKind.UNAUTHENTICATED, other(1))
    checker.answer = checker.good
    assert (await checker.ask(other(2)))[0].user == "ann@Default"


async def test_a_cloud_that_is_away_is_not_a_refusal(checker: Checker) -> None:
    checker.answer = lambda _: Error(ErrorKind.UNAVAILABLE, "away")
    await checker.fails(ErrorKind.UNAVAILABLE)
    checker.answer = checker.good
    assert (await checker.ask())[0].user == "ann@Default"


async def test_the_same_question_is_asked_once_at_a_time(checker: Checker) -> None:
    checker.open.clear()
    both = asyncio.gather(checker.ask(), checker.ask())
    await asyncio.sleep(0)
    checker.open.set()
    first, second = await both
    assert first == second
    assert len(checker.asked) == 1


async def test_strangers_leave_room_for_known_keys(checker: Checker) -> None:
    await checker.ask()
    checker.open.clear()
    strangers = [asyncio.create_task(checker.ask(other(n, f"stranger-{n:016}"))) for n in range(MOST_WAITING + 10)]
    for _ in range(5):
        await asyncio.sleep(0)
    assert len(checker.asked) == 1 + STRANGE_AT_ONCE
    friends = [asyncio.create_task(checker.ask(other(n))) for n in range(KNOWN_AT_ONCE + 1)]
    for _ in range(5):
        await asyncio.sleep(0)
    assert len(checker.asked) == 1 + STRANGE_AT_ONCE + KNOWN_AT_ONCE
    checker.open.set()
    ends = await asyncio.gather(*strangers, return_exceptions=True)
    assert [each.kind for each in ends if isinstance(each, Error)] == [ErrorKind.RATE_LIMITED] * (10 - STRANGE_AT_ONCE)
    assert {(await each)[0].user for each in friends} == {"ann@Default"}


async def test_a_flood_of_keys_that_nobody_issued_is_not_passed_on(checker: Checker) -> None:
    """Each would be a question to the cloud; who asks so many from one place has to wait."""
    checker.answer = refuse
    kinds = []
    for number in range(500):
        with pytest.raises(Error) as caught:
            await checker.ask(other(number, f"random-{number:016}"), source=f"2001:db8::{number:x}")
        kinds.append(caught.value.kind)
    assert kinds == [ErrorKind.UNAUTHENTICATED] * MOST_REFUSED + [ErrorKind.RATE_LIMITED] * (500 - MOST_REFUSED)
    assert caught.value.retry_after == SECONDS
    assert len(checker.asked) == MOST_REFUSED
    # A new key from elsewhere is asked about, and one from there later.
    checker.answer = checker.good
    assert (await checker.ask(other(1, "new-key-of-the-cloud")))[0].user == "ann@Default"
    checker.time = SECONDS
    assert (await checker.ask(other(2, "late-key-of-the-cloud"), source="2001:db8::1"))[0].user == "ann@Default"


async def test_a_flood_at_once_is_not_passed_on_either(checker: Checker) -> None:
    checker.answer = refuse
    checker.open.clear()
    flood = [asyncio.create_task(checker.ask(other(n, f"random-{n:016}"))) for n in range(MOST_WAITING)]
    for _ in range(5):
        await asyncio.sleep(0)
    checker.open.set()
    ends = await asyncio.gather(*flood, return_exceptions=True)
    assert {each.kind for each in ends if isinstance(each, Error)} == {
        ErrorKind.UNAUTHENTICATED,
        ErrorKind.RATE_LIMITED,
    }
    assert MOST_REFUSED <= len(checker.asked) < MOST_REFUSED + STRANGE_AT_ONCE


async def test_keys_that_were_good_notice_nothing_of_a_flood(checker: Checker) -> None:
    """Also one whose token has to be exchanged, and one that was not used for some time."""
    await checker.ask()
    checker.answer = refuse
    for number in range(MOST_REFUSED + 1):
        with pytest.raises(Error):
            await checker.ask(other(number, f"random-{number:016}"))
    checker.open.clear()
    flood = [
        asyncio.create_task(checker.ask(other(n, f"other-{n:016}"), source="10.0.0.2")) for n in range(MOST_WAITING + 9)
    ]
    for _ in range(5):
        await asyncio.sleep(0)
    checker.open.set()
    checker.answer = checker.good
    checker.time = TOKEN_SECONDS + 1
    assert (await checker.ask(other(1)))[0].user == "ann@Default"
    checker.time = KNOWN_SECONDS
    assert (await checker.ask(other(2)))[0].user == "ann@Default"
    await asyncio.gather(*flood, return_exceptions=True)


async def test_the_cloud_being_away_makes_nobody_wait(checker: Checker) -> None:
    checker.answer = lambda _: Error(ErrorKind.UNAVAILABLE, "away")
    for number in range(MOST_REFUSED * 2):
        await checker.fails(ErrorKind.UNAVAILABLE, other(number, f"random-{number:016}"))
    checker.answer = checker.good
    assert (await checker.ask())[0].user == "ann@Default"


async def test_wrong_signatures_with_a_known_key_do_not_take_the_places_of_others(checker: Checker) -> None:
    """Whoever knows the id of a key, or has one, could else fill the gate for everybody."""
    await checker.ask()
    await checker.ask(other(0, "key-of-the-cloud-2"))
    checker.answer = refuse
    checker.open.clear()
    flood = [asyncio.create_task(checker.ask(other(n))) for n in range(MOST_WAITING)]
    for _ in range(5):
        await asyncio.sleep(0)
    checker.open.set()
    await asyncio.gather(*flood, return_exceptions=True)
    assert MOST_FORGED <= len(checker.asked) - 2 < MOST_FORGED + KNOWN_AT_ONCE
    # From there the key is a stranger now; from elsewhere, and with another key, it is as before.
    asked = len(checker.asked)
    for number in range(100, 150):
        with pytest.raises(Error):
            await checker.ask(other(number))
    assert len(checker.asked) == asked
    checker.answer = checker.good
    assert (await checker.ask(other(200), source="10.0.0.2"))[0].user == "ann@Default"
    assert (await checker.ask(other(201, "key-of-the-cloud-2")))[0].user == "ann@Default"
    checker.time = PAUSE_SECONDS
    assert (await checker.ask(other(202)))[0].user == "ann@Default"
