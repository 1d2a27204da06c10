"""Which format an answer has, and who gets a page."""

from __future__ import annotations

from typing import Any

import pytest

from deltaic.frontends.deltacloud import DeltacloudFrontend
from tests.support.asgi import ask
from tests.unit.frontends.deltacloud.conftest import Client, Pages

XML, JSON, SVG, GV, HTML = (
    "application/xml", "application/json", "image/svg+xml", "text/vnd.graphviz", "text/html",
)  # fmt: skip


@pytest.mark.parametrize(
    ("path", "accept", "parameters", "type_"),
    [
        ("/realms", None, {}, XML),
        ("/realms", "application/json", {}, JSON),
        ("/realms", "application/json;q=0.4, text/xml", {}, XML),
        ("/realms", "application/xml", {"format": "json"}, JSON),
        ("/realms.json", "application/xml", {}, JSON),
        ("/realms.xml", "application/json", {"format": "json"}, JSON),
        ("/realms.JSON", None, {}, JSON),
        (".json", None, {}, JSON),
        (";driver=fake", "application/json", {}, JSON),
        ("/instance_states", "image/svg+xml", {}, SVG),
        ("/instance_states.gv", None, {}, GV),
        ("/images", "*/*", {}, HTML),
        ("/images", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", {}, HTML),
        ("/images.html", None, {}, HTML),
        # There is no page for these: people see the document.
        ("/realms", "*/*", {}, XML),
        ("/realms", "text/html", {}, XML),
        ("/realms", "application/xhtml+xml", {}, XML),
        # Pages are of the session's data center, whatever a path says.
        (";provider=default/images", "*/*", {}, XML),
        ("/images;provider=default", "text/html", {}, XML),
        (";driver=fake", "text/html", {}, XML),
    ],
)
async def test_the_format_that_is_asked_for(
    deltacloud: Client, path: str, accept: str | None, parameters: dict[str, str], type_: str
) -> None:
    answer = await deltacloud.send("GET", path, parameters, headers={"Accept": accept} if accept else {})

    assert (answer.status, answer.headers["content-type"].partition(";")[0]) == (200, type_)


@pytest.mark.parametrize(
    ("path", "accept", "parameters"),
    [
        ("/realms", "text/csv", {}),
        ("/realms", "image/png", {}),
        ("/realms", "application/xml", {"format": "yaml"}),
        ("/realms", "text/html", {"format": "yaml"}),
        ("/realms.svg", None, {}),
        ("/realms.html", None, {}),
    ],
)
async def test_what_there_is_not_is_406(
    deltacloud: Client, path: str, accept: str | None, parameters: dict[str, str]
) -> None:
    answer = await deltacloud.send("GET", path, parameters, headers={"Accept": accept} if accept else {})

    assert answer.status == 406
    assert b"<code>406</code>" in answer.body


async def test_a_key_may_have_a_dot_in_its_name(deltacloud: Client) -> None:
    made = await deltacloud.send("POST", "/keys", {"name": "my.json"})

    assert made.status == 201
    assert (await deltacloud.xml("/keys/my.json")).get("id") == "my.json"


async def test_a_tool_that_changes_something_gets_no_page(deltacloud: Client) -> None:
    answer = await deltacloud.send("POST", "/keys", {"name": "k"}, headers={"Accept": "*/*"})

    assert (answer.status, answer.headers["content-type"]) == (201, XML)


async def test_head_tells_what_get_tells(deltacloud: Client) -> None:
    for path in ("", "/realms", "/drivers", "/instance_states", "/instances", "/images/nope"):
        told = await deltacloud.send("GET", path)
        head = await deltacloud.send("HEAD", path)

        assert (head.status, head.body) == (told.status, b"")
        assert head.headers["content-length"] == str(len(told.body))
        assert head.headers.get("etag") == told.headers.get("etag")


async def test_what_a_client_has_is_not_sent_again(deltacloud: Client) -> None:
    told = await deltacloud.send("GET", "/realms")
    again = await deltacloud.send("GET", "/realms", headers={"If-None-Match": told.headers["etag"]})

    assert (again.status, again.body) == (304, b"")


async def test_a_page_is_found_by_its_extension_too(deltacloud: Client) -> None:
    asked = []

    class Noting(Pages):
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            asked.append(scope["path"])
            await super().__call__(scope, receive, send)

    app = DeltacloudFrontend(deltacloud.gateway.services, pages=Noting())
    for path in ("/api/images", "/api/images.html"):
        await ask(app, "GET", path, "", {"Accept": "text/html"}, b"")

    assert asked == ["/api/images", "/api/images"]
