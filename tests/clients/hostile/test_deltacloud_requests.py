"""Deltacloud requests of somebody who means harm: 4xx in the asked format, quickly, and nothing of our inside."""

from __future__ import annotations

import json
from collections.abc import Iterable
from urllib.parse import quote

import pytest
from lxml import etree

from deltaic.frontends.deltacloud.site import COLLECTIONS
from tests.clients.gateway import WORKSHOP, Gateway
from tests.clients.hostile.asking import login
from tests.clients.hostile.cimi_asking import trap
from tests.clients.hostile.raw_http import RawAnswer, exchange, message
from tests.support.processes import PASSWORD, SECRET_KEY, Process

XML, JSON = "application/xml", "application/json"
FORM = "application/x-www-form-urlencoded"
IDS = ["%00", "%2e%2e", "..%2f..%2fetc%2fpasswd", "'%20or%201=1", "%22;drop", "%F0%9F%98%80", "%ff", "%C0%AE",
       "x" * 3000, "%0d%0aX-Evil:%201", "*", "a%2Fb", "{0}", "%25s%25n", "-1", "None", "%E2%80%AE"]  # fmt: skip
VALUES = ["\0", "\r\nX-Evil: 1", "<script>", "]]>", "' or 1=1", "x" * 20000, "\uffff", "%s%n", "-1", "../..", "*"]


def ask(
    target: Gateway,
    method: str,
    path: str | bytes,
    body: bytes = b"",
    media: str = FORM,
    accept: str = XML,
    headers: Iterable[tuple[str, str]] = (),
) -> RawAnswer:
    """One request below `/api` with a login."""
    own = list(headers)
    given = {name.lower() for name, _ in own}
    usual = [("Host", target.host), *login(), ("Accept", accept), ("Content-Length", str(len(body)))]
    usual += [("Content-Type", media)] if body else []
    raw = path.encode() if isinstance(path, str) else path
    sent = [*(pair for pair in usual if pair[0].lower() not in given), *own]
    return exchange(target.host, message(method, b"/api" + raw, sent, body))


def refused(answer: RawAnswer, *statuses: int, accept: str = XML) -> str:
    """What an error says; it has one of the statuses (or any 4xx), the asked form, and no backtrace."""
    assert answer.status in (statuses or range(400, 500)), (answer.status, answer.body[:600])
    assert len(answer.body) < 16384
    for word in (b"Traceback", b".py", b"deltaic.", SECRET_KEY.encode(), PASSWORD.encode() + b"<"):
        assert word not in answer.body, answer.body
    assert "x-evil" not in dict(answer.headers)
    assert answer.header("content-type") == accept
    if accept == JSON:
        told = json.loads(answer.body)
        assert told["code"] == answer.status
        return str(told["message"])
    root = etree.fromstring(answer.body)
    assert (root.tag, root.findtext("code"), root.findtext("backtrace")) == ("error", str(answer.status), "")
    return root.findtext("message") or ""


@pytest.mark.parametrize("wanted", IDS)
@pytest.mark.parametrize("accept", [XML, JSON])
def test_ids_that_nobody_has(target: Gateway, wanted: str, accept: str) -> None:
    for one in COLLECTIONS:
        refused(ask(target, "GET", f"/{one.name}/{wanted}", accept=accept), accept=accept)
        if one.destroy is not None:
            refused(ask(target, "DELETE", f"/{one.name}/{wanted}", accept=accept), accept=accept)
        for verb in one.actions:
            refused(ask(target, "POST", f"/{one.name}/{wanted}/{verb}", accept=accept), accept=accept)


