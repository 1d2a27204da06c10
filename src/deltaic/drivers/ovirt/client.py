"""The engine's REST API as typed calls: JSON, bearer token, correlation id, faults as our errors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

import msgspec

from deltaic import __name__ as product
from deltaic.driver import DriverConfig
from deltaic.drivers.http.session import HttpSession, Response
from deltaic.drivers.http.tls import TlsSettings
from deltaic.drivers.ovirt.config import USER_LEVEL, api_url, root_of
from deltaic.drivers.ovirt.errors import NOTHING, Subject, nonsense, to_error
from deltaic.drivers.ovirt.sso import Tokens
from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind

T = TypeVar("T")

#: The engine drops other characters of a correlation id and cuts it to this length.
CORRELATION_LENGTH = 36
_NOT_CORRELATION = re.compile(r"[^0-9A-Za-z_-]")

FIXED_HEADERS = {"Accept": "application/json", "Version": "4", "Accept-Language": "en-US"}
AUTHORITY = "/services/pki-resource?resource=ca-certificate&format=X509-PEM-CA"
SUCCESS = frozenset({200, 201, 202})


class Client:
    """One engine. Every call works for the context's principal and within its deadline."""

    def __init__(self, config: DriverConfig) -> None:
        self.url = api_url(config.provider)
        self.root = root_of(self.url)
        self._longest = config.timeout
        self.session = HttpSession(
            self.url,
            tls=TlsSettings(ca_file=config.ca_file, ca_fingerprint=config.ca_fingerprint, insecure=config.insecure),
            authority_url=self.root + AUTHORITY,
            max_in_flight=config.max_connections,
            user_agent=product,
        )
        self.tokens = Tokens(self.session, self.root)

    async def read(
        self,
        context: Context,
        path: str,
        type_: type[T],
        *,
        query: Mapping[str, str] | None = None,
        subject: Subject = NOTHING,
        all_content: bool = False,
    ) -> T:
        """GET `path` (relative to the API's base) as `type_`. Empty query values are left out."""
        more = {"All-Content": "true"} if all_content else {}
        response = await self._call(context, "GET", path, query=query, subject=subject, more=more)
        return decoded(type_, response.body)

    async def create(
        self, context: Context, path: str, body: object, type_: type[T], *, correlation: str = "",
        subject: Subject = NOTHING,
    ) -> T:  # fmt: skip
        """POST a new entity; returns as soon as the engine accepted."""
        response = await self._call(context, "POST", path, body=body, subject=subject, correlation=correlation)
        return decoded(type_, response.body)

    async def update(
        self, context: Context, path: str, body: object, type_: type[T], *, subject: Subject = NOTHING
    ) -> T:
        """PUT changed members of an entity."""
        response = await self._call(context, "PUT", path, body=body, subject=subject)
        return decoded(type_, response.body)

    async def act(self, context: Context, path: str, body: object = None, *, subject: Subject = NOTHING) -> bytes:
        """POST an action; the raw answer."""
        answer = await self._call(context, "POST", path, body={} if body is None else body, subject=subject)
        return answer.body

    async def remove(self, context: Context, path: str, *, subject: Subject = NOTHING) -> None:
        """DELETE an entity."""
        await self._call(context, "DELETE", path, subject=subject)

    async def close(self) -> None:
        """Log out and hang up."""
        await self.tokens.close()
        await self.session.close()

    async def _call(
        self,
        context: Context,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: object = None,
        subject: Subject,
        correlation: str = "",
        more: Mapping[str, str] | None = None,
    ) -> Response:
        url = self._url(path, query)
        content = None if body is None else msgspec.json.encode(body)
        headers = {**FIXED_HEADERS, **_caller_headers(context, correlation), **(more or {})}
        if content is not None:
            headers["Content-Type"] = "application/json"
        token = await self.tokens.token(context)
        response = await self._send(context, method, url, headers, content, token)
        if response.status == 401:
            # Sessions end after idle time and with every engine restart: one new login, one replay.
            self.tokens.forget(context, token)
            token = await self.tokens.token(context)
            response = await self._send(context, method, url, headers, content, token)
            if response.status == 401:
                self.tokens.forget(context, token)
        return _checked(response, subject)

    async def _send(
        self, context: Context, method: str, url: str, headers: dict[str, str], content: bytes | None, token: str
    ) -> Response:
        seconds = min(context.remaining(), self._longest)
        signed = {**headers, "Authorization": f"Bearer {token}"}
        return await self.session.request(method, url, headers=signed, body=content, seconds=seconds)

    def _url(self, path: str, query: Mapping[str, str] | None) -> str:
        url = f"{self.url}/{path}" if path else self.url
        pairs = {name: value for name, value in (query or {}).items() if value}
        return f"{url}?{urlencode(pairs, quote_via=quote)}" if pairs else url


def correlation_id(text: str) -> str:
    """`text` in the form that the engine keeps unchanged."""
    return _NOT_CORRELATION.sub("", text)[:CORRELATION_LENGTH]


def _caller_headers(context: Context, correlation: str) -> dict[str, str]:
    headers = {}
    if name := correlation_id(correlation or context.request_id):
        headers["Correlation-Id"] = name
    if context.scope.view == USER_LEVEL:
        headers["Filter"] = "true"
    return headers


def _checked(response: Response, subject: Subject) -> Response:
    if response.status in SUCCESS:
        return response
    if 300 <= response.status < 400:
        message = "The engine's address redirects elsewhere; configure the address it redirects to"
        raise Error(ErrorKind.UNAVAILABLE, message, retryable=False, context={"status": str(response.status)})
    raise to_error(response.status, response.content_type, response.body, subject, retry_after=response.retry_after)


_decoders: dict[type[Any], msgspec.json.Decoder[Any]] = {}


def _decoder(type_: type[Any]) -> msgspec.json.Decoder[Any]:
    # Not strict: engines write integers and booleans as strings, and some of them as native values.
    if type_ not in _decoders:
        _decoders[type_] = msgspec.json.Decoder(type_, strict=False)
    return _decoders[type_]


def decoded(type_: type[T], text: bytes | msgspec.Raw) -> T:
    """The engine's JSON as a typed value; `Error` when it is something else."""
    try:
        value: T = _decoder(type_).decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise nonsense(str(error)[:200]) from None
    return value
