"""CIMI bodies made to hurt: entities, depth, sizes, wrong types, numbers and characters, addresses of others."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

import psutil
import pytest

from deltaic.frontends.cimi.site import COLLECTIONS
from deltaic.protocols.cimi.kinds import Access, Attribute, Kind
from deltaic.protocols.cimi.table import RESOURCES
from tests.clients.gateway import DESKTOP, Gateway
from tests.clients.hostile.asking import MEBIBYTE, left_behind, login
from tests.clients.hostile.cimi_asking import JSON, MACHINE, XML, ask, refused, trap
from tests.clients.hostile.raw_http import exchange, message
from tests.support.processes import Process

LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
PLACES = [("POST", "/machines"), ("PUT", f"/machines/{MACHINE}"), ("POST", f"/machines/{MACHINE}/stop"),
          ("POST", "/machine_templates"), ("POST", "/credentials"), ("POST", "/volumes")]  # fmt: skip


@pytest.mark.parametrize(
    "subset",
    ["<!DOCTYPE Machine>", '<!DOCTYPE Machine [<!ENTITY e SYSTEM "{url}/e">]>', '<!DOCTYPE Machine SYSTEM "{url}/d">',
     '<!DOCTYPE Machine [<!ENTITY % p SYSTEM "{url}/p">%p;]>',
     f'<!DOCTYPE Machine [<!ENTITY l0 "ha">{LAUGHS}<!ENTITY e "&l9;">]>',
     '<!DOCTYPE Machine [<!ENTITY e SYSTEM "file:///etc/passwd">]>'],
)  # fmt: skip
@pytest.mark.parametrize("charset", ["utf-8", "utf-16"])
def test_document_types_are_refused_and_nothing_is_fetched(target: Gateway, subset: str, charset: str) -> None:
    with trap() as found:
        inner = subset.replace("{url}", found.url)
        text = f'<?xml version="1.0" encoding="{charset}"?>{inner}<Machine><name>&e;</name></Machine>'
        for method, path in PLACES:
            answer = ask(target, method, path, text.encode(charset))
            assert refused(answer, 400) == "The body must not have a document type"


def test_what_is_included_is_not_fetched(target: Gateway) -> None:
    with trap() as found:
        body = (
            f'<?xml-stylesheet href="{found.url}/s"?><Machine xmlns:i="http://www.w3.org/2001/XInclude" '
            f'xmlns:s="http://www.w3.org/2001/XMLSchema-instance" s:schemaLocation="urn:x {found.url}/x">'
            f'<i:include href="{found.url}/i"/></Machine>'
        )
        refused(ask(target, "POST", "/machines", body), 400)


@pytest.mark.parametrize("depth", [30, 300, 50_000])
def test_deep_nesting(target: Gateway, depth: int) -> None:
    component = "<componentDescriptor><type>x</type><systemTemplate>"
    close = "</systemTemplate></componentDescriptor>"
    for method, path in (("POST", "/machines"), ("PUT", f"/machines/{MACHINE}")):
        unknown = ask(target, method, path, b"<Machine>" + b"<x>" * depth + b"</x>" * depth + b"</Machine>")
        assert unknown.status in ((400,) if method == "POST" or depth > 200 else (200, 400))
        lists = ask(target, method, path, b'{"machineTemplate":' + b"[" * depth + b"]" * depth + b"}", JSON)
        assert lists.status < 500
        objects = b'{"machineTemplate":' + b'{"machineImage":' * depth + b"1" + b"}" * depth + b"}"
        assert ask(target, method, path, objects, JSON).status in (200, 400)
    if depth < 10_000:
        body = f"<SystemTemplate>{component * depth}{close * depth}</SystemTemplate>"
        refused(ask(target, "POST", "/system_templates", body), 400)


@pytest.mark.parametrize("media", [XML, JSON])
def test_a_body_of_fifty_megabytes_is_not_collected(target: Gateway, process: Process, media: str) -> None:
    before = psutil.Process(process.pid).memory_info().rss
    head = [("Host", target.host), *login(), ("Content-Type", media), ("Accept", media)]
    said = exchange(target.host, message("POST", "/cimi/machines", [*head, ("Content-Length", str(50 * MEBIBYTE))]))
    refused(said, 413)
    chunk = b"10000\r\n" + b" " * 65536 + b"\r\n"
    sent = itertools.count()

    def fifty() -> Iterator[bytes]:
        yield message("PUT", f"/cimi/machines/{MACHINE}", [*head, ("Transfer-Encoding", "chunked")])
        for _ in range(50 * MEBIBYTE // 65536):
            next(sent)
            yield chunk

    refused(exchange(target.host, fifty()), 413)
    assert next(sent) * 65536 < 50 * MEBIBYTE
    assert psutil.Process(process.pid).memory_info().rss - before < 16 * MEBIBYTE


WRONG: list[Any] = [[], {}, [[]], {"href": {}}, {"href": []}, 3.5, 10**30, True, [1, {"a": 2}], {"a": {"b": []}}]


@pytest.mark.parametrize("value", WRONG, ids=repr)
def test_wrong_types_everywhere(target: Gateway, value: Any) -> None:
    """Every attribute that a client may send, with something that it is not: refused, or understood, never a defect."""
    for collection in COLLECTIONS:
        if collection.create is None:
            continue
        kind = f"{collection.item}Create" if f"{collection.item}Create" in RESOURCES else collection.item
        for attribute in RESOURCES[kind].attributes:
            if attribute.access is Access.PROVIDER or attribute.kind in (Kind.STRING, Kind.MAP):
                continue
            body = json.dumps({attribute.json_name: value})
            answer = ask(target, "POST", f"/{collection.path}", body, JSON)
            if answer.status != 201:
                refused(answer, 400, 403, 404, 409, 413, 501)


@pytest.mark.parametrize(
    ("body", "media"),
    [
        (b'{"name": "a\\u0000b"}', JSON),
        (b'{"name": "\\ud800"}', JSON),
        (b'{"name": "\xff\xfe"}', JSON),
        (b'{"name": "\xc0\x80"}', JSON),
        (b'{"properties": {"a\\u0000": "b"}}', JSON),
        (b'{"properties": {"a": {"b": 1}}}', JSON),
        (b'{"memory": 1e999}', JSON),
        (b'{"memory": 99999999999999999999999999}', JSON),
        (b'{"memory": -9223372036854775809}', JSON),
        (b'{"cpu": NaN}', JSON),
        (b'{"cpu": 1.5}', JSON),
        (b'{"cpu": "0x10"}', JSON),
        (b'{"cpu": "\xd9\xa1"}', JSON),
        (b'{"cpu": ' + b"9" * 100_000 + b"}", JSON),
        (b'[{"name": "x"}]', JSON),
        (b'"name"', JSON),
        (b"{" * 100_000, JSON),
        (b"<Machine><name>a\x00b</name></Machine>", XML),
        (b"<Machine><name>&#0;</name></Machine>", XML),
        (b"<Machine><name>&#xD800;</name></Machine>", XML),
        (b"<Machine><name>\xff</name></Machine>", XML),
        (b"<Machine><name>a</name><name>b</name></Machine>", XML),
        (b"<Machine><name><b>x</b></name></Machine>", XML),
        (b"<Machine><cpu>" + b"9" * 100_000 + b"</cpu></Machine>", XML),
        (b"<Machine><memory quantity='1e400' units='PB'/></Machine>", XML),
        (b"<Machine><property>x</property></Machine>", XML),
        (b"<Machine><name>&undefined;</name></Machine>", XML),
        (b"<Machine a='1' a='2'/>", XML),
        (b"<Machine/><Machine/>", XML),
        (b"<Machine><p:name>x</p:name></Machine>", XML),
        (b'<?xml version="1.0" encoding="utf-7"?><Machine/>', XML),
    ],
)
def test_numbers_and_characters_that_nobody_has(target: Gateway, body: bytes, media: str) -> None:
    refused(ask(target, "PUT", f"/machines/{MACHINE}", body, media), 400, 413)


def test_the_last_of_equal_keys_counts(target: Gateway) -> None:
    """As JSON parsers everywhere have it; nothing of the first one is left."""
    body = b'{"machineTemplate": {"machineImage": {"href": "http://evil.example/x"}}, "machineTemplate": {}}'
    assert "evil" not in refused(ask(target, "POST", "/machines", body, JSON), 400)


def references(attributes: tuple[Attribute, ...]) -> Iterator[Attribute]:
    """Those that a client may give an address in."""
    for attribute in attributes:
        if attribute.access is not Access.PROVIDER and attribute.kind is Kind.REF:
            yield attribute


def foreign_bodies(href: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """A body for every reference of every type that clients make, at the top and one level deeper."""
    for collection in COLLECTIONS:
        if collection.create is None:
            continue
        kind = f"{collection.item}Create" if f"{collection.item}Create" in RESOURCES else collection.item
        for attribute in references(RESOURCES[kind].attributes):
            value: Any = {"href": href}
            yield collection.path, attribute.json_name, {attribute.json_name: [value] if attribute.many else value}
            if not attribute.of:
                continue
            for inner in references(RESOURCES[attribute.of].attributes):
                deep: Any = {inner.json_name: [value] if inner.many else value}
                if attribute.of == "MachineTemplate" and inner.name != "machineImage":
                    deep["machineImage"] = {"href": f"machine_images/{DESKTOP}"}
                whole = {attribute.json_name: [deep] if attribute.many else deep}
                yield collection.path, f"{attribute.json_name}/{inner.json_name}", whole


@pytest.mark.parametrize("form", ["{url}/cimi/machines/1", "//127.0.0.1:{port}/cimi/x/1", "http://{host}@127.0.0.1:{port}/cimi/x/1",
                                  "file:///etc/passwd", "http://[::1]:{port}/cimi/x/1"])  # fmt: skip
def test_addresses_of_others_are_refused_and_never_fetched(target: Gateway, form: str) -> None:
    with trap() as found:
        href = form.format(url=found.url, port=found.port, host=target.host)
        said = []
        for path, field, document in foreign_bodies(href):
            answer = ask(target, "POST", f"/{path}", json.dumps(document), JSON)
            said.append(f"{path} {field}: {refused(answer, 400, 501)}")
        assert len(said) > 60
        # The others are refused for something else before their address is looked at.
        assert sum("another host" in one or "scheme" in one or "URI" in one for one in said) > len(said) / 2


def test_addresses_of_others_below_machines(target: Gateway) -> None:
    with trap() as found:
        href = {"href": f"{found.url}/cimi/machines/1"}
        bodies: list[tuple[str, Any]] = [
            ("/volumes", {"volume": href}),
            ("/networkInterfaces", {"network": href, "state": "ACTIVE"}),
            ("/networkInterfaces", {"networkPort": href}),
            ("/restore", {"action": "restore", "image": href}),
            ("", {"action": "http://schemas.dmtf.org/cimi/1/action/restore", "image": href}),
        ]
        for path, document in bodies:
            refused(ask(target, "POST", f"/machines/{MACHINE}{path}", json.dumps(document), JSON), 400, 404, 405, 501)


def test_an_image_elsewhere_is_not_fetched(target: Gateway) -> None:
    with trap() as found:
        for path in ("/machine_images", "/volume_images"):
            for value in (f"{found.url}/disk.img", "file:///etc/passwd", "ftp://127.0.0.1/x", "javascript:x"):
                answer = ask(target, "POST", path, json.dumps({"imageLocation": value}), JSON)
                refused(answer, 400, 405, 501)


def test_nothing_is_left_behind(process: Process, before: int) -> None:
    left_behind(process, before)
