"""The listener around a small ASGI application, over real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest
from cryptography.hazmat.primitives import serialization
from structlog.testing import capture_logs

from deltaic.server import listening, url_of
from deltaic.settings import ServerSettings, SettingsError
from tests.support.certificates import certificate

LOCAL = ServerSettings(port=0, max_head_size=2048, head_timeout=0.3, stop_grace=2.0)


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Answers with the length of the body."""
    size, more = 0, True
    while more:
        message = await receive()
        size += len(message.get("body", b""))
        more = message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": str(size).encode()})


@contextlib.asynccontextmanager
async def connected(url: str) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    yield reader, writer
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()


async def exchange(url: str, *pieces: bytes) -> bytes:
    """Send the pieces, return everything until the server closes."""
    async with connected(url) as (reader, writer):
        with contextlib.suppress(ConnectionError):
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
        with contextlib.suppress(ConnectionError):
            return await asyncio.wait_for(reader.read(), 10)
        return b""


async def test_answers_get_and_post() -> None:
    async with listening(echo, LOCAL) as url:
        got = await exchange(url, b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
        assert got.startswith(b"HTTP/1.1 200 OK\r\n")
        assert got.endswith(b"\r\n\r\n1\r\n0\r\n0\r\n\r\n")
        assert b"server:" not in got.lower()
        body = b"x" * 500_000
        head = b"POST / HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 500000\r\n\r\n"
        assert b"500000" in await exchange(url, head + body[:100], body[100:])


async def test_head_in_single_bytes_and_two_requests_on_one_connection() -> None:
    request = b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\nabc"
    last = b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"
    async with listening(echo, LOCAL) as url:
        got = await exchange(url, *(bytes([byte]) for byte in request), last)
    assert got.count(b"HTTP/1.1 200 OK") == 2


async def test_large_head_is_refused() -> None:
    async with listening(echo, LOCAL) as url:
        got = await exchange(url, b"GET / HTTP/1.1\r\nhost: a\r\nx: " + b"a" * 4096)
    assert got.startswith(b"HTTP/1.1 431 Request Header Fields Too Large\r\n")
    assert got.endswith(b"\r\n\r\nThe request's head is too large.")


async def test_large_body_after_a_small_head_is_no_large_head() -> None:
    head = b"POST / HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 9000\r\n\r\n"
    async with listening(echo, LOCAL) as url:
        assert b"9000" in await exchange(url, head + b"b" * 9000)


async def test_slow_head_is_cut_off() -> None:
    async with listening(echo, LOCAL) as url:
        assert await exchange(url, b"GET / HTTP/1.1\r\nhost: a\r\n") == b""


async def test_silent_connection_is_cut_off() -> None:
    async with listening(echo, LOCAL) as url:
        assert await exchange(url) == b""


async def test_endless_trailers_are_cut_off() -> None:
    head = b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n"
    async with listening(echo, LOCAL) as url:
        assert await exchange(url, head, *(b"t%d: x\r\n" % number for number in range(1000))) == b""


async def test_nonsense_gets_400() -> None:
    async with listening(echo, LOCAL) as url:
        assert (await exchange(url, b"\x16\x03\x01 nonsense\r\n\r\n")).startswith(b"HTTP/1.1 400 ")


async def test_taken_port_is_told() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError) as caught:
            async with listening(echo, ServerSettings(port=port)):
                pass
    assert str(caught.value) == f"server.port: can't listen on 127.0.0.1:{port}: Address already in use"


async def test_unknown_host_is_told() -> None:
    with pytest.raises(SettingsError, match=r"^server\.host: no\.such\.host\.invalid is no address of this machine"):
        async with listening(echo, ServerSettings(host="no.such.host.invalid", port=0)):
            pass


async def test_open_request_is_waited_for_at_stop() -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        begun.set()
        await go_on.wait()
        await echo(scope, receive, send)

    async with listening(slow, LOCAL) as url:
        request = asyncio.create_task(exchange(url, b"GET / HTTP/1.1\r\nhost: a\r\n\r\n"))
        await begun.wait()
        asyncio.get_running_loop().call_later(0.05, go_on.set)
    assert (await request).startswith(b"HTTP/1.1 200 OK")


async def test_tls_sends_the_chain(tmp_path: Path) -> None:
    certificate(tmp_path, {"root": "root", "middle": "root", "localhost": "middle"})
    settings = msgspec.structs.replace(
        LOCAL,
        tls_certificate=str(tmp_path / "localhost.pem"),
        tls_key=str(tmp_path / "localhost.key"),
        tls_chain=str(tmp_path / "middle.pem"),
    )
    trust = ssl.create_default_context(cafile=str(tmp_path / "root.pem"))
    async with listening(echo, settings) as url:
        assert url.startswith("https://127.0.0.1:")
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", urlsplit(url).port, ssl=trust, server_hostname="localhost"
        )
        writer.write(b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
        assert (await asyncio.wait_for(reader.read(), 10)).startswith(b"HTTP/1.1 200 OK")
        writer.close()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"tls_certificate": "none.pem"}, r"^server\.tls_certificate: there is no file .*none\.pem$"),
        (
            {"tls_key": "other.key"},
            r"^server\.tls_certificate, server\.tls_key: can't be used: the key is not the certificate's$",
        ),
        (
            {"tls_key": "root.pem"},
            "can't be used: no certificate with its key in PEM form is there$",
        ),
        ({"tls_key": "sealed.key"}, r"^server\.tls_key: is protected by a pass phrase"),
    ],
)
async def test_unusable_tls_is_told(tmp_path: Path, change: dict[str, str], message: str) -> None:
    certificate(tmp_path, {"root": "root", "other": "other"})
    key = serialization.load_pem_private_key((tmp_path / "root.key").read_bytes(), None)
    (tmp_path / "sealed.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"phrase"),
        )
    )
    names = {"tls_certificate": "root.pem", "tls_key": "root.key"} | change
    settings = msgspec.structs.replace(LOCAL, **{name: str(tmp_path / file) for name, file in names.items()})
    with pytest.raises(SettingsError, match=message):
        async with listening(echo, settings):
            pass


@pytest.mark.parametrize(
    ("host", "url"),
    [("0.0.0.0", "http://127.0.0.1:1"), ("::1", "http://[::1]:1"), ("gw.example.org", "http://gw.example.org:1")],
)
def test_url_of(host: str, url: str) -> None:
    assert url_of(host, 1, tls=False) == url


@pytest.mark.parametrize(("host", "events"), [("127.0.0.1", []), ("localhost", []), ("0.0.0.0", ["no_tls"])])
async def test_passwords_in_the_open_are_warned_of(host: str, events: list[str]) -> None:
    with capture_logs() as logs:
        async with listening(echo, msgspec.structs.replace(LOCAL, host=host)):
            pass
    assert [line["event"] for line in logs if line["log_level"] == "warning"] == events
