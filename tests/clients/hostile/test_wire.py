"""Sizes, media and garbage on the wire: refused unread, in bounded time and memory."""

from __future__ import annotations

import contextlib
import gzip
import itertools
import re
import socket
from collections.abc import Iterator

import pytest

from tests.clients.gateway import Gateway
from tests.clients.hostile.asking import (
    FORM,
    MACHINE,
    MEBIBYTE,
    check,
    get,
    left_behind,
    login,
    post,
)
from tests.clients.hostile.raw_http import exchange, message
from tests.support.processes import Process


def test_a_body_that_says_it_is_huge_is_refused_unread(target: Gateway) -> None:
    for length in (str(2 * MEBIBYTE), str(10**11), str(10**18)):
        headers = [("Host", target.host), *login(), FORM, ("Content-Length", length)]
        check(exchange(target.host, message("POST", "/", headers)), 413, "RequestEntityTooLarge")


def test_an_endless_chunked_body_is_cut_off(target: Gateway) -> None:
    headers = [("Host", target.host), *login(), FORM, ("Transfer-Encoding", "chunked")]
    chunk = b"10000\r\n" + b"a" * 65536 + b"\r\n"
    sent = itertools.count()

    def endless() -> Iterator[bytes]:
        yield message("POST", "/", headers, b"")
        while True:
            next(sent)
            yield chunk

    check(exchange(target.host, endless()), 413, "RequestEntityTooLarge")
    assert next(sent) * 65536 < 64 * MEBIBYTE


def test_chunks_of_one_byte_are_no_way_around_the_limit(target: Gateway) -> None:
    headers = [("Host", target.host), *login(), FORM, ("Transfer-Encoding", "chunked")]
    pieces = itertools.chain([message("POST", "/", headers, b"")], itertools.repeat(b"1\r\na\r\n" * 16384))
    answer = exchange(target.host, pieces)
    check(answer, 413, "RequestEntityTooLarge")


@pytest.mark.parametrize("size", [b"FFFFFFFFFFFFFFFFFFFF", b"-1", b"zz", b"1" * 100_000])
def test_absurd_chunk_sizes(target: Gateway, size: bytes) -> None:
    headers = [("Host", target.host), *login(), FORM, ("Transfer-Encoding", "chunked")]
    answer = exchange(target.host, message("POST", "/", headers, size + b"\r\nabc\r\n0\r\n\r\n"))
    assert answer.status in (0, 400)


@pytest.mark.parametrize("place", ["path", "query", "header", "many headers"])
def test_a_huge_head_is_refused(target: Gateway, place: str) -> None:
    long = "x" * 100_000
    path = {"path": f"/{long}", "query": f"/?Action={long}"}.get(place, "/")
    more = {"header": [("X-Long", long)], "many headers": [(f"X-{n}", "y") for n in range(20_000)]}.get(place, [])
    answer = exchange(target.host, message("GET", path, [("Host", target.host), *login(), *more]))
    assert answer.status == 431


def test_a_long_path_and_query_below_the_bound(target: Gateway) -> None:
    long = "y" * 30_000
    check(post(target, "Action=" + long, path="/" + long), 400, "InvalidAction")
    check(get(target, "Action=DescribeRegions&Version=2016-11-15&" + long + "=1"), 400, "UnknownParameter")


BOMB = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "xxxxxxxxxx"><!ENTITY y "&x;&x;&x;">]><a>&y;</a>'


@pytest.mark.parametrize(
    "media",
    ["text/xml", "application/json", "multipart/form-data; boundary=x", "application/x-amz-json-1.1", "x", "a/b" * 500,
     "application/soap+xml"],
)  # fmt: skip
def test_other_media(target: Gateway, media: str) -> None:
    check(post(target, BOMB, media=("Content-Type", media)), 400, "InvalidRequest")


def test_a_document_in_place_of_a_form(target: Gateway) -> None:
    check(post(target, BOMB), 400, "MissingAction")


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "gzip, gzip"])
def test_compressed_bodies_are_not_opened(target: Gateway, coding: str) -> None:
    bomb = gzip.compress(b"Action=DescribeRegions&x=" + b"0" * (50 * MEBIBYTE), 9)
    check(post(target, bomb, [("Content-Encoding", coding)]), 400, "InvalidRequest")


