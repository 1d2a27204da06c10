"""Whose request it is: what proxies say of it counts as far as they are trusted. Over real sockets."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import pytest

from deltaic.server import listening
from deltaic.server.proxies import BehindProxies
from deltaic.settings import ServerSettings
from deltaic.settings.proxies import networks

LOCAL = ("127.0.0.1",)
CHAIN = ("127.0.0.1", "10.0.0.0/8", "2001:db8:aa::/48")


async def tell(scope: Any, receive: Any, send: Any) -> None:
    """Answers with the scheme and the client's address."""
    await receive()
    body = f"{scope['scheme']} {scope['client'][0]}".encode()
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": 200, "headers": [length]})
    await send({"type": "http.response.body", "body": body})


async def told(trusted: Sequence[str], *heads: Sequence[str], source: str = "127.0.0.1") -> list[str]:
    """What the gateway takes requests with these lines of their heads for; they come from a loopback address."""
    async with listening(tell, ServerSettings(port=0, trusted_proxies=tuple(trusted))) as url:
        return [await _told(url, head, source) for head in heads]


async def _told(url: str, head: Sequence[str], source: str) -> str:
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port, local_addr=(source, 0))
    writer.write("\r\n".join(("GET / HTTP/1.1", "host: a", "connection: close", *head, "", "")).encode("latin-1"))
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()
    start, _, body = answer.partition(b"\r\n\r\n")
    assert start.startswith(b"HTTP/1.1 200 ")
    return body.decode()


@pytest.mark.parametrize("trusted", [(), ("10.0.0.0/8",), ("127.0.0.2",), ("::1",)])
async def test_headers_of_whoever_is_not_trusted_change_nothing(trusted: Sequence[str]) -> None:
    lines = ("X-Forwarded-For: 192.0.2.1", "X-Forwarded-For: 127.0.0.2", "X-Forwarded-Proto: https")
    others = ("X-Real-IP: 192.0.2.1", "Forwarded: for=192.0.2.1;proto=https")
    assert await told(trusted, lines, others) == ["http 127.0.0.1"] * 2


async def test_no_other_header_is_read_of_a_trusted_proxy() -> None:
    others = ("X-Real-IP: 192.0.2.1", "Forwarded: for=192.0.2.1;proto=https", "X_Forwarded_For: 192.0.2.1")
    assert await told(LOCAL, (), *((line,) for line in others)) == ["http 127.0.0.1"] * 4


async def test_trust_is_the_connections() -> None:
    assert await told(["127.0.0.2"], ["X-Forwarded-For: 192.0.2.1"], source="127.0.0.2") == ["http 192.0.2.1"]


#: Lines of X-Forwarded-For, and who the client is.
CLIENTS = (
    (("192.0.2.1",), "192.0.2.1"),
    (("203.0.113.9, 192.0.2.1",), "192.0.2.1"),
    (("127.0.0.1, 203.0.113.9,192.0.2.1",), "192.0.2.1"),
    (
        (
            "203.0.113.9",
            "192.0.2.1",
        ),
        "192.0.2.1",
    ),
    (
        (
            "192.0.2.1",
            "203.0.113.9",
        ),
        "203.0.113.9",
    ),
    (("192.0.2.1, 10.1.2.3",), "192.0.2.1"),
    (
        (
            "192.0.2.1",
            "10.1.2.3, 10.1.2.4",
        ),
        "192.0.2.1",
    ),
    (("203.0.113.9, 192.0.2.1, 2001:db8:aa::7, 10.1.2.4",), "192.0.2.1"),
    (("10.1.2.3, 10.1.2.4",), "10.1.2.3"),
    (("192.0.2.1:55555",), "192.0.2.1"),
    (("2001:db8::1",), "2001:db8::1"),
    (("[2001:DB8:0::1]",), "2001:db8::1"),
    (("[2001:db8::1]:443",), "2001:db8::1"),
    (("::ffff:192.0.2.1",), "192.0.2.1"),
    (("203.0.113.9, ::ffff:10.1.2.3",), "203.0.113.9"),
    (("fe80::1%eth0",), "fe80::1"),
)


async def test_the_client_is_the_rightmost_address_that_is_no_proxys() -> None:
    heads = [[f"X-Forwarded-For: {line}" for line in lines] for lines, _ in CLIENTS]
    assert await told(CHAIN, *heads) == [f"http {client}" for _, client in CLIENTS]


