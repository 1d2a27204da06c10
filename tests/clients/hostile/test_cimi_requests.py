"""CIMI requests made to hurt beside their bodies: paths, query parameters, headers, methods."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest

from deltaic.frontends.cimi.site import COLLECTIONS
from tests.clients.gateway import Gateway
from tests.clients.hostile.asking import WRONG_PASSWORD, left_behind, login
from tests.clients.hostile.cimi_asking import JSON, MACHINE, XML, ask, refused
from tests.clients.hostile.raw_http import exchange, message
from tests.support.processes import Process

#: As they are written in a path.
IDS = ["%00", "%2e%2e", "..%2f..%2fetc%2fpasswd", "'%20or%201=1", "%22;drop", "%F0%9F%98%80", "%ff", "%C0%AE",
       "x" * 5000, "%0d%0aX-Evil:%201", "*", "a%2Fb", "{0}", "%25s%25n", "-1", "None", "%E2%80%AE"]  # fmt: skip


@pytest.mark.parametrize("wanted", IDS)
@pytest.mark.parametrize("accept", [XML, JSON])
def test_ids_that_nobody_has(target: Gateway, wanted: str, accept: str) -> None:
    for collection in COLLECTIONS:
        answer = ask(target, "GET", f"/{collection.path}/{wanted}", accept=accept)
        assert "x-evil" not in dict(answer.headers)
        refused(answer, 404)
        if collection.delete is not None:
            refused(ask(target, "DELETE", f"/{collection.path}/{wanted}", accept=accept), 404)
    for part in ("disks", "volumes", "networkInterfaces", f"networkInterfaces/{wanted}/addresses", "start"):
        refused(ask(target, "GET", f"/machines/{wanted}/{part}", accept=accept), 404, 405)
        refused(ask(target, "GET", f"/machines/{MACHINE}/{part}/{wanted}", accept=accept), 404, 405)


@pytest.mark.parametrize(
    "path", ["//evil.example/machines", "/machines//disks", "/./machines", "/../machines", "/machines/../../ec2",
             "/machines;x=1", "/Machines", "/" + "a/" * 10_000, "/machines/" + "disks/" * 5_000, "/%6dachines%00"],
)  # fmt: skip
def test_paths_that_lead_nowhere(target: Gateway, path: str) -> None:
    refused(ask(target, "GET", path), 404)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("$filter", "(" * 2_000 + "name='x'" + ")" * 2_000),
        ("$filter", " and ".join(["name='x'"] * 2_000)),
        ("$filter", "name='" + "x" * 10_000 + "'"),
        ("$filter", "name='x"),
        ("$filter", "name=\x00"),
        ("$filter", "\xff"),
        ("$filter", "state=1"),
        ("$filter", "memory='many'"),
        ("$filter", "memory=" + "9" * 5_000),
        ("$filter", "property['a'='b'"),
        ("$filter", "password='x'"),
        ("$filter", "nothing='x'"),
        ("$filter", "/".join(["networkInterfaces"] * 2_000) + "='x'"),
        ("$filter", "__class__='x'"),
        ("$expand", "disks/" * 50),
        ("$expand", "*/" * 2_000 + "*"),
        ("$expand", ",".join(f"a{n}" for n in range(5_000))),
        ("$select", ",".join(f"a{n}" for n in range(5_000))),
        ("$orderby", ",".join(f"a{n}" for n in range(5_000))),
        ("$orderby", "name:sideways"),
        ("$orderby", "disks"),
        ("$orderby", "__dict__"),
        ("$first", "one"),
        ("$first", "9" * 5_000),
        ("$last", "1e3"),
        ("$last", "\u0661"),
        ("$format", "yaml"),
        ("$format", "xml;json"),
    ],
)  # fmt: skip
def test_parameters_that_make_no_sense(target: Gateway, name: str, value: str) -> None:
    query = f"{quote(name)}={quote(value)}"
    for accept in (XML, JSON):
        refused(ask(target, "GET", f"/machines?{query}", accept=accept), 400, 406)


def test_many_parameters_are_one_too_many(target: Gateway) -> None:
    for name in ("$filter", "$select", "$expand", "$orderby"):
        value = "name='x'" if name == "$filter" else "name{}"
        query = "&".join(f"{quote(name)}={quote(value.format(n))}" for n in range(1_500))
        refused(ask(target, "GET", f"/machines?{query}", accept=JSON), 400)


@pytest.mark.parametrize("query", ["$first=-5&$last=-1", "$first=999999999999&$last=1", "$first=5&$last=4", "$last=0"])
def test_ranges_outside_the_collection_are_empty_but_no_fault(target: Gateway, query: str) -> None:
    answer = ask(target, "GET", f"/machines?{query}", accept=JSON)
    told = json.loads(answer.body)
    assert (answer.status, "machines" in told) == (200, False)
    assert told["count"] > 0


def test_everything_of_everything_is_bounded(target: Gateway) -> None:
    for path in ("/cloudEntryPoint", "/machines", "/networks"):
        answer = ask(target, "GET", f"{path}?$expand=*/*/*/*", accept=JSON)
        assert answer.status in (200, 400)
        assert len(answer.body) < 64 << 20


@pytest.mark.parametrize(
    "host", ['evil.example"><script>', "evil.example/x", "a b", "", "x" * 300, "evil.example:99999999", "[::1", "\xe9"]
)
def test_a_host_that_is_none_is_not_repeated(target: Gateway, host: str) -> None:
    answer = exchange(target.host, message("GET", "/cimi/cloudEntryPoint", [("Host", host), ("Accept", JSON)]))
    if answer.status != 400:
        assert json.loads(answer.body)["baseURI"] == f"http://{target.host}/cimi/"


def test_headers_of_proxies_are_not_believed(target: Gateway) -> None:
    more = [("X-Forwarded-Host", "evil.example"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-For", "1.2.3.4"),
            ("X-Forwarded-Prefix", "/evil"), ("Forwarded", "host=evil.example;proto=https"),
            ("X-Original-URL", "/evil"), ("X-Rewrite-URL", "/evil"), ("X-HTTP-Method-Override", "DELETE")]  # fmt: skip
    answer = ask(target, "GET", f"/machines/{MACHINE}", headers=more, accept=JSON)
    assert (answer.status, b"evil" in answer.body) == (200, False)
    assert json.loads(answer.body)["id"] == f"http://{target.host}/cimi/machines/{MACHINE}"


def test_a_whole_address_as_the_target_of_a_request(target: Gateway) -> None:
    line = message("GET", "http://evil.example/cimi/cloudEntryPoint", [("Host", target.host), ("Accept", JSON)])
    answer = exchange(target.host, line)
    assert answer.status in (200, 400, 404)
    assert b"evil" not in answer.body


@pytest.mark.parametrize(
    ("name", "value", "status"),
    [
        ("Accept", "text/csv", 406),
        ("Accept", "x" * 30_000, 406),
        ("Accept", "application/xml;q=0, application/json;q=0", 406),
        ("Accept", ",;q=" * 5_000, 406),
        ("CIMI-Specification-Version", "9.9", 400),
        ("CIMI-Specification-Version", "x," * 10_000, 400),
        ("If-Match", '"x",' * 10_000, 412),
        ("Content-Encoding", "gzip", 415),
        ("X-Deltacloud-Provider", "http://evil.example/api", 403),
        ("X-Deltacloud-Provider", "no-such-center", 400),
    ],
)
def test_headers_that_make_no_sense(target: Gateway, name: str, value: str, status: int) -> None:
    body = "<Action><action>start</action></Action>" if name == "Content-Encoding" else ""
    method = "POST" if body else "GET"
    answer = ask(target, method, f"/machines/{MACHINE}", body, headers=[(name, value)])
    assert refused(answer, status, 403, 404)
    assert answer.status < 500


@pytest.mark.parametrize("media", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
                                   "application/xml/json", "x" * 5_000, "a/b" * 900])  # fmt: skip
def test_bodies_of_other_media(target: Gateway, media: str) -> None:
    for method, path in (("POST", "/machines"), ("PUT", f"/machines/{MACHINE}"), ("POST", f"/machines/{MACHINE}/stop")):
        refused(ask(target, method, path, "<Machine/>", media, accept=XML), 415)


@pytest.mark.parametrize("method", ["PATCH", "TRACE", "PROPFIND", "MERGE"])
def test_other_methods(target: Gateway, method: str) -> None:
    for path in ("/cloudEntryPoint", "/machines", f"/machines/{MACHINE}", f"/machines/{MACHINE}/stop", "/machines/"):
        answer = ask(target, method, path, accept=JSON)
        refused(answer, 405)
        assert "OPTIONS" in answer.header("allow")


@pytest.mark.parametrize(
    "value",
    ["Basic", "Basic =", "Basic " + "A" * 20_000, "Basic AAAA", "Basic Og==", "Bearer x", "\xff\xfe", "Digest x"],
)
def test_logins_that_are_none(target: Gateway, value: str) -> None:
    for accept in (XML, JSON):
        answer = ask(target, "GET", "/machines", headers=[("Authorization", value)], accept=accept)
        refused(answer, 401)
        assert answer.header("www-authenticate").startswith("Basic ")


def test_a_refused_body_is_not_read_before_the_login(target: Gateway) -> None:
    head = [("Host", target.host), ("Content-Type", XML), ("Content-Length", str(50 << 20))]
    refused(exchange(target.host, message("POST", "/cimi/machines", head)), 401)
    wrong = [*head, *login()[:0], ("Authorization", f"Basic {WRONG_PASSWORD}")]
    refused(exchange(target.host, message("POST", "/cimi/machines", wrong)), 401)


def test_nothing_is_left_behind(process: Process, before: int) -> None:
    left_behind(process, before)
