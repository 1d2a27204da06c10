"""One client's connections to one server: keep-alive, bounded concurrency, deadlines, size limits.

It never follows redirects (a token must not travel to another host) and never retries.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Mapping
from urllib.parse import urlsplit

import aiohttp
import structlog
import yarl
from msgspec import Struct

from deltaic.drivers.http import pause, redact
from deltaic.drivers.http.tls import TlsSettings, client_context
from deltaic.model.errors import Error, ErrorKind

log = structlog.get_logger(__name__)

#: Largest decoded answer, bytes: an inventory of tens of thousands of machines fits.
ANSWER_LIMIT = 512 * 1024 * 1024
CONNECT_SECONDS = 10.0
#: Idle connections are closed before servers do (Apache after 5 s): a request that meets the server's close is lost.
IDLE_SECONDS = 4.0
#: Longest header of an answer, bytes: tokens that hold all that they stand for are many times longer than usual.
HEADER_LIMIT = 128 * 1024


class Response(Struct, frozen=True):
    """A whole answer. Header names are lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def content_type(self) -> str:
        """The media type without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def retry_after(self) -> int:
        """In how many seconds the server wants to be asked again; 0 where it says nothing."""
        return pause.retry_after(self.status, self.headers)


class HttpSession:
    """Connections to one server; at most `max_in_flight` requests are on the way at a time."""

    def __init__(
        self, base_url: str, *, tls: TlsSettings, authority_url: str = "", max_in_flight: int = 8, user_agent: str
    ) -> None:
        self._secure = urlsplit(base_url).scheme == "https"
        self._tls = tls
        self._authority_url = authority_url
        self._slots = asyncio.Semaphore(max_in_flight)
        self._max_in_flight = max_in_flight
        self._user_agent = user_agent
        self._client: aiohttp.ClientSession | None = None
        self._opening = asyncio.Lock()

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None = None,
        seconds: float,
        limit: int = ANSWER_LIMIT,
    ) -> Response:
        """Send one request and read its whole answer within `seconds`.

        TIMEOUT when time runs out (waiting for a free slot included), UNAVAILABLE when the server can't be
        reached, hangs up or answers more than `limit` bytes.
        """
        if seconds <= 0:
            raise _timeout()
        started = time.monotonic()
        try:
            async with asyncio.timeout(seconds), self._slots:
                response = await self._send(method, url, headers, body, limit)
        except TimeoutError:
            log.debug("http", method=method, url=redact.url(url), outcome="timeout")
            raise _timeout() from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            # A ValueError is about an address that can't be one.
            log.debug("http", method=method, url=redact.url(url), outcome=type(error).__name__)
            raise _unavailable(url, error) from None
        elapsed = round((time.monotonic() - started) * 1000)
        log.debug("http", method=method, url=redact.url(url), status=response.status, milliseconds=elapsed)
        return response

    async def close(self) -> None:
        """Close all connections."""
        if self._client is not None:
            await self._client.close()
            self._client = None

    async def _send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, limit: int
    ) -> Response:
        client = self._client or await self._open()
        target = yarl.URL(url, encoded=True)
        async with client.request(method, target, headers=headers, data=body, allow_redirects=False) as answer:
            received = await _read(answer, limit)
            names = {name.lower(): value for name, value in answer.headers.items()}
            return Response(answer.status, names, received)

    async def _open(self) -> aiohttp.ClientSession:
        async with self._opening:
            if self._client is None:
                context = await client_context(self._tls, self._fetch_authority) if self._secure else None
                self._client = self._make_client(context)
            return self._client

    def _make_client(self, context: ssl.SSLContext | None) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            limit=self._max_in_flight, ssl=context if context is not None else True, keepalive_timeout=IDLE_SECONDS
        )
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS),
            headers={"User-Agent": self._user_agent, "Accept-Encoding": "gzip"},
            max_field_size=HEADER_LIMIT,
            trust_env=False,
        )

    async def _fetch_authority(self, unverified: ssl.SSLContext) -> bytes:
        url = yarl.URL(self._authority_url, encoded=True)
        async with self._make_client(unverified) as client, client.get(url, allow_redirects=False) as answer:
            if answer.status != 200:
                raise Error(ErrorKind.UNAVAILABLE, f"The server's CA can't be fetched: status {answer.status}")
            return await _read(answer, 1024 * 1024)


async def _read(answer: aiohttp.ClientResponse, limit: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    async for chunk in answer.content.iter_any():
        size += len(chunk)
        if size > limit:
            raise Error(ErrorKind.UNAVAILABLE, f"The cloud's answer is larger than {limit} bytes", retryable=False)
        chunks.append(chunk)
    return b"".join(chunks)


def _timeout() -> Error:
    return Error(ErrorKind.TIMEOUT, "The cloud did not answer in time")


def _unavailable(url: str, error: Exception) -> Error:
    facts = {"url": redact.url(url), "cause": type(error).__name__}
    if isinstance(error, aiohttp.ClientConnectorCertificateError | ssl.SSLCertVerificationError):
        message = "The cloud's TLS certificate can't be verified; give its CA file or the CA's fingerprint"
        return Error(ErrorKind.UNAVAILABLE, message, retryable=False, context=facts)
    if isinstance(error, aiohttp.ClientSSLError | ssl.SSLError):
        message = "The cloud's address does not speak TLS as expected; check the port, and whether it is http"
        return Error(ErrorKind.UNAVAILABLE, message, retryable=False, context=facts)
    return Error(ErrorKind.UNAVAILABLE, "The cloud can't be reached", context=facts)