GARBAGE = (
    "",
    ",",
    "unknown",
    "_hidden",
    "192.0.2.1,",
    "192.0.2.1, unknown",
    "192.0.2.1 192.0.2.2",
    "192.0.2",
    "192.0.2.256",
    "192.0.2.1:port",
    "192.0.2.1:999999",
    "0x7f.1",
    "010.0.0.1",
    "3232235777",
    "[2001:db8::1",
    "2001:db8::1]:443",
    "[]:443",
    "2001:db8::1::2",
    "for=192.0.2.1",
    '"192.0.2.1"',
    "<script>",
    "\xb9\xb2.0.2.1",
    "1" * 30_000,
    ":" * 30_000,
    "[" * 30_000,
    "fe80::1%" + "x" * 30_000,
)


async def test_garbage_leaves_the_proxys_own_address() -> None:
    found = await told(LOCAL, *([f"X-Forwarded-For: {entry}"] for entry in GARBAGE))
    assert dict(zip(GARBAGE, found, strict=True)) == dict.fromkeys(GARBAGE, "http 127.0.0.1")


async def test_the_last_proxy_that_is_known_stands_for_the_garbage_behind_it() -> None:
    assert await told(CHAIN, ["X-Forwarded-For: 192.0.2.1, unknown, 10.1.2.3"]) == ["http 10.1.2.3"]


async def test_a_long_row_of_proxies_is_not_walked_to_its_end() -> None:
    row = ", ".join(f"10.0.{number // 200}.{number % 200}" for number in range(4000))
    heads = [f"X-Forwarded-For: 192.0.2.1, {row}"], [f"X-Forwarded-For: {row}, 192.0.2.1"]
    assert await told(CHAIN, *heads) == ["http 10.0.19.180", "http 192.0.2.1"]


#: Lines of X-Forwarded-Proto, and the scheme.
SCHEMES = (
    (("https",), "https"),
    ((" HTTPS ",), "https"),
    (("https, https",), "https"),
    (
        (
            "https",
            "http",
        ),
        "http",
    ),
    (("http, https",), "http"),
    (("http",), "http"),
    (("ws",), "http"),
    (("wss",), "http"),
    (("javascript",), "http"),
    (("https://evil.example/",), "http"),
    (("",), "http"),
    ((), "http"),
)


async def test_the_scheme_is_https_where_all_proxies_say_so() -> None:
    heads = [[f"X-Forwarded-Proto: {line}" for line in lines] for lines, _ in SCHEMES]
    assert await told(LOCAL, *heads) == [f"{scheme} 127.0.0.1" for _, scheme in SCHEMES]


async def call(client: tuple[str, int] | None, scheme: str = "http", **headers: str) -> dict[str, Any]:
    """The scope that an application behind trusted proxies gets."""
    seen: list[dict[str, Any]] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope)

    lines = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "scheme": scheme, "client": client, "headers": lines}
    await BehindProxies(application, networks(CHAIN))(scope, None, None)
    assert (scope["scheme"], scope["client"]) == (scheme, client)
    return seen[0]


async def test_no_header_makes_https_less() -> None:
    assert (await call(("127.0.0.1", 5), "https", x_forwarded_proto="http"))["scheme"] == "https"


async def test_a_listener_on_both_families_knows_the_proxys_ipv4_address() -> None:
    assert (await call(("::ffff:10.0.0.9", 5), x_forwarded_for="192.0.2.1"))["client"] == ("192.0.2.1", 0)
    assert (await call(("2001:db8:aa::1%eth0", 5), x_forwarded_for="192.0.2.1"))["client"] == ("192.0.2.1", 0)
    assert (await call(("::ffff:11.0.0.9", 5), x_forwarded_for="192.0.2.1"))["client"] == ("::ffff:11.0.0.9", 5)


@pytest.mark.parametrize("client", [None, ("", 0), ("testclient", 5)])
async def test_without_an_address_nobody_is_trusted(client: tuple[str, int] | None) -> None:
    scope = await call(client, x_forwarded_for="192.0.2.1", x_forwarded_proto="https")
    assert (scope["client"], scope["scheme"]) == (client, "http")
