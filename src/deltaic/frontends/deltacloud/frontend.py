"""The ASGI application: one request from its first byte to its answer, whatever happens on the way."""

from __future__ import annotations

import time
from typing import Final

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from deltaic.frontends.deltacloud import dispatch
from deltaic.frontends.deltacloud.answers import empty, failure, representation
from deltaic.frontends.deltacloud.call import Call
from deltaic.frontends.deltacloud.drivers import Drivers
from deltaic.frontends.deltacloud.entry import entry_point
from deltaic.frontends.deltacloud.exchange import MOUNT, Exchange
from deltaic.frontends.deltacloud.instance_states import GRAPH
from deltaic.frontends.deltacloud.settings import DeltacloudSettings
from deltaic.frontends.deltacloud.site import COLLECTIONS
from deltaic.frontends.http import body
from deltaic.frontends.http.basic import authenticate
from deltaic.frontends.http.sites import changes_from_elsewhere
from deltaic.model.context import Context
from deltaic.model.errors import Error
from deltaic.protocols.deltacloud import parameters
from deltaic.protocols.deltacloud.errors import DeltacloudError, from_error
from deltaic.protocols.deltacloud.negotiation import Format, negotiate
from deltaic.protocols.deltacloud.writing import write_api, write_many, write_one, write_states
from deltaic.services import Services

log = structlog.get_logger("deltaic.deltacloud")

_DOCUMENTS: Final = (Format.XML, Format.JSON)
_GRAPHS: Final = (Format.XML, Format.JSON, Format.SVG, Format.GV)
_FORM: Final = "application/x-www-form-urlencoded"


