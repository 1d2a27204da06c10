"""Logins: what is asked, what is kept, and who is refused."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from msgspec import structs

from deltaic.drivers.openstack.client import Client
from deltaic.drivers.openstack.sso import HANDED_OUT, Tokens
from deltaic.drivers.openstack.views import View
from deltaic.model.errors import Error, ErrorKind
from tests.unit.drivers.openstack.cloud import LOGIN, PROJECT, Answer, Asked, Cloud, asks

EXAMINE = "GET /identity/v3/auth/tokens"
PROJECTS = "GET /identity/v3/auth/projects"


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def with_clock(client: Client, clock: Clock) -> Tokens:
    url = client.settings.identity_url
    return Tokens(client.endpoints.session(url), url, client.settings.view, clock=clock)


async def refused(client: Client, **asked: Any) -> Error:
    with pytest.raises(Error) as caught:
        await client.login(asks(**asked))
    return caught.value


async def test_one_login_serves_many_calls_at_the_same_time(cloud: Cloud, client: Client) -> None:
    logins = await asyncio.gather(*(client.login(asks()) for _ in range(20)))
    assert {login.token for login in logins} == {"token-1"}
    assert len(cloud.of("POST")) == 1
    assert (logins[0].user.name, logins[0].project_id, logins[0].roles) == ("demo", PROJECT, ("member", "reader"))
    assert "token-1" not in repr(logins[0])


async def test_what_is_asked(cloud: Cloud, client: Client) -> None:
    cloud.answers[LOGIN] = lambda asked: cloud.token(
        user={"id": "1", "name": "eve", "domain": {"id": "7", "name": "Corp"}}
    )
    await client.login(asks("eve@Corp+other"))
    assert cloud.of("POST")[0].json == {
        "auth": {
            "identity": {
                "methods": ["password"],
                "password": {"user": {"name": "eve", "password": "lab", "domain": {"name": "Corp"}}},
            },
            "scope": {"project": {"name": "other", "domain": {"name": "Corp"}}},
        }
    }


async def test_passwords_projects_and_users_have_tokens_of_their_own(cloud: Cloud, client: Client) -> None:
    asked = [asks(), asks(password="lab2"), asks(view="other"), asks("demo+third")]
    tokens = [(await client.login(context)).token for context in asked]
    assert tokens == ["token-1", "token-2", "token-3", "token-4"]
    assert [(await client.login(context)).token for context in asked] == tokens
    assert len(cloud.of("POST")) == 4


async def test_a_refused_login_is_not_kept(cloud: Cloud, client: Client) -> None:
    cloud.answers[LOGIN] = [Answer({"error": {"code": 401, "message": "no"}}, 401), cloud.token()]
    error = await refused(client)
    assert (error.kind, error.retryable) == (ErrorKind.UNAUTHENTICATED, False)
    assert (await client.login(asks())).token == "token-1"


@pytest.mark.parametrize(("user", "password"), [("", "lab"), ("demo", "")])
async def test_half_a_login_is_not_asked_about(cloud: Cloud, client: Client, user: str, password: str) -> None:
    assert (await refused(client, user=user, password=password)).kind is ErrorKind.UNAUTHENTICATED
    assert cloud.asked == []


async def test_a_token_is_renewed_before_its_end(cloud: Cloud, client: Client) -> None:
    clock = Clock()
    tokens = with_clock(client, clock)
    cloud.answers[LOGIN] = lambda asked: cloud.token(seconds=1200)
    assert (await tokens.login(asks())).token == "token-1"
    clock.now += 1139
    assert (await tokens.login(asks())).token == "token-1"
    clock.now += 2
    assert (await tokens.login(asks())).token == "token-2"


async def test_no_token_is_used_for_more_than_an_hour(cloud: Cloud, client: Client) -> None:
    clock = Clock()
    tokens = with_clock(client, clock)
    await tokens.login(asks())
    clock.now += 3599
    assert (await tokens.login(asks())).token == "token-1"
    clock.now += 2
    assert (await tokens.login(asks())).token == "token-2"


async def test_forgetting_spares_a_newer_token(cloud: Cloud, client: Client) -> None:
    first = await client.login(asks())
    client.tokens.forget(asks(), first.token)
    second = await client.login(asks())
    client.tokens.forget(asks(), first.token)
    assert (await client.login(asks())).token == second.token == "token-2"


async def test_only_the_most_recent_logins_are_kept(cloud: Cloud, client: Client) -> None:
    url = client.settings.identity_url
    tokens = Tokens(client.endpoints.session(url), url, View("demo"), size=2)
    for password in ("a", "b", "a", "c", "a", "b"):
        await tokens.login(asks(password=password))
    assert [asked.json["auth"]["identity"]["password"]["user"]["password"] for asked in cloud.of("POST")] == [
        "a", "b", "c", "b",
    ]  # fmt: skip


async def test_an_application_credential(cloud: Cloud, client: Client) -> None:
    await client.login(asks("application_credential:77ab", "secret"))
    assert cloud.of("POST")[0].json == {
        "auth": {
            "identity": {
                "methods": ["application_credential"],
                "application_credential": {"id": "77ab", "secret": "secret"},
            }
        }
    }


async def test_an_application_credential_of_another_project(cloud: Cloud, client: Client) -> None:
    error = await refused(client, user="application_credential:77ab", view="other")
    assert (error.kind, error.field) == (ErrorKind.FORBIDDEN, "provider")


async def test_a_token_as_proof_is_examined_once(cloud: Cloud, client: Client) -> None:
    cloud.answers[EXAMINE] = lambda asked: cloud.token(status=200)
    context = asks("demo@Default", "given-token", token=True)
    assert [(await client.login(context)).token for _ in range(2)] == ["given-token", "given-token"]
    asked = cloud.of("GET", "/identity/v3/auth/tokens")
    assert [one.headers["x-subject-token"] for one in asked] == ["given-token"]
    assert asked[0].headers["x-auth-token"] == "given-token"


async def test_tokens_that_nobody_shows_push_out_none_that_is_shown(cloud: Cloud, client: Client) -> None:
    tokens, mine = client.tokens, await client.login(asks())
    view = client.settings.view
    brought = [structs.replace(mine, token=f"brought-{number}") for number in range(HANDED_OUT + 1)]
    for login in brought:
        tokens.keep("demo@Default", view, login)
    last = await client.login(asks("demo@Default", "brought-128", token=True))
    assert last.token == "brought-128"
    for number in range(HANDED_OUT + 1, 1100):
        tokens.keep("demo@Default", view, structs.replace(mine, token=f"brought-{number}"))
    assert await client.login(asks("demo@Default", "brought-128", token=True)) is last
    assert await client.login(asks()) is mine
    assert [asked.method for asked in cloud.asked] == ["POST"]


async def test_another_users_token_is_no_proof(cloud: Cloud, client: Client) -> None:
    cloud.answers[EXAMINE] = lambda asked: cloud.token(status=200)
    error = await refused(client, user="admin", password="given-token", token=True)
    assert error.kind is ErrorKind.UNAUTHENTICATED


@pytest.mark.parametrize("token", ["a\r\nX-Injected: 1", "é", "\x7f"])
async def test_tokens_that_are_none_are_never_sent(cloud: Cloud, client: Client, token: str) -> None:
    assert (await refused(client, password=token, token=True)).kind is ErrorKind.UNAUTHENTICATED
    assert cloud.asked == []


@pytest.mark.parametrize(
    "date", ["Mon, 20 Nov 1995 19:12:08 -99999999999999", "Mon, 20 Nov 99999999999999 19:12:08 +0000"]
)
async def test_an_answer_from_no_day_of_any_calendar(cloud: Cloud, client: Client, date: str) -> None:
    examined = cloud.token(status=200)
    cloud.answers[EXAMINE] = Answer(examined.body, headers={**examined.headers, "Date": date})
    error = await refused(client, user="demo@Default", password="given-token", token=True)
    assert (error.kind, error.retryable) == (ErrorKind.UNAVAILABLE, True)


@pytest.mark.parametrize("status", [401, 403, 404])
async def test_a_token_that_is_over(cloud: Cloud, client: Client, status: int) -> None:
    cloud.answers[EXAMINE] = Answer(b"{}", status)
    assert (await refused(client, password="old", token=True)).kind is ErrorKind.UNAUTHENTICATED


async def test_a_name_in_another_case_is_told_the_right_one(cloud: Cloud, client: Client) -> None:
    error = await refused(client, user="DEMO")
    assert error.kind is ErrorKind.UNAUTHENTICATED
    assert error.message == "The cloud writes the name of this user 'demo@Default'"


async def test_without_a_project_the_only_one_is_taken(cloud: Cloud) -> None:
    client = Client(cloud.config("RegionOne"))

    def answer(asked: Asked) -> Answer:
        scoped = "scope" in asked.json["auth"]
        return cloud.token() if scoped else cloud.token(project=None, catalog=[])

    cloud.answers[LOGIN] = answer
    mine = [{"id": PROJECT, "name": "demo"}, {"id": "2", "name": "old", "enabled": False}]
    cloud.answers[PROJECTS] = Answer({"projects": mine})
    login = await client.login(asks())
    assert (login.token, login.project_id) == ("token-2", PROJECT)
    assert cloud.of("POST")[1].json["auth"]["scope"] == {"project": {"id": PROJECT}}

    cloud.answers[PROJECTS] = Answer({"projects": [{"id": "1", "name": "b"}, {"id": "2", "name": "a"}]})
    error = await refused(client, password="again")
    assert (error.kind, error.field) == (ErrorKind.INVALID, "provider")
    assert "They are a, b" in error.message

    cloud.answers[PROJECTS] = Answer({"projects": []})
    assert (await refused(client, password="more")).kind is ErrorKind.FORBIDDEN
    await client.close()


@pytest.mark.parametrize(
    ("answer", "kind", "retryable"),
    [
        (Answer(b"", 500), ErrorKind.UNAVAILABLE, True),
        (Answer(b"", 503), ErrorKind.UNAVAILABLE, True),
        (Answer(b"", 404), ErrorKind.UNAVAILABLE, False),
        (Answer(b"", 302, headers={"Location": "https://elsewhere.example/"}), ErrorKind.UNAVAILABLE, False),
        (Answer(b"", 429), ErrorKind.RATE_LIMITED, True),
        (Answer(b"<html>", 201, "text/html"), ErrorKind.UNAVAILABLE, True),
        (Answer({"token": {"expires_at": "soon"}}, 201), ErrorKind.UNAVAILABLE, True),
        (Answer({"token": {"expires_at": "2030-01-01T00:00:00Z"}}, 201), ErrorKind.UNAVAILABLE, True),
    ],
)
async def test_an_identity_service_in_trouble(
    cloud: Cloud, client: Client, answer: Answer, kind: ErrorKind, retryable: bool
) -> None:
    cloud.answers[LOGIN] = answer
    error = await refused(client)
    assert (error.kind, error.retryable) == (kind, retryable)


@pytest.mark.parametrize("status", [413, 429, 503])
async def test_an_identity_service_that_says_when_to_come_again(cloud: Cloud, client: Client, status: int) -> None:
    cloud.answers[LOGIN] = Answer(b"", status, headers={"Retry-After": "8"})
    error = await refused(client)
    kind = ErrorKind.UNAVAILABLE if status == 503 else ErrorKind.RATE_LIMITED
    assert (error.kind, error.retryable, error.retry_after) == (kind, True, 8)


@pytest.mark.parametrize(
    ("status", "content_type", "kind"),
    [
        (400, "text/html", ErrorKind.UNAVAILABLE),
        (403, "text/html", ErrorKind.UNAVAILABLE),
        (400, "application/json", ErrorKind.UNAUTHENTICATED),
        (403, "application/json", ErrorKind.UNAUTHENTICATED),
        (401, "text/html", ErrorKind.UNAUTHENTICATED),
    ],
)
async def test_a_page_is_no_refusal(
    cloud: Cloud, client: Client, status: int, content_type: str, kind: ErrorKind
) -> None:
    """Web servers say 400 to plain http on a port of https, and 403 to whom they do not know."""
    cloud.answers[LOGIN] = Answer(b"The plain HTTP request was sent to HTTPS port", status, content_type=content_type)
    with pytest.raises(Error) as caught:
        await client.login(asks())
    assert caught.value.kind is kind


async def test_a_token_that_holds_everything_it_stands_for(cloud: Cloud, client: Client) -> None:
    """Ten years ago tokens were signed documents with the whole catalog in them."""
    long = "MII" + "x" * 30_000

    def token(asked: Asked) -> Answer:
        told = cloud.token()
        return Answer(told.body, 201, headers={"X-Subject-Token": long})

    cloud.answers |= {LOGIN: token, "GET /image/v2/images": Answer({})}
    assert (await client.login(asks())).token == long


async def test_an_answer_without_domains(cloud: Cloud, client: Client) -> None:
    """Such a cloud knows the default domain alone: nobody of another one is let in by it."""
    user = {"id": "u", "name": "demo"}
    project = {"id": "p", "name": "demo"}
    cloud.answers[LOGIN] = lambda asked: cloud.token(user=user, project=project)
    assert (await client.login(asks())).project_id == "p"
    with pytest.raises(Error) as caught:
        await client.login(asks("demo@Corp"))
    assert caught.value.kind is ErrorKind.UNAUTHENTICATED


async def test_times_without_a_zone_are_utc(cloud: Cloud, client: Client) -> None:
    cloud.answers[LOGIN] = lambda asked: cloud.token(issued_at=None, expires_at="2099-01-01T00:00:00")
    assert (await client.login(asks())).token == "token-1"
    cloud.answers[LOGIN] = lambda asked: cloud.token(expires_at=None)
    with pytest.raises(Error) as caught:
        await client.login(asks(password="other"))
    assert caught.value.kind is ErrorKind.UNAVAILABLE
