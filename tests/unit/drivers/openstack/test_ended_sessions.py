"""Tokens that are over while a service still takes them for good: the service behind it refuses, in strange words."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec import Struct

from deltaic.drivers.openstack.client import Client
from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind
from tests.unit.drivers.openstack.cloud import Answer, Asked, Cloud, asks

SERVERS = "POST /compute/v2.1/servers"
TOKENS = "GET /identity/v3/auth/tokens"

#: What real services answered.
REFUSALS = [
    (400, "badRequest", "Not authorized for image 5f192b3c-4648-4f7c-9fe3-a94f614347f0."),
    (400, "badRequest", "Block Device Mapping is Invalid: failed to get volume 2695de37-c11c-4449-bd8c-e8952126e634."),
    (400, "badRequest", "Invalid image identifier or unable to access requested image."),
    (403, "forbidden", "HTTP 401 Unauthorized: This server could not verify that you are authorized."),
]
BROKEN = [
    "Unexpected API Error. Please contact the administrator\n<class 'cinderclient.exceptions.Unauthorized'>",
    "Unexpected API Error. Please contact the administrator\n<class 'nova.exception.ImageNotAuthorized'>",
]


class Server(Struct):
    name: str = ""


def fault(status: int, name: str, message: str) -> Answer:
    return Answer({name: {"code": status, "message": message}}, status)


def told(refusal: Answer) -> Callable[[Asked], Answer]:
    """A service that refuses until it sees the second token."""

    def answer(asked: Asked) -> Answer:
        return Answer({"name": "one"}, 202) if asked.headers["x-auth-token"] == "token-2" else refusal

    return answer


async def create(client: Client, context: Context | None = None) -> Server:
    return await client.create(context or asks(), "compute", "servers", {}, Server)


async def failed(client: Client, context: Context | None = None) -> Error:
    with pytest.raises(Error) as caught:
        await create(client, context)
    return caught.value


@pytest.mark.parametrize(("status", "name", "message"), REFUSALS)
async def test_a_refusal_for_a_token_that_is_over_is_no_refusal(
    cloud: Cloud, client: Client, status: int, name: str, message: str
) -> None:
    cloud.answers |= {SERVERS: told(fault(status, name, message)), TOKENS: Answer(b"", 401)}
    assert (await create(client)).name == "one"
    assert [one.headers["x-auth-token"] for one in cloud.of("POST", "/compute")] == ["token-1", "token-2"]
    asked = cloud.of("GET", "/identity/v3/auth/tokens")
    assert [(one.headers["x-auth-token"], one.headers["x-subject-token"]) for one in asked] == [("token-1", "token-1")]


@pytest.mark.parametrize("message", BROKEN)
async def test_what_may_have_begun_is_left_to_whoever_can_tell(cloud: Cloud, client: Client, message: str) -> None:
    refusal = fault(500, "computeFault", message)
    cloud.answers |= {SERVERS: told(refusal), TOKENS: Answer(b"", 401)}
    error = await failed(client)
    assert (error.kind, error.retryable) == (ErrorKind.UNAVAILABLE, True)
    assert len(cloud.of("POST", "/compute")) == 1
    assert (await create(client)).name == "one"


@pytest.mark.parametrize("answer", [Answer({"token": {}}), Answer({}, 403), Answer(b"", 404), Answer(b"", 503)])
async def test_a_refusal_with_a_token_that_lives_stays_one(cloud: Cloud, client: Client, answer: Answer) -> None:
    cloud.answers |= {SERVERS: told(fault(*REFUSALS[0])), TOKENS: answer}
    error = await failed(client)
    assert (error.kind, error.message) == (ErrorKind.INVALID, REFUSALS[0][2])
    assert len(cloud.of("POST", "/compute")) == 1


async def test_a_refusal_that_stays_one_with_a_new_token(cloud: Cloud, client: Client) -> None:
    cloud.answers |= {SERVERS: fault(*REFUSALS[0]), TOKENS: Answer(b"", 401)}
    assert (await failed(client)).kind is ErrorKind.INVALID
    assert len(cloud.of("POST", "/compute")) == 2


@pytest.mark.parametrize("status", [400, 403, 500])
async def test_other_refusals_ask_nobody(cloud: Cloud, client: Client, status: int) -> None:
    cloud.answers[SERVERS] = fault(status, "fault", "Policy doesn't allow os_compute_api:servers:create")
    await failed(client)
    assert cloud.of("GET", "/identity") == []


async def test_a_token_that_was_shown_is_over_for_who_showed_it(cloud: Cloud, client: Client) -> None:
    """Nobody can renew it: its owner reads that it is over, and nothing of an image."""
    alive = cloud.token(status=200)
    # Asked about twice: as it is shown, and when compute is refused with it; then it is over for good.
    cloud.answers |= {SERVERS: fault(*REFUSALS[0]), TOKENS: [alive, Answer(b"", 401)]}
    assert (await failed(client, asks("demo", "token-1", token=True))).kind is ErrorKind.UNAUTHENTICATED
