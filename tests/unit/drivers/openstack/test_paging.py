"""Lists that come in pages."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deltaic.drivers.openstack.client import Client
from deltaic.drivers.openstack.paging import next_query
from deltaic.model.errors import Error, ErrorKind
from tests.unit.drivers.openstack.cloud import Answer, Asked, Cloud, asks

LIST = "GET /compute/v2.1/servers"


@pytest.mark.parametrize(
    ("body", "query"),
    [
        ({"servers": [], "servers_links": [{"rel": "next", "href": "http://x/y?limit=1&marker=a"}]},
         [("limit", "1"), ("marker", "a")]),
        ({"ports": [], "ports_links": [{"rel": "previous", "href": "http://x/y?marker=a"}]}, None),
        ({"images": [], "first": "/v2/images", "next": "/v2/images?marker=b%20c"}, [("marker", "b c")]),
        ({"images": [], "first": "/v2/images"}, None),
        ({"regions": [], "links": {"next": None, "self": "x"}}, None),
        ({"regions": [], "links": {"next": "http://x/v3/regions?marker=2"}}, [("marker", "2")]),
        ({"servers": []}, None),
        ({"servers": None, "servers_links": None, "next": None, "links": None}, None),
        ({"regions": [], "links": None}, None),
        ({"ports": [], "ports_links": [None, {"rel": None}, {"rel": "next", "href": "?marker=a"}]}, [("marker", "a")]),
    ],
)  # fmt: skip
def test_the_next_page(body: dict[str, Any], query: list[tuple[str, str]] | None) -> None:
    assert next_query(json.dumps(body).encode()) == query


@pytest.mark.parametrize("body", [b"", b"[]", b'{"x_links": 7}', b'{"next": {}}', b'{"next": "http://[x?y=1"}'])
def test_nonsense_about_the_next_page(body: bytes) -> None:
    with pytest.raises(Error) as caught:
        next_query(body)
    assert caught.value.kind is ErrorKind.UNAVAILABLE


@given(st.dictionaries(st.sampled_from(["links", "next", "a_links"]), st.recursive(st.none() | st.text(), st.lists)))
def test_any_json_is_survived(body: dict[str, Any]) -> None:
    with contextlib.suppress(Error):
        query = next_query(json.dumps(body).encode())
        assert query is None or all(len(pair) == 2 for pair in query)


def page(name: str, marker: str, host: str = "http://elsewhere.example") -> Answer:
    links = [{"rel": "next", "href": f"{host}/v2.1/servers?marker={marker}&limit=1"}] if marker else []
    return Answer({"servers": [name], "servers_links": links})


async def test_pages_are_followed_on_the_address_that_answered_the_first(cloud: Cloud, client: Client) -> None:
    cloud.answers[LIST] = [page("a", "a"), page("b", "b"), page("c", "")]
    found = await client.pages(
        asks(), "compute", "servers", dict[str, Any], lambda one: one["servers"], query={"limit": "1"}
    )
    assert found == ["a", "b", "c"]
    assert [asked.query for asked in cloud.of("GET", "/compute/v2.1/servers")] == [
        "limit=1", "marker=a&limit=1", "marker=b&limit=1",
    ]  # fmt: skip


async def test_a_list_that_stands_still_ends(cloud: Cloud, client: Client) -> None:
    cloud.answers[LIST] = page("a", "a")
    found = await client.pages(asks(), "compute", "servers", dict[str, Any], lambda one: one["servers"])
    assert found == ["a", "a"]


async def test_a_list_without_an_end_is_given_up(cloud: Cloud, client: Client) -> None:
    numbers = iter(range(10_000))

    def endless(asked: Asked) -> Answer:
        return page("a", str(next(numbers)))

    cloud.answers[LIST] = endless
    with pytest.raises(Error) as caught:
        await client.pages(asks(), "compute", "servers", dict[str, Any], lambda one: one["servers"])
    assert caught.value.kind is ErrorKind.UNAVAILABLE
    assert len(cloud.of("GET", "/compute/v2.1/servers")) == 1000