@pytest.mark.parametrize(
    "path",
    ["/./instances", "/../instances", "/instances/../../ec2", "/Instances", "/" + "a/" * 1500, "/instances//start",
     "/instances;" + ";".join(f"p{n}=1" for n in range(300)), "/%69nstances%00", "/nope.xml"],
)  # fmt: skip
def test_paths_that_lead_nowhere(target: Gateway, path: str) -> None:
    refused(ask(target, "GET", path))


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/instances", "image_id"), ("/instances", "realm_id"), ("/instances", "hwp_id"), ("/instances", "hwp_cpu"),
        ("/instances", "keyname"), ("/instances", "network_id"), ("/instances", "instance_count"),
        ("/instances", "start"), ("/instances", "first_boot_dev"), ("/images", "instance_id"),
        ("/storage_volumes", "capacity"), ("/storage_volumes", "realm_id"), ("/storage_volumes", "snapshot_id"),
        ("/storage_snapshots", "volume_id"), ("/network_interfaces", "instance"), ("/keys", "public_key"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("accept", [XML, JSON])
def test_values_that_make_no_sense(target: Gateway, path: str, name: str, value: str, accept: str) -> None:
    given = {"name": "hostile", "image_id": WORKSHOP, "network": "n", name: value}
    body = "&".join(f"{key}={quote(text)}" for key, text in given.items()).encode()
    refused(ask(target, "POST", path, body, accept=accept), accept=accept)


@pytest.mark.parametrize(
    ("media", "body", "status"),
    [
        (FORM, b"name=" + b"x" * (2 << 20), 413),
        (FORM, b"&".join(b"n%d=1" % n for n in range(5_000)), 400),
        (FORM, b"name=\xff\xfe", 400),
        ("multipart/form-data; boundary=b", b"--b\r\n" * 5_000, 400),
        ("multipart/form-data; boundary=b", b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n', 400),
        ("multipart/form-data", b"--b", 400),
        (JSON, b"[" * 50_000, 415),
        (XML, b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', 415),
        ("text/\x00", b"x", 400),
    ],
)
def test_bodies(target: Gateway, media: str, body: bytes, status: int) -> None:
    answer = ask(target, "POST", "/keys", body, media)
    if answer.header("content-type") == XML:
        refused(answer, status)
    assert answer.status == status


def test_a_foreign_engine_is_never_contacted(target: Gateway, process: Process) -> None:
    with trap() as elsewhere:
        for provider in (elsewhere.url, f"{elsewhere.url}/ovirt-engine/api;Default", f"{elsewhere.url};;USER"):
            for headers, path in (
                ([("X-Deltacloud-Provider", provider)], "/realms"),
                ([], f";provider={quote(provider, safe='')}/realms"),
                ([("X-Deltacloud-Driver", "rhevm"), ("X-Deltacloud-Provider", provider)], "?force_auth=1"),
            ):
                refused(ask(target, "GET", path, headers=headers), 403)
            refused(ask(target, "POST", "", f"provider={quote(provider)}".encode()), 403)


def test_headers_of_proxies_are_not_believed(target: Gateway) -> None:
    more = [("X-Forwarded-Host", "evil.example"), ("Forwarded", "host=evil.example"), ("X-Original-URL", "/evil"),
            ("X-HTTP-Method-Override", "DELETE")]  # fmt: skip
    answer = ask(target, "GET", "", headers=more)
    assert (answer.status, b"evil" in answer.body) == (200, False)


@pytest.mark.parametrize("host", ['evil.example"><script>', "evil.example/x", "a b", "", "x" * 300, "[::1"])
def test_a_host_that_is_none_is_not_repeated(target: Gateway, host: str) -> None:
    answer = exchange(target.host, message("GET", "/api", [("Host", host), ("Accept", XML)]))
    if answer.status != 400:
        links = etree.fromstring(answer.body).findall("link")
        assert {str(link.get("href")).rpartition("/")[0] for link in links} == {f"http://{target.host}/api"}


def test_secrets_are_in_no_log(target: Gateway, process: Process) -> None:
    secret = "never-in-a-log-1234"
    body = f"image_id={WORKSHOP}&hwp_cpu=x&password={secret}&user_data={secret}".encode()
    refused(ask(target, "POST", "/instances", body), 400)
    refused(ask(target, "POST", f"/instances/none/run?password={secret}&cmd={secret}"), 404)
    refused(ask(target, "POST", f"/instances/none/run?private_key={secret}&cmd={secret}&port=x"), 400)

    assert secret not in process.output
