"""HTTP around the resources: logins, formats, methods, errors, entity tags."""

from __future__ import annotations

import json

import pytest

from deltaic.frontends.cimi.site import COLLECTIONS
from deltaic.protocols.cimi.table import ENTRY_ATTRIBUTE
from tests.support.asgi import ask
from tests.unit.frontends.cimi.conftest import BASE, Client, job
from tests.unit.frontends.conftest import VM, Gateway


async def test_the_entry_point_needs_no_login_and_no_engine(gateway: Gateway) -> None:
    answer = await ask(gateway.cimi, "GET", "/cimi/cloudEntryPoint", headers={"Accept": "application/json"})
    document = json.loads(answer.body)
    assert (answer.status, document["resourceURI"]) == (200, "http://schemas.dmtf.org/cimi/1/CloudEntryPoint")
    assert document["id"] == f"{BASE}/cloudEntryPoint"
    assert document["baseURI"] == f"{BASE}/"
    hrefs = {name: value["href"] for name, value in document.items() if isinstance(value, dict)}
    assert hrefs == {ENTRY_ATTRIBUTE[one.item]: f"{BASE}/{one.path}" for one in COLLECTIONS}
    assert hrefs["machineConfigs"] == f"{BASE}/machine_configurations"
    assert gateway.driver.instances.calls == []


@pytest.mark.parametrize("path", ["/cimi", "/cimi/"])
async def test_the_mount_leads_to_the_entry_point(gateway: Gateway, path: str) -> None:
    answer = await ask(gateway.cimi, "GET", path)
    assert (answer.status, answer.headers["location"]) == (301, f"{BASE}/cloudEntryPoint")


@pytest.mark.parametrize("header", ["", "Basic !!!", "Basic YWRtaW4=", "Bearer token"])
async def test_everything_else_needs_a_login(gateway: Gateway, header: str) -> None:
    answer = await ask(gateway.cimi, "GET", "/cimi/machines", headers={"Authorization": header} if header else {})
    assert answer.status == 401
    assert answer.headers["www-authenticate"].startswith("Basic ")
    assert job(answer)["state"] == "FAILED"


@pytest.mark.parametrize(
    ("accept", "query", "media"),
    [
        ("application/xml", "", "application/xml"),
        ("application/json", "", "application/json"),
        ("application/json; charset=utf-8", "", "application/json"),
        ("*/*; q=0.5, application/xml", "", "application/xml"),
        ("*/*", "", "application/json"),
        ("application/xml", "$format=JSON", "application/json"),
        ("text/csv", "%24format=xml", "application/xml"),
        ("application/json", "format=xml", "application/xml"),
    ],
)
async def test_the_format_is_negotiated(cimi: Client, accept: str, query: str, media: str) -> None:
    answer = await cimi.send("GET", "/machines", query=query, Accept=accept)
    assert (answer.status, answer.headers["content-type"]) == (200, media)
    assert answer.headers["cimi-specification-version"] == "1.1.0"


async def test_without_accept_the_answer_is_xml(cimi: Client) -> None:
    answer = await cimi.send("GET", "/machines")
    assert answer.text.startswith('<?xml version="1.0" encoding="UTF-8"?>')
    assert answer.headers["content-type"] == "application/xml"


