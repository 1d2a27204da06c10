"""Typed calls: addresses, headers, tokens, deadlines and faults."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from msgspec import Struct, structs

from deltaic.drivers.openstack import endpoints
from deltaic.drivers.openstack.client import Client, segment
from deltaic.drivers.openstack.errors import Subject
from deltaic.model.errors import Error, ErrorKind
from tests.unit.drivers.openstack.cloud import LOGIN, PROJECT, REQUEST_ID, Answer, Asked, Cloud, asks, recorded

SERVER = "GET /compute/v2.1/servers/1"


class Server(Struct):
    name: str = ""
    size: int = 0


async def failed(client: Client, path: str = "servers/1", **more: Any) -> Error:
    with pytest.raises(Error) as caught:
        await client.read(asks(), "compute", path, Server, **more)
    return caught.value


async def test_a_read_and_its_headers(cloud: Cloud, client: Client) -> None:
    cloud.answers[SERVER] = Answer({"name": "one", "size": "7"})
    assert await client.read(asks(), "compute", "servers/1", Server, query={"a": "x y", "b": ""}) == Server("one", 7)
    asked = cloud.of("GET", "/compute/v2.1/servers/1")[0]
    assert asked.query == "a=x%20y"
    assert asked.headers["x-auth-token"] == "token-1"
    assert asked.headers["openstack-api-version"] == "compute 2.96"
    assert asked.headers["x-openstack-nova-api-version"] == "2.96"
    assert asked.headers["x-openstack-request-id"] == f"req-{REQUEST_ID}"
    assert asked.headers["accept"] == "application/json"


async def test_the_microversion_is_asked_once_and_can_be_lowered(cloud: Cloud, client: Client) -> None:
    cloud.answers[SERVER] = Answer({})
    await client.read(asks(), "compute", "servers/1", Server)
    await client.call(asks(), "compute", "GET", "servers/1", microversion="2.91")
    await client.call(asks(), "compute", "GET", "servers/1", microversion="2.1")
    found = [asked.headers.get("openstack-api-version") for asked in cloud.of("GET", "/compute/v2.1/servers/1")]
    assert found == ["compute 2.96", "compute 2.91", None]
    assert len([asked for asked in cloud.asked if asked.path == "/compute/v2.1/"]) == 1
    assert await client.supports(asks(), "compute", "2.96") is True
    assert await client.supports(asks(), "compute", "2.97") is False
    assert await client.microversion(asks(), "block-storage") == (3, 71)
    assert await client.microversion(asks(), "network") == (0, 0)


async def test_a_cloud_of_ten_years_ago(cloud: Cloud, client: Client) -> None:
    cloud.answers["GET /compute/v2.1/"] = Answer({"version": {"id": "v2.1", "version": "", "min_version": ""}})
    cloud.answers[SERVER] = Answer({})
    await client.read(asks(), "compute", "servers/1", Server)
    asked = cloud.of("GET", "/compute/v2.1/servers/1")[0]
    assert "openstack-api-version" not in asked.headers
    assert "x-openstack-nova-api-version" not in asked.headers


@pytest.mark.parametrize(
    "answer",
    [
        Answer(b"<html>Welcome</html>", content_type="text/html"),
        Answer(b"", 302, headers={"Location": "/login"}),
        Answer(b"", 403),
        Answer({"version": None, "versions": None}),
        Answer([]),
    ],
)
async def test_a_version_page_that_is_hidden(cloud: Cloud, client: Client, answer: Answer) -> None:
    cloud.answers |= {"GET /compute/v2.1/": answer, SERVER: Answer({"name": "one"})}
    assert (await client.read(asks(), "compute", "servers/1", Server)).name == "one"
    assert "openstack-api-version" not in cloud.of("GET", "/compute/v2.1/servers/1")[0].headers


async def test_services_are_where_the_catalog_says(cloud: Cloud, client: Client) -> None:
    paths = {
        "image": "/image/v2/x", "network": "/network/v2.0/x", "identity": "/identity/v3/x",
        "block-storage": f"/volume/v3/{PROJECT}/x",
    }  # fmt: skip
    for service, path in paths.items():
        cloud.answers[f"GET {path}"] = Answer({"name": service})
        assert (await client.read(asks(), service, "x", Server)).name == service


async def test_writes(cloud: Cloud, client: Client) -> None:
    base = "/image/v2/images"
    cloud.answers |= {
        f"POST {base}": Answer({"name": "made"}, 201),
        f"PATCH {base}/1": Answer({"name": "changed"}),
        f"PUT {base}/1/file": Answer(b"", 204),
        f"DELETE {base}/1": Answer(b"", 204),
        f"POST {base}/1/actions/deactivate": Answer(b"", 204),
    }
    assert (await client.create(asks(), "image", "images", Server("a"), Server)).name == "made"
    patch = "application/openstack-images-v2.1-json-patch"
    changed = await client.update(
        asks(), "image", "images/1", [{"op": "x"}], Server, method="PATCH", content_type=patch
    )
    assert changed.name == "changed"
    await client.call(asks(), "image", "PUT", "images/1/file", body=b"\x00raw", content_type="application/octet-stream")
    assert (await client.act(asks(), "image", "images/1/actions/deactivate")).status == 204
    await client.remove(asks(), "image", "images/1")
    sent = [
        (one.method, one.headers.get("content-type", ""), one.body) for one in cloud.asked if one.path.startswith(base)
    ]
    assert sent == [
        ("POST", "application/json", b'{"name":"a","size":0}'),
        ("PATCH", patch, b'[{"op":"x"}]'),
        ("PUT", "application/octet-stream", b"\x00raw"),
        ("POST", "application/json", b"{}"),
        ("DELETE", "", b""),
    ]


async def test_a_forgotten_token_costs_one_login_and_one_replay(cloud: Cloud, client: Client) -> None:
    def answer(asked: Asked) -> Answer:
        return Answer({"name": "one"}) if asked.headers["x-auth-token"] == "token-2" else Answer(b"", 401)

    cloud.answers[SERVER] = answer
    assert (await client.read(asks(), "compute", "servers/1", Server)).name == "one"
    assert len(cloud.of("POST")) == 2
    assert len(cloud.of("GET", "/compute/v2.1/servers/1")) == 2


async def test_a_service_that_knows_no_token_is_asked_twice(cloud: Cloud, client: Client) -> None:
    """The login itself was good: nobody is refused for ever because of a service that lags behind."""
    cloud.answers[SERVER] = Answer(b"", 401)
    error = await failed(client)
    assert (error.kind, error.retryable) == (ErrorKind.UNAVAILABLE, True)
    assert len(cloud.of("GET", "/compute/v2.1/servers/1")) == 2
    assert len(cloud.of("POST")) == 2


async def test_versions_that_are_told_to_no_forgotten_token(cloud: Cloud, client: Client) -> None:
    def answer(asked: Asked) -> Answer:
        good = asked.headers["x-auth-token"] == "token-2"
        return Answer(recorded("block_storage_version.json"), 300) if good else Answer(b"", 401)

    cloud.answers["GET /volume/v3/"] = answer
    assert await client.microversion(asks(), "block-storage") == (3, 71)
    assert len(cloud.of("POST")) == 2


@pytest.mark.parametrize(("status", "kind"), [(401, ErrorKind.UNAUTHENTICATED), (503, ErrorKind.UNAVAILABLE)])
async def test_versions_that_nobody_is_told(cloud: Cloud, client: Client, status: int, kind: ErrorKind) -> None:
    cloud.answers["GET /volume/v3/"] = Answer(b"", status)
    with pytest.raises(Error) as caught:
        await client.microversion(asks(), "block-storage")
    assert caught.value.kind is kind
    cloud.answers["GET /volume/v3/"] = Answer(b"", 404)
    assert await client.microversion(asks(), "block-storage") == (3, 0)


async def test_redirects_are_not_followed(cloud: Cloud, client: Client) -> None:
    cloud.answers[SERVER] = Answer(b"", 302, headers={"Location": f"{cloud.url}/stolen"})
    error = await failed(client)
    assert (error.kind, error.retryable) == (ErrorKind.UNAVAILABLE, False)
    assert cloud.of("GET", "/stolen") == []


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"name": {}}', b"\xff", b"[" * 100_000])
async def test_nonsense_is_an_error(cloud: Cloud, client: Client, body: bytes) -> None:
    cloud.answers[SERVER] = Answer(body)
    assert (await failed(client)).kind is ErrorKind.UNAVAILABLE


async def test_a_fault_names_its_subject(cloud: Cloud, client: Client) -> None:
    error = await failed(client, subject=Subject("instance", "1"))
    assert (error.kind, error.resource, error.resource_id) == (ErrorKind.NOT_FOUND, "instance", "1")


def over(status: int, words: str, **headers: str) -> Answer:
    return Answer({"overLimit": {"code": status, "message": words}}, status, headers=headers)


RATE = "This request was rate-limited."


@pytest.mark.parametrize(
    ("answer", "kind", "seconds"),
    [
        (over(429, RATE, **{"Retry-After": "7"}), ErrorKind.RATE_LIMITED, 7),
        (over(413, RATE, **{"Retry-After": "7"}), ErrorKind.RATE_LIMITED, 7),
        (over(413, "Over limit.", **{"Retry-After": "7"}), ErrorKind.RATE_LIMITED, 7),
        (Answer(b"", 413, headers={"Retry-After": "7"}), ErrorKind.RATE_LIMITED, 7),
        (over(413, "Over limit.", **{"Retry-After": "0"}), ErrorKind.QUOTA, 0),
        (over(413, "Quota exceeded for cores", **{"Retry-After": "7"}), ErrorKind.QUOTA, 0),
        (Answer(b"", 413), ErrorKind.INVALID, 0),
        (Answer(b"", 503, "text/html", {"Retry-After": "7"}), ErrorKind.UNAVAILABLE, 7),
        (
            Answer(b"", 503, headers={"Retry-After": "Tue, 03 Nov 2026 12:00:07 GMT",
                                      "Date": "Tue, 03 Nov 2026 12:00:00 GMT"}),
            ErrorKind.UNAVAILABLE, 7,
        ),
        (Answer(b"", 503, headers={"Retry-After": "soon"}), ErrorKind.UNAVAILABLE, 0),
        (over(429, RATE), ErrorKind.RATE_LIMITED, 0),
        (Answer(b"", 409, headers={"Retry-After": "7"}), ErrorKind.CONFLICT, 0),
    ],
)  # fmt: skip
async def test_a_service_that_says_when_to_come_again(
    cloud: Cloud, client: Client, answer: Answer, kind: ErrorKind, seconds: int
) -> None:
    cloud.answers[SERVER] = answer
    error = await failed(client)
    assert (error.kind, error.retry_after) == (kind, seconds)


async def test_a_version_page_that_says_when_to_come_again(cloud: Cloud, client: Client) -> None:
    cloud.answers["GET /compute/v2.1/"] = Answer(b"", 503, headers={"Retry-After": "7"})
    error = await failed(client)
    assert (error.kind, error.retry_after) == (ErrorKind.UNAVAILABLE, 7)


async def test_the_deadline_holds(cloud: Cloud, client: Client) -> None:
    await client.login(asks())
    late = structs.replace(asks(), deadline=0.0)
    with pytest.raises(Error) as caught:
        await client.read(late, "network", "networks", Server)
    assert caught.value.kind is ErrorKind.TIMEOUT
    assert cloud.of("GET", "/network") == []


async def test_a_request_id_that_is_no_uuid_is_not_sent(cloud: Cloud, client: Client) -> None:
    cloud.answers[SERVER] = Answer({})
    await client.read(structs.replace(asks(), request_id="a\r\nb"), "compute", "servers/1", Server)
    assert "x-openstack-request-id" not in cloud.of("GET", "/compute/v2.1/servers/1")[0].headers


async def test_regions(cloud: Cloud) -> None:
    cloud.answers["POST /identity/v3/auth/tokens"] = lambda asked: cloud.token(catalog=cloud.catalog("East", "West"))
    named = Client(cloud.config("West;demo"))
    assert await named.region(asks()) == "West"
    assert await named.region(asks(region="East")) == "East"
    with pytest.raises(Error) as caught:
        await named.region(asks(region="North"))
    assert (caught.value.kind, caught.value.resource, caught.value.resource_id) == (
        ErrorKind.NOT_FOUND, "data_center", "North",
    )  # fmt: skip
    unnamed = Client(cloud.config(";demo"))
    with pytest.raises(Error) as caught:
        await unnamed.region(asks())
    assert (caught.value.kind, caught.value.field) == (ErrorKind.INVALID, "provider")
    await asyncio.gather(named.close(), unnamed.close())


async def test_characters_that_are_none(cloud: Cloud, client: Client) -> None:
    with pytest.raises(Error) as caught:
        await client.create(asks(), "image", "images", Server("\ud800"), Server)
    assert caught.value.kind is ErrorKind.INVALID
    assert (await failed(client, query={"name": "\ud800"})).kind is ErrorKind.NOT_FOUND


@pytest.mark.parametrize(
    ("text", "path"),
    [("a-1", "a-1"), ("../x", "..%2Fx"), ("a?b#c", "a%3Fb%23c"), ("..", "%25.."), ("", "%25"), ("\ud800", "%3F")],
)
def test_an_id_stays_one_segment(text: str, path: str) -> None:
    assert segment(text) == path


async def test_a_caller_whose_token_ended_spoils_no_other_s_question(cloud: Cloud, client: Client) -> None:
    def login(asked: Asked) -> Answer:
        name = asked.json["auth"]["identity"]["password"]["user"]["name"]
        return cloud.token(user={"id": name, "name": name, "domain": {"id": "default", "name": "Default"}})

    cloud.answers[LOGIN] = login
    # The first one's token, and that of her second login.
    refused = {"token-1", "token-3"}

    def versions(asked: Asked) -> Answer:
        bad = asked.headers["x-auth-token"] in refused
        return Answer(b"", 401) if bad else Answer(recorded("block_storage_version.json"), 300)

    cloud.answers["GET /volume/v3/"] = versions
    await client.login(asks("eve"))
    await client.login(asks("bob"))
    answers = await asyncio.gather(
        client.microversion(asks("eve"), "block-storage"),
        client.microversion(asks("bob"), "block-storage"),
        return_exceptions=True,
    )
    assert isinstance(answers[0], Error)
    assert answers[0].kind is ErrorKind.UNAUTHENTICATED
    assert answers[1] == (3, 71)


async def test_a_version_that_was_not_told_is_asked_for_again_soon(
    cloud: Cloud, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.answers["GET /volume/v3/"] = Answer(b"<h1>Not Found</h1>", 404, "text/html")
    assert await client.microversion(asks(), "block-storage") == (3, 0)
    cloud.answers["GET /volume/v3/"] = Answer(recorded("block_storage_version.json"), 300)
    assert await client.microversion(asks(), "block-storage") == (3, 0)
    monkeypatch.setattr(endpoints, "GUESS_SECONDS", 0.0)
    assert await client.microversion(asks(), "block-storage") == (3, 71)