def test_chunks_of_something_compressed_are_not_opened(target: Gateway) -> None:
    form = b"Action=DescribeRegions&Version=2016-11-15"
    for coding, status in (("gzip, chunked", 400), ("chunked", 200)):
        headers = [("Host", target.host), *login(), FORM, ("Transfer-Encoding", coding)]
        body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(form), form)
        assert exchange(target.host, message("POST", "/", headers, body)).status == status


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"])
def test_other_methods(target: Gateway, method: str) -> None:
    headers = [("Host", target.host), *login(), ("Content-Length", "0")]
    answer = exchange(target.host, message(method, "/?Action=DescribeRegions", headers))
    check(answer, 405, "UnsupportedHttpVerb")
    assert answer.header("allow") == "GET, POST"


SMUGGLED = (
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"0\r\n\r\nGET / HTTP/1.1\r\n\r\n"
)


@pytest.mark.parametrize(
    "wire",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 500,
        b"\x00" * 2000,
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET  /  HTTP/1.1\r\nHost x\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nAction",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        SMUGGLED,
        b"GET / HTTP/1.1\r\nHost: x\r\nBad\x00Name: y\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nFolded: a\r\n b\r\n : c\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
)
def test_garbage_on_the_wire(target: Gateway, wire: bytes) -> None:
    """Closed, or refused below the protocol; at most one answer."""
    answer = exchange(target.host, wire)
    assert answer.status in (0, 400, 401, 403, 505)
    assert answer.body.count(b"HTTP/1.1") <= 1


def test_an_upgrade_is_not_taken(target: Gateway) -> None:
    more = [
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Key", "x"),
        ("Sec-WebSocket-Version", "13"),
    ]
    answer = get(target, "Action=DescribeRegions&Version=2016-11-15", more)
    assert answer.status in (200, 400)


def test_what_a_refused_body_holds_is_no_request(target: Gateway) -> None:
    """The refusal comes before the body is in; what follows the body, and only that, is the next request."""
    name, _, port = target.host.partition(":")
    inner = message("GET", "/?Action=DescribeRegions&Version=2016-11-15", [("Host", target.host), *login()])
    body = inner * (2 * MEBIBYTE // len(inner))
    last = message("GET", "/?Action=DescribeRegions", [("Host", target.host), *login(), ("Connection", "close")])
    for method in ("POST", "PUT"):
        headers = [("Host", target.host), *login(), FORM, ("Content-Length", str(len(body)))]
        with socket.create_connection((name, int(port)), timeout=10) as connection:
            connection.sendall(message(method, "/", headers, body) + last)
            received = b"".join(iter(lambda: connection.recv(65536), b""))
        statuses = [int(status) for status in re.findall(rb"HTTP/1\.1 ([0-9]{3})", received)]
        assert statuses == [{"POST": 413, "PUT": 405}[method], 200]


def test_heavy_requests_again_and_again(target: Gateway) -> None:
    heavy = "&".join(f"Filter.{n}.Name=tag:{'a' * 90}&Filter.{n}.Value.1={'b' * 90}" for n in range(1, 4_000))
    for _ in range(20):
        check(post(target, f"Action=DescribeInstances&Version=2016-11-15&{heavy}"), 400, "FilterLimitExceeded")


def test_many_who_never_finish_do_not_keep_others_out(target: Gateway) -> None:
    """Three hundred connections with half a request, and one good request among them."""
    name, _, port = target.host.partition(":")
    body = message("POST", "/", [("Host", target.host), *login(), FORM, ("Content-Length", "1000000")], b"Action=")
    halves = itertools.cycle([b"GET / HTT", b"POST / HTTP/1.1\r\nHost: x\r\nX-A: ", body, b""])
    with contextlib.ExitStack() as stack:
        for half in itertools.islice(halves, 300):
            stack.enter_context(socket.create_connection((name, int(port)), timeout=10)).sendall(half)
        answer = post(target, "Action=DescribeInstances&Version=2016-11-15")
        assert (answer.status, MACHINE.encode() in answer.body) == (200, True)


def test_nothing_is_left_behind(process: Process, before: int) -> None:
    left_behind(process, before)
