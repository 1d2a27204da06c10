"""The cloud's REST APIs as typed calls: JSON, token, region, microversion, request id, faults as our errors."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar
from urllib.parse import quote, urlencode

import msgspec

from deltaic.driver import DriverConfig
from deltaic.drivers.http.session import ANSWER_LIMIT, Response
from deltaic.drivers.openstack import catalog, microversions, paging
from deltaic.drivers.openstack.config import settings
from deltaic.drivers.openstack.decoding import decoded
from deltaic.drivers.openstack.endpoints import Endpoints
from deltaic.drivers.openstack.errors import NOTHING, Subject, may_blame_token, newest_of_refusal, nonsense, to_error
from deltaic.drivers.openstack.extensions import ExtensionList, Extensions
from deltaic.drivers.openstack.microversions import Number
from deltaic.drivers.openstack.sso import Login
from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind

T = TypeVar("T")
I = TypeVar("I")  # noqa: E741

#: Names and values in the order given; a name may come several times. Empty values are left out.
Query = Mapping[str, str] | Sequence[tuple[str, str]]

JSON = "application/json"
SUCCESS = frozenset({200, 201, 202, 203, 204})


class Client:
    """One cloud. Every call works for the context's principal, in its region and project, within its deadline.

    `service` is one of `catalog.KINDS`; `path` is relative to its endpoint (`servers/detail`). A call speaks the
    newest microversion that both sides know; `microversion` (`2.91`) of `call` lowers that for one call. When a node
    refuses it (406), being older than the one that was asked, a call is repeated once in what that node knows.
    """

    def __init__(self, config: DriverConfig) -> None:
        self.settings = settings(config)
        self.endpoints = Endpoints(config, self.settings)
        self.tokens = self.endpoints.tokens
        self.extensions = Extensions(self._network_place, self._network_extensions)
        #: What requests may be written for: the microversions that somebody asked about, by service.
        self._written_for: dict[str, set[Number]] = {}
        self._longest = config.timeout

    async def read(
        self,
        context: Context,
        service: str,
        path: str,
        type_: type[T],
        *,
        query: Query = (),
        subject: Subject = NOTHING,
    ) -> T:
        """GET `path` as `type_`."""
        answer = await self.call(context, service, "GET", path, query=query, subject=subject)
        return decoded(type_, answer.body)

    async def pages(
        self,
        context: Context,
        service: str,
        path: str,
        type_: type[T],
        items: Callable[[T], Iterable[I]],
        *,
        query: Query = (),
        subject: Subject = NOTHING,
    ) -> list[I]:
        """GET every page of a list; `items` takes what is listed out of a page.

        Pages are as long as the service makes them; say `limit` in the query where its default is small (image: 25).
        """
        found: list[I] = []
        asked: list[tuple[str, str]] | None = _pairs(query)
        for _ in range(paging.MOST_PAGES):
            answer = await self.call(context, service, "GET", path, query=asked or (), subject=subject)
            found.extend(items(decoded(type_, answer.body)))
            following = paging.next_query(answer.body)
            if following is None or following == asked:
                return found
            asked = following
        raise nonsense("a list without an end")

    async def create(
        self,
        context: Context,
        service: str,
        path: str,
        body: object,
        type_: type[T],
        *,
        subject: Subject = NOTHING,
    ) -> T:
        """POST a new entity; returns as soon as the cloud accepted."""
        answer = await self.call(context, service, "POST", path, body=body, subject=subject)
        return decoded(type_, answer.body)

    async def update(
        self,
        context: Context,
        service: str,
        path: str,
        body: object,
        type_: type[T],
        *,
        method: str = "PUT",
        content_type: str = JSON,
        subject: Subject = NOTHING,
    ) -> T:
        """PUT (or PATCH) changed members of an entity."""
        answer = await self.call(
            context, service, method, path,
            body=body, content_type=content_type, subject=subject,
        )  # fmt: skip
        return decoded(type_, answer.body)

    async def act(
        self,
        context: Context,
        service: str,
        path: str,
        body: object = None,
        *,
        method: str = "POST",
        subject: Subject = NOTHING,
    ) -> Response:
        """POST an action; the raw answer, whose body may be empty."""
        return await self.call(
            context, service, method, path,
            body={} if body is None else body, subject=subject,
        )  # fmt: skip

    async def remove(
        self,
        context: Context,
        service: str,
        path: str,
        *,
        query: Query = (),
        subject: Subject = NOTHING,
    ) -> None:
        """DELETE an entity."""
        await self.call(context, service, "DELETE", path, query=query, subject=subject)

    async def call(
        self,
        context: Context,
        service: str,
        method: str,
        path: str,
        *,
        query: Query = (),
        body: object = None,
        content_type: str = JSON,
        subject: Subject = NOTHING,
        microversion: str = "",
    ) -> Response:
        """Send one request; the whole answer, which is a success. Bytes as body go as they are."""
        content = body if isinstance(body, bytes) or body is None else _encoded(body)
        headers = {"Accept": JSON, **_caller_headers(context)}
        if content is not None:
            headers["Content-Type"] = content_type
        target = _with_query(path, query)
        version = microversions.lowered(await self.microversion(context, service), microversion)
        response = await self._send(context, service, method, target, headers, content, version)
        if response.status == 406 and version > microversions.FLOOR.get(service, version):
            # Refused before anything was done, so whatever it was may be sent again.
            older = min(version, await self._agree_again(context, service, version, response))
            response = await self._send(context, service, method, target, headers, content, older)
        return _checked(response, subject)

    async def login(self, context: Context) -> Login:
        """Who asks, in which project, and the catalog."""
        return await self.tokens.login(context)

    async def project_id(self, context: Context) -> str:
        """The id of the project that the request works in."""
        return (await self.login(context)).project_id

    async def user_id(self, context: Context) -> str:
        """The identity service's id of the user."""
        return (await self.login(context)).user.id

    async def region(self, context: Context) -> str:
        """The region that the request works in; NOT_FOUND when the cloud has none such."""
        return self.endpoints.region(context, await self.login(context))

    async def microversion(self, context: Context, service: str) -> Number:
        """The microversion spoken with `service`, such as (2, 96); (0, 0) with a service that has none."""
        if service not in microversions.KNOWN:
            return (0, 0)
        return await self.endpoints.microversion(context, await self.login(context), service)

    async def supports(self, context: Context, service: str, microversion: str) -> bool:
        """Whether `microversion` (`2.61`) is spoken with `service`."""
        wanted = microversions.number(microversion)
        if wanted is None:
            return False
        self._written_for.setdefault(service, set()).add(wanted)
        return await self.microversion(context, service) >= wanted

    async def place(self, context: Context, service: str) -> catalog.Place:
        """Where `service` is for this request."""
        return self.endpoints.place(context, await self.login(context), service)

    async def close(self) -> None:
        """Hang up everywhere."""
        await self.endpoints.close()

    async def _network_place(self, context: Context) -> str:
        return (await self.place(context, "network")).url

    async def _network_extensions(self, context: Context) -> ExtensionList:
        return await self.read(context, "network", "extensions", ExtensionList)

    async def _agree_again(self, context: Context, service: str, refused: Number, refusal: Response) -> Number:
        """The microversion to repeat a request in; UNAVAILABLE where the request must be written anew for it."""
        newest = microversions.number(newest_of_refusal(refusal.content_type, refusal.body))
        found = await self.endpoints.agree_again(context, await self.login(context), service, newest)
        if any(found < asked <= refused for asked in self._written_for.get(service, ())):
            message = f"The cloud's {service} service speaks an older version than a moment ago; please try again"
            raise Error(ErrorKind.UNAVAILABLE, message, context={"status": "406"})
        return found

    async def _send(
        self,
        context: Context,
        service: str,
        method: str,
        path: str,
        headers: dict[str, str],
        content: bytes | None,
        version: Number,
    ) -> Response:
        headers = headers | microversions.headers(service, version)
        login = await self.login(context)
        response = await self._once(context, login, service, method, path, headers, content)
        if response.status == 401 or await self._is_over(context, login.token, response):
            # Tokens end early when a password changes or the identity service loses its keys: one login, one replay.
            self.tokens.forget(context, login.token)
            if response.status >= 500:
                # Something may have been done before: whoever can tell that asks again, with the new token.
                return response
            login = await self.login(context)
            response = await self._once(context, login, service, method, path, headers, content)
            if response.status == 401:
                self.tokens.forget(context, login.token)
                if not context.principal.token:
                    # The password was good a moment ago: services that lag behind the identity service say so, too.
                    raise _disbelieved()
        return response

    async def _is_over(self, context: Context, token: str, response: Response) -> bool:
        """Whether a token is over that the service still takes for good, while the one behind it does not."""
        if not may_blame_token(response.status, response.content_type, response.body):
            return False
        try:
            return await self.tokens.status_of(token, context.remaining()) == 401
        except Error:
            return False

    async def _once(
        self,
        context: Context,
        login: Login,
        service: str,
        method: str,
        path: str,
        headers: dict[str, str],
        content: bytes | None,
    ) -> Response:
        base = self.endpoints.place(context, login, service).url
        url = f"{base}/{path}" if path else base
        seconds = min(context.remaining(), self._longest)
        signed = {**headers, "X-Auth-Token": login.token}
        return await self.endpoints.session(base).request(
            method, url, headers=signed, body=content, seconds=seconds, limit=ANSWER_LIMIT
        )