@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "status"),
    [
        ("GET", "/nothing", "", {}, 404),
        ("GET", "/machines/none", "", {}, 404),
        ("GET", "/machines/none/disks", "", {}, 404),
        ("GET", f"/machines/{VM}/networkInterfaces/none/addresses", "", {}, 404),
        ("GET", f"/machines/{VM}/nothing", "", {}, 404),
        ("GET", "/machine_images/none", "", {}, 404),
        ("GET", "/machines", "", {"Accept": "text/csv"}, 406),
        ("GET", "/machines", "", {"CIMI_Specification_Version": "7.0"}, 400),
        ("POST", "/machines", "name=x", {"Content_Type": "application/x-www-form-urlencoded"}, 415),
        ("POST", "/machines", "<Machine/>", {"Content_Encoding": "gzip"}, 415),
        ("POST", "/machines", "", {}, 400),
        ("POST", "/machines", "<Machine><", {}, 400),
        ("POST", "/machines", "{", {}, 400),
        ("POST", "/machines", "x" * ((1 << 20) + 1), {}, 413),
        ("POST", "/machines", "<Machine/>", {"Content_Length": "many"}, 400),
        ("POST", f"/machines/{VM}", "", {}, 400),
        ("PUT", f"/machines/{VM}", "", {}, 400),
        ("PUT", "/machines/none", "{}", {}, 404),
        ("POST", f"/machines/{VM}/start", "<Action><action>stop</action></Action>", {}, 400),
        ("POST", f"/machines/{VM}", "<Action><action>explode</action></Action>", {}, 400),
    ],
)
async def test_errors_are_jobs(
    cimi: Client, method: str, path: str, body: str, headers: dict[str, str], status: int
) -> None:
    answer = await cimi.send(method, path, body, **headers)
    told = job(answer)
    assert answer.status == status
    assert (told["state"], int(told["returnCode"]), int(told["progress"])) == ("FAILED", status, 100)
    assert told["statusMessage"]


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("POST", "/cloudEntryPoint", "GET, HEAD, OPTIONS"),
        ("DELETE", "/machines", "GET, HEAD, POST, OPTIONS"),
        ("PATCH", f"/machines/{VM}", "GET, HEAD, POST, PUT, DELETE, OPTIONS"),
        ("POST", "/resource_metadata", "GET, HEAD, OPTIONS"),
        ("DELETE", "/resource_metadata/x", "GET, HEAD, OPTIONS"),
        ("GET", f"/machines/{VM}/start", "POST, OPTIONS"),
    ],
)
async def test_methods_that_are_not_offered(cimi: Client, method: str, path: str, allow: str) -> None:
    refused = await cimi.send(method, path, Accept="application/json")
    assert (refused.status, refused.headers["allow"]) == (405, allow)
    assert job(refused)["returnCode"] == 405
    asked = await cimi.send("OPTIONS", path)
    assert (asked.status, asked.headers["allow"], asked.body) == (204, allow, b"")


async def test_head_tells_what_get_would(cimi: Client) -> None:
    whole = await cimi.send("GET", f"/machines/{VM}")
    head = await cimi.send("HEAD", f"/machines/{VM}")
    assert (head.status, head.body) == (200, b"")
    for name in ("content-type", "content-length", "etag"):
        assert head.headers[name] == whole.headers[name]


async def test_an_entity_tag_saves_the_answer_and_guards_a_change(cimi: Client) -> None:
    tag = (await cimi.send("GET", f"/machines/{VM}", Accept="application/json")).headers["etag"]
    known = await cimi.send("GET", f"/machines/{VM}", Accept="application/json", If_None_Match=tag)
    assert (known.status, known.body) == (304, b"")
    for method, path in (("DELETE", ""), ("POST", "/stop"), ("GET", ""), ("PUT", "")):
        assert (
            await cimi.send(method, f"/machines/{VM}{path}", '{"action": "stop"}', If_Match='"another"')
        ).status == 412
    assert [verb for verb, _ in cimi.gateway.driver.instances.changes] == []
    assert (await cimi.send("POST", f"/machines/{VM}/stop", If_Match=tag)).status == 202


async def test_a_defect_is_told_without_its_trace(cimi: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("secret words")

    monkeypatch.setattr(cimi.gateway.driver.images, "list", broken)
    answer = await cimi.send("GET", "/machine_images")
    assert (answer.status, job(answer)["statusMessage"]) == (500, "The request failed inside the gateway")
    assert "secret" not in answer.text


async def test_a_body_too_large_is_not_collected(gateway: Gateway, cimi: Client) -> None:
    chunks = [b"x" * 65536] * 20
    login = {"Authorization": "Basic YWRtaW5AaW50ZXJuYWw6ZGVsdGFpYw=="}
    answer = await ask(gateway.cimi, "POST", "/cimi/machines", headers=login, body=chunks)
    assert answer.status == 413
