"""Nodes of one service that are of different ages: what one refuses another has agreed to a moment ago."""

from __future__ import annotations

import asyncio

import pytest
from msgspec import Struct

from deltaic.drivers.openstack.client import Client
from deltaic.drivers.openstack.microversions import Number, number
from deltaic.model.errors import Error, ErrorKind
from tests.unit.drivers.openstack.cloud import PROJECT, Answer, Asked, Cloud, asks

SERVERS = "/compute/v2.1/servers"
VERSIONS = "/compute/v2.1/"


class Server(Struct):
    name: str = ""


def versions(newest: str) -> Answer:
    return Answer({"version": {"id": "v2.1", "version": newest, "min_version": "2.1"}})


def spoken(asked: Asked) -> str:
    return asked.headers.get("openstack-api-version", "").partition(" ")[2]


class Node:
    """Answers what it is old enough for; `words` are its refusal's."""

    def __init__(self, newest: str, words: str = "", answer: Answer | None = None) -> None:
        self.newest = newest
        self.words = words or "Version {} is not supported by the API. Minimum is 2.1 and maximum is {}."
        self.answer = answer or Answer({"name": "one"})
        self.heard: list[str] = []

    def __call__(self, asked: Asked) -> Answer:
        self.heard.append(spoken(asked))
        if (number(spoken(asked)) or (0, 0)) <= (number(self.newest) or (0, 0)):
            return self.answer
        words = self.words.format(spoken(asked), self.newest)
        return Answer({"computeFault": {"code": 406, "message": words}}, 406)


async def read(client: Client, service: str = "compute") -> str:
    return (await client.read(asks(), service, "servers/1", Server)).name


async def failed(client: Client, service: str = "compute") -> Error:
    with pytest.raises(Error) as caught:
        await read(client, service)
    return caught.value


async def test_an_older_node_is_spoken_to_as_it_wants(cloud: Cloud, client: Client) -> None:
    node = cloud.answers[f"GET {SERVERS}/1"] = Node("2.93")
    assert [await read(client), await read(client)] == ["one", "one"]
    assert node.heard == ["2.96", "2.93", "2.93"]
    assert len(cloud.of("GET", VERSIONS)) == 1 + len(node.heard)
    assert await client.microversion(asks(), "compute") == (2, 93)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_what_was_refused_was_not_done_and_is_sent_again(cloud: Cloud, client: Client, method: str) -> None:
    cloud.answers[f"{method} {SERVERS}/1"] = Node("2.93")
    body = None if method == "DELETE" else {"reboot": {"type": "SOFT"}}
    await client.call(asks(), "compute", method, "servers/1", query={"a": "b"}, body=body)
    first, second = cloud.of(method, SERVERS)
    assert (first.body, first.query) == (second.body, second.query)
    assert [spoken(first), spoken(second)] == ["2.96", "2.93"]


async def test_block_storage_says_so_too(cloud: Cloud, client: Client) -> None:
    node = cloud.answers[f"GET /volume/v3/{PROJECT}/servers/1"] = Node("3.70")
    assert await read(client, "block-storage") == "one"
    assert node.heard == ["3.71", "3.70"]


async def test_a_refusal_without_words_has_the_versions_asked_again(cloud: Cloud, client: Client) -> None:
    cloud.answers[f"GET {VERSIONS}"] = [versions("2.96"), versions("2.93")]
    node = cloud.answers[f"GET {SERVERS}/1"] = Node("2.93", "No.")
    assert await read(client) == "one"
    assert node.heard == ["2.96", "2.93"]
    assert await client.microversion(asks(), "compute") == (2, 93)


async def test_many_at_once_learn_it_together(cloud: Cloud, client: Client) -> None:
    await client.microversion(asks(), "compute")
    node = cloud.answers[f"GET {SERVERS}/1"] = Node("2.93")
    assert await asyncio.gather(*(read(client) for _ in range(20))) == ["one"] * 20
    assert node.heard.count("2.93") == 20
    assert node.heard.count("2.96") <= 20


async def test_the_oldest_node_of_three_counts(cloud: Cloud, client: Client) -> None:
    """Meanwhile another request met an older one."""

    async def lower(to: Number) -> None:
        await client.endpoints.agree_again(asks(), await client.login(asks()), "compute", to)

    await client.microversion(asks(), "compute")
    await lower((2, 90))
    await lower((2, 93))
    assert await client.microversion(asks(), "compute") == (2, 90)
    await lower((1, 0))
    assert await client.microversion(asks(), "compute") == (2, 1)


@pytest.mark.parametrize(
    "words", ["No.", "Minimum is 2.97 and maximum is 2.100.", "maximum is soon", "maximum is 2.2.2"]
)
async def test_who_refuses_everything_is_asked_twice(cloud: Cloud, client: Client, words: str) -> None:
    node = cloud.answers[f"GET {SERVERS}/1"] = Node("2.0", words)
    error = await failed(client)
    assert (error.kind, error.retryable) == (ErrorKind.UNSUPPORTED, False)
    assert len(node.heard) == 2


async def test_a_refusal_of_no_version_is_none_of_versions(cloud: Cloud, client: Client) -> None:
    refusal = Answer(b"Not Acceptable", 406, "text/plain")
    cloud.answers |= {f"GET {VERSIONS}": versions(""), f"GET {SERVERS}/1": refusal}
    cloud.answers["GET /network/v2.0/servers/1"] = refusal
    for service in ("compute", "network"):
        assert (await failed(client, service)).kind is ErrorKind.UNSUPPORTED
    assert [len(cloud.of("GET", path)) for path in (f"{SERVERS}/1", "/network")] == [1, 1]


async def test_what_was_written_for_the_newer_one_is_not_sent_to_the_older(cloud: Cloud, client: Client) -> None:
    """Its members may mean nothing there, or something else: the caller writes it anew."""
    node = cloud.answers[f"POST {SERVERS}"] = Node("2.88")
    assert await client.supports(asks(), "compute", "2.90") is True
    with pytest.raises(Error) as caught:
        await client.create(asks(), "compute", "servers", {"hostname": "web"}, Server)
    assert (caught.value.kind, caught.value.retryable) == (ErrorKind.UNAVAILABLE, True)
    assert node.heard == ["2.96"]
    assert await client.supports(asks(), "compute", "2.90") is False
    assert (await client.create(asks(), "compute", "servers", {}, Server)).name == "one"
    assert node.heard == ["2.96", "2.88"]


async def test_a_call_that_was_lowered_stays_below(cloud: Cloud, client: Client) -> None:
    node = cloud.answers[f"GET {SERVERS}/1"] = Node("2.90")
    await client.call(asks(), "compute", "GET", "servers/1", microversion="2.61")
    await client.call(asks(), "compute", "GET", "servers/1", microversion="2.91")
    assert node.heard == ["2.61", "2.91", "2.90"]