def segment(text: str) -> str:
    """`text` as one segment of a path: an id that a caller wrote stays one segment."""
    if text in ("", ".", ".."):
        return quote(f"%{text}", safe="")
    return quote(text, safe="", errors="replace")


def _encoded(body: object) -> bytes:
    try:
        return msgspec.json.encode(body)
    except UnicodeEncodeError:
        raise Error(ErrorKind.INVALID, "The request holds characters that are none (lone surrogates)") from None


def _pairs(query: Query) -> list[tuple[str, str]]:
    pairs = query.items() if isinstance(query, Mapping) else query
    return [(name, value) for name, value in pairs if value]


def _with_query(path: str, query: Query) -> str:
    pairs = _pairs(query)
    return f"{path}?{urlencode(pairs, quote_via=quote, errors='replace')}" if pairs else path


def _caller_headers(context: Context) -> dict[str, str]:
    """The request's id in the only form that the services log."""
    try:
        return {"X-Openstack-Request-Id": f"req-{uuid.UUID(context.request_id)}"}
    except ValueError:
        return {}


def _disbelieved() -> Error:
    message = "A service of the cloud does not believe a token that the identity service has just issued"
    return Error(ErrorKind.UNAVAILABLE, message, context={"status": "401"})


def _checked(response: Response, subject: Subject) -> Response:
    if response.status in SUCCESS:
        return response
    if 300 <= response.status < 400:
        message = "An address of the cloud redirects elsewhere; the operator's catalog should hold the right one"
        raise Error(ErrorKind.UNAVAILABLE, message, retryable=False, context={"status": str(response.status)})
    raise to_error(response.status, response.content_type, response.body, subject, retry_after=response.retry_after)