class DeltacloudFrontend:
    """Answers Deltacloud requests below `/api`; those that want HTML go to the `pages`, if there are any."""

    def __init__(
        self, services: Services, settings: DeltacloudSettings | None = None, pages: ASGIApp | None = None
    ) -> None:
        self._services = services
        self._settings = settings or DeltacloudSettings()
        self._pages = pages

    def routes(self) -> list[BaseRoute]:
        """Where the application hangs. Matrix parameters may follow the mount point itself (`/api;driver=x`)."""
        return [
            Route(MOUNT, endpoint=self),
            Route(MOUNT + ";{matrix:path}", endpoint=self),
            Mount(MOUNT, app=self),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one HTTP request; anything else (WebSocket) is not for us."""
        if scope["type"] != "http":
            raise RuntimeError(f"the Deltacloud frontend serves http, not {scope['type']}")
        exchange = Exchange(Request(scope, receive), self._settings)
        began = time.perf_counter()
        try:
            response = await self._answer(exchange)
        except ClientDisconnect:
            return
        if response is None:
            assert self._pages is not None
            await self._pages(scope, receive, send)
            return
        log.info(
            "request",
            method=exchange.method[:16],
            path=exchange.raw_path[:200],
            status=response.status_code,
            request_id=exchange.request_id,
            user=exchange.user,
            milliseconds=round((time.perf_counter() - began) * 1000, 1),
        )
        response.headers["X-Request-Id"] = exchange.request_id
        await response(scope, receive, send)

    async def _answer(self, exchange: Exchange) -> Response | None:
        try:
            return await self._run(exchange)
        except DeltacloudError as error:
            return failure(exchange, error)
        except body.BodyError as error:
            return failure(exchange, DeltacloudError(error.status, error.message))
        except Error as error:
            return failure(exchange, from_error(error))
        except dispatch.Lacking as lack:
            sentence = f"The cloud lacks the capability '{lack.capability}'"
            return failure(exchange, DeltacloudError(412, sentence), {"Expect": lack.capability})
        except dispatch.NotOffered as refusal:
            sentence = f"The method {exchange.method[:16]} is not offered here"
            return failure(exchange, DeltacloudError(405, sentence), {"Allow": ", ".join(refusal.methods)})
        except ClientDisconnect:
            raise
        except Exception:
            log.exception("defect", request_id=exchange.request_id, path=exchange.raw_path[:200])
            return failure(exchange, DeltacloudError(500, "The request failed inside the gateway"))

    async def _run(self, exchange: Exchange) -> Response | None:
        segments, matrix = exchange.location()
        query = exchange.http.query_params
        exchange.parameters = parameters.merged(matrix, query.multi_items())
        graph = segments == ("instance_states",)
        offered = _GRAPHS if graph else _DOCUMENTS
        pages = (Format.HTML,) if self._pages is not None and _may_be_people(exchange) else ()
        if pages and _for_people(exchange, segments):
            return None
        form = negotiate(query.get("format"), exchange.http.headers.get("accept"), (*offered, *pages))
        if form is None:
            raise DeltacloudError(406, f"Answers are {', '.join(offered)}")
        if form is Format.HTML:
            return None
        exchange.format = form
        if changes_from_elsewhere(exchange.http):
            raise DeltacloudError(403, "This change was asked for by another site")
        self._choose(exchange, matrix)
        if not segments:
            return await self._entry(exchange)
        if graph:
            return self._states(exchange)
        if segments[0] == "drivers":
            return await self._drivers(exchange, segments[1:])
        collection = dispatch.find(COLLECTIONS, segments)
        if exchange.method == "OPTIONS":
            return dispatch.options(exchange, collection, segments)
        return await dispatch.run(exchange, await self._call(exchange), collection, segments)

    def _choose(self, exchange: Exchange, matrix: dict[str, str]) -> None:
        """Which driver and provider are meant: the headers' before the path's."""
        wanted = exchange.header("x-deltacloud-driver") or matrix.get("driver", "")
        scope = exchange.scope = self._services.identity.scope(
            exchange.header("x-deltacloud-provider") or matrix.get("provider", ""), wanted
        )
        exchange.driver = self._settings.drivers.get(scope.provider, scope.provider)
        exchange.provider = exchange.header("x-deltacloud-provider") or matrix.get("provider", "")

    async def _entry(self, exchange: Exchange) -> Response:
        if exchange.method == "OPTIONS":
            return empty(exchange, 204, {"Allow": "GET,HEAD,OPTIONS"})
        if exchange.method not in ("GET", "HEAD"):
            raise dispatch.NotOffered(("GET", "HEAD", "OPTIONS"))
        if parameters.truth(exchange.parameters, "force_auth"):
            await self._login(exchange)
        capability = self._services.identity.capability(exchange.scope)
        document = entry_point(exchange.links, COLLECTIONS, capability, exchange.driver, exchange.provider)
        return representation(exchange, write_api(document, exchange.format))

    def _states(self, exchange: Exchange) -> Response:
        if exchange.method not in ("GET", "HEAD"):
            raise dispatch.NotOffered(("GET", "HEAD"))
        return representation(exchange, write_states(GRAPH, exchange.format))

    async def _drivers(self, exchange: Exchange, wanted: tuple[str, ...]) -> Response:
        if exchange.method not in ("GET", "HEAD"):
            raise dispatch.NotOffered(("GET", "HEAD"))
        drivers = Drivers(self._settings.installed, exchange.links)
        if not wanted:
            return representation(exchange, write_many("driver", drivers.index(), exchange.format))
        if len(wanted) > 1:
            raise DeltacloudError(404, "There is nothing at this address")
        context = await self._login(exchange) if exchange.header("authorization") else None
        login = (self._services, context) if context else None
        one = await drivers.show(wanted[0], exchange.driver, login)
        return representation(exchange, write_one("driver", one, exchange.format))

    async def _login(self, exchange: Exchange) -> Context:
        context = await authenticate(
            exchange.http,
            self._services,
            exchange.request_id,
            self._settings.request_timeout,
            driver=exchange.parameters.get("driver", ""),
            provider=exchange.parameters.get("provider", ""),
        )
        exchange.user = context.principal.user
        return context

    async def _call(self, exchange: Exchange) -> Call:
        context = await self._login(exchange)
        content = await body.read(exchange.http, self._settings.body_limit, self._settings.body_timeout)
        if content:
            exchange.parameters = parameters.merged(exchange.parameters, await _fields(exchange, content))
        capability = self._services.identity.capability(context.scope)
        return Call(context, self._services, exchange.links, capability, exchange.parameters)


async def _fields(exchange: Exchange, content: bytes) -> dict[str, str]:
    """The fields of a form."""
    media = exchange.header("content-type").partition(";")[0].strip().lower()
    if media in ("", _FORM):
        return parameters.form(content)
    raise DeltacloudError(415, f"A request's body must be {_FORM}")


def _for_people(exchange: Exchange, segments: tuple[str, ...]) -> bool:
    """Whether a request is the pages' own, whatever it accepts: their files, and what htmx asks for."""
    return "hx-request" in exchange.http.headers or segments[:1] in (("static",), ("login",))


def _may_be_people(exchange: Exchange) -> bool:
    """Whether HTML may be meant. A tool that changes something and takes any answer gets XML, no page."""
    return (
        exchange.method in ("GET", "HEAD")
        or "html" in exchange.header("accept")
        or "hx-request" in (exchange.http.headers)
    )
