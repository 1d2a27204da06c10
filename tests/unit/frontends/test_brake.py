"""The brake on guessing at passwords is the same at every door, and says itself in each protocol's own form."""

from __future__ import annotations

import base64

import pytest

from deltaic.drivers.ovirt.driver import CAPABILITY
from deltaic.frontends.cimi import CimiFrontend
from deltaic.frontends.console import ConsoleFrontend
from deltaic.frontends.deltacloud import DeltacloudFrontend
from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind
from deltaic.services.brake import MOST_OF_BOTH
from tests.support.asgi import Answer, ask
from tests.unit.frontends.conftest import USER, Gateway

RIGHT = "deltaic"


class Doors:
    """A gateway whose cloud has one user with one password."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self.asked: list[str] = []
        gateway.driver.capability = CAPABILITY
        self.apps = {
            "ec2": gateway.app,
            "cimi": CimiFrontend(gateway.services),
            "deltacloud": DeltacloudFrontend(gateway.services),
            "console": ConsoleFrontend(gateway.services, b"c" * 32),
        }

    async def login(self, context: Context) -> str:
        self.asked.append(context.principal.password.reveal())
        if self.asked[-1] != RIGHT:
            raise Error(ErrorKind.UNAUTHENTICATED, "no")
        return "me"

    async def knock(self, door: str, password: str, user: str = USER, **headers: str) -> Answer:
        """Ask for something with HTTP Basic."""
        path, query, kind = {
            "ec2": ("/", "Action=DescribeRegions&Version=2016-11-15", "*/*"),
            "sts": ("/", "Action=GetCallerIdentity&Version=2011-06-15", "*/*"),
            "cimi": ("/cimi/machines", "", "application/json"),
            "deltacloud": ("/api/instances", "", "application/xml"),
            "console": ("/api/keys", "", "text/html"),
        }[door]
        word = base64.b64encode(f"{user}:{password}".encode()).decode()
        app = self.apps["ec2" if door == "sts" else door]
        return await ask(app, "GET", path, query, {"Authorization": f"Basic {word}", "Accept": kind, **headers})


@pytest.fixture
def doors(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> Doors:
    made = Doors(gateway)
    monkeypatch.setattr(gateway.driver, "login", made.login)
    return made


FORMS = {
    "ec2": (503, "<Code>RequestLimitExceeded</Code>"),
    "sts": (400, "<Code>Throttling</Code>"),
    "cimi": (503, '"statusMessage":"Too many failed logins'),
    "deltacloud": (503, "<error status='503' url='/api/instances'>"),
    "console": (429, "Too many failed logins"),
}


@pytest.mark.parametrize("door", FORMS)
async def test_guesses_at_all_doors_are_counted_together(doors: Doors, door: str) -> None:
    others = [name for name in FORMS if name != door]
    for number in range(MOST_OF_BOTH):
        assert (await doors.knock(others[number % len(others)], f"guess-{number}")).status in (401, 403)
    answer = await doors.knock(door, "one-more")
    status, words = FORMS[door]
    assert (answer.status, words in answer.text) == (status, True), answer.text
    assert 0 < int(answer.headers["retry-after"]) <= 60
    assert "www-authenticate" not in answer.headers
    assert (await doors.knock(door, RIGHT)).status == status
    assert len(doors.asked) == MOST_OF_BOTH
    assert (await doors.knock(door, RIGHT, user="another@internal")).status == 200


@pytest.mark.parametrize("door", FORMS)
async def test_who_is_in_stays_in(doors: Doors, door: str) -> None:
    assert (await doors.knock(door, RIGHT)).status == 200
    for number in range(MOST_OF_BOTH + 1):
        await doors.knock("cimi", f"guess-{number}")
    # What the cloud said is not only believed for some seconds: the password itself is known.
    doors.gateway.services.identity._accepted._answers.clear()
    assert (await doors.knock(door, RIGHT)).status == 200
    assert doors.asked.count(RIGHT) == 2


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Forwarded"])
async def test_headers_make_nobody_another_one(doors: Doors, header: str) -> None:
    statuses = [
        (await doors.knock("cimi", f"guess-{number}", **{header: f"192.0.2.{number}"})).status
        for number in range(MOST_OF_BOTH + 1)
    ]
    assert statuses == [401] * MOST_OF_BOTH + [503]


@pytest.mark.parametrize("door", FORMS)
async def test_a_pause_that_the_cloud_asks_for_is_passed_on(
    doors: Doors, door: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(context: Context) -> str:
        raise Error(ErrorKind.UNAVAILABLE, "The cloud is being mended", retry_after=9)

    monkeypatch.setattr(doors.gateway.driver, "login", away)
    answer = await doors.knock(door, RIGHT)
    status = 502 if door in ("deltacloud", "console") else 503
    assert (answer.status, answer.headers["retry-after"]) == (status, "9")
