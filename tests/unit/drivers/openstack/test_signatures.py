"""Asking the identity service about signatures."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from deltaic.drivers.openstack.driver import OpenstackDriver
from deltaic.model.errors import Error, ErrorKind
from tests.unit.drivers.openstack.cloud import LOGIN, Answer, Asked, Cloud, asks
from tests.unit.drivers.openstack.test_claims import HEADER

CHECK = "POST /identity/v3/ec2tokens"
EXAMINE = "GET /identity/v3/auth/tokens"
OPTIONS = {"service_user": "deltaic", "service_password": "service-secret"}
SERVICE = {"id": "9", "name": "deltaic", "domain": {"id": "default", "name": "Default"}}
CORP = {"id": "7", "name": "Corp"}


def logins(cloud: Cloud, asked: Asked) -> Answer:
    name = asked.json["auth"]["identity"]["password"]["user"]["name"]
    return cloud.token(user=SERVICE) if name == "deltaic" else cloud.token()


@pytest.fixture
async def driver(cloud: Cloud) -> AsyncIterator[OpenstackDriver]:
    cloud.answers[LOGIN] = lambda asked: logins(cloud, asked)
    made = OpenstackDriver(cloud.config(options=OPTIONS))
    yield made
    await made.close()


async def refused(driver: OpenstackDriver) -> Error:
    with pytest.raises(Error) as caught:
        await driver.verify(asks("", ""), HEADER)
    return caught.value


async def test_a_good_signature_brings_a_token_that_needs_no_further_question(
    cloud: Cloud, driver: OpenstackDriver
) -> None:
    user = {"id": "1", "name": "eve", "domain": CORP}
    project = {"id": "2", "name": "web;1", "domain": CORP}
    cloud.answers[CHECK] = lambda asked: cloud.token(seconds=1200, status=200, user=user, project=project)
    grant = await driver.verify(asks("", ""), HEADER)
    assert (grant.user, grant.view, grant.token.reveal()) == ("eve@Corp", "web%3B1;Corp", "token-2")
    assert abs(grant.expires_at - datetime.now(UTC) - timedelta(seconds=1140)) < timedelta(seconds=20)
    asked = cloud.of("POST", "/identity/v3/ec2tokens")[0]
    assert asked.headers["x-auth-token"] == "token-1"
    assert asked.json["credentials"]["access"] == "AK"
    assert cloud.of("POST")[0].json["auth"]["scope"]["project"]["name"] == "service"

    before = len(cloud.asked)
    assert await driver.login(asks(grant.user, grant.token.reveal(), view=grant.view, token=True)) == "1"
    assert len(cloud.asked) == before


async def test_a_token_whose_meaning_was_forgotten_is_examined_by_the_service(
    cloud: Cloud, driver: OpenstackDriver
) -> None:
    cloud.answers[EXAMINE] = lambda asked: cloud.token(status=200)
    await driver.login(asks("demo@Default", "granted", token=True))
    asked = cloud.of("GET", "/identity/v3/auth/tokens")[0]
    assert (asked.headers["x-auth-token"], asked.headers["x-subject-token"]) == ("token-1", "granted")


async def test_an_unknown_key(cloud: Cloud, driver: OpenstackDriver) -> None:
    cloud.answers[CHECK] = Answer({"error": {"code": 404, "message": "EC2 access key not found."}}, 404)
    error = await refused(driver)
    assert (error.kind, error.context) == (ErrorKind.UNAUTHENTICATED, {"reason": "unknown_key"})


async def test_a_bad_signature_costs_one_look_at_the_services_own_token(cloud: Cloud, driver: OpenstackDriver) -> None:
    cloud.answers[CHECK] = Answer(b"", 401)
    cloud.answers[EXAMINE] = lambda asked: cloud.token(status=200)
    for _ in range(3):
        error = await refused(driver)
        assert (error.kind, error.context) == (ErrorKind.UNAUTHENTICATED, {"reason": "bad_signature"})
    paths = [asked.path.removeprefix("/identity/v3") for asked in cloud.asked]
    assert paths == ["/auth/tokens", "/ec2tokens", "/auth/tokens", "/ec2tokens", "/ec2tokens"]


async def test_a_service_token_that_was_forgotten_is_renewed(cloud: Cloud, driver: OpenstackDriver) -> None:
    def check(asked: Asked) -> Answer:
        return Answer(b"", 401) if asked.headers["x-auth-token"] == "token-1" else cloud.token(status=200)

    cloud.answers[CHECK] = check
    cloud.answers[EXAMINE] = Answer(b"", 401)
    grant = await driver.verify(asks("", ""), HEADER)
    assert grant.user == "demo@Default"
    assert grant.token.reveal() == "token-3"


async def test_a_service_that_says_when_to_come_again(cloud: Cloud, driver: OpenstackDriver) -> None:
    cloud.answers[CHECK] = Answer(b"", 429, headers={"Retry-After": "8"})
    error = await refused(driver)
    assert (error.kind, error.retry_after) == (ErrorKind.RATE_LIMITED, 8)


async def test_faults_of_the_services_own_login_are_not_the_callers(cloud: Cloud, driver: OpenstackDriver) -> None:
    cloud.answers[CHECK] = Answer(b"", 403)
    error = await refused(driver)
    assert (error.kind, error.retryable) == (ErrorKind.UNAVAILABLE, False)
    cloud.answers[LOGIN] = Answer(b"", 401)
    other = OpenstackDriver(cloud.config(options=OPTIONS))
    error = await refused(other)
    assert (error.kind, error.retryable) == (ErrorKind.UNAVAILABLE, False)
    assert "service-secret" not in str(error)
    await other.close()


async def test_an_identity_service_in_trouble_may_be_asked_again(cloud: Cloud, driver: OpenstackDriver) -> None:
    page = b"<html><body><h1>Not Found</h1><p>The requested URL was not found on this server.</p></body></html>"
    for answer in (Answer(b"", 503), Answer(page, 404, "text/html")):
        cloud.answers[CHECK] = answer
        error = await refused(driver)
        assert (error.kind, error.retryable) == (ErrorKind.UNAVAILABLE, True)


async def test_many_signatures_share_the_services_login(cloud: Cloud, driver: OpenstackDriver) -> None:
    cloud.answers[CHECK] = lambda asked: cloud.token(status=200)
    await asyncio.gather(*(driver.verify(asks("", ""), HEADER) for _ in range(5)))
    assert len(cloud.of("POST", "/identity/v3/auth")) == 1


async def test_without_a_service_login_the_cloud_is_not_asked(cloud: Cloud) -> None:
    driver = OpenstackDriver(cloud.config())
    assert driver.capability.signed_requests is False
    error = await refused(driver)
    assert error.kind is ErrorKind.UNSUPPORTED
    assert cloud.asked == []
