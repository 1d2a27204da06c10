"""The ASGI application: one request from its first byte to its answer, whatever happens on the way."""

from __future__ import annotations

import time
from collections.abc import Sequence

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Receive, Scope, Send

from deltaic.frontends.cimi.answers import empty, failure
from deltaic.frontends.cimi.call import Call
from deltaic.frontends.cimi.exchange import MOUNT, Exchange
from deltaic.frontends.cimi.methods import METHODS, entry
from deltaic.frontends.cimi.renderings import Renderings
from deltaic.frontends.cimi.settings import CimiSettings
from deltaic.frontends.cimi.site import COLLECTIONS, served
from deltaic.frontends.cimi.tree import ENTRY_POINT, Collection, Place, find
from deltaic.frontends.cimi.working import JOBS
from deltaic.frontends.cimi.world import World
from deltaic.frontends.http import body
from deltaic.frontends.http.basic import authenticate, pause
from deltaic.frontends.http.sites import changes_from_elsewhere
from deltaic.model.errors import Error
from deltaic.protocols.cimi.errors import CimiError, from_error
from deltaic.protocols.cimi.negotiation import negotiate, negotiate_version
from deltaic.services import Services

log = structlog.get_logger("deltaic.cimi")


class Everything(BaseRoute):
    """Every path at and below the mount, whatever characters it has: all answers there are CIMI's."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether a request is for the frontend."""
        path = scope["path"] if scope["type"] == "http" else ""
        return (Match.FULL if path == MOUNT or path.startswith(f"{MOUNT}/") else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass it on."""
        await self._app(scope, receive, send)


class CimiFrontend:
    """Answers CIMI requests below `/cimi`."""

    def __init__(self, services: Services, settings: CimiSettings | None = None) -> None:
        self._services = services
        self._settings = settings or CimiSettings()
        self._renderings = Renderings()

    def routes(self) -> list[BaseRoute]:
        """Where the application hangs; the bare mount point leads to the entry point."""
        return [Everything(self)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one HTTP request; anything else (WebSocket) is not for us."""
        if scope["type"] != "http":
            raise RuntimeError(f"the CIMI frontend serves http, not {scope['type']}")
        exchange = Exchange(Request(scope, receive), self._settings)
        began = time.perf_counter()
        try:
            response = await self._answer(exchange)
        except ClientDisconnect:
            return
        log.info(
            "request",
            method=exchange.method[:16],
            path=exchange.path[:200],
            status=response.status_code,
            request_id=exchange.request_id,
            user=exchange.user,
            milliseconds=round((time.perf_counter() - began) * 1000, 1),
        )
        response.headers["X-Request-Id"] = exchange.request_id
        if exchange.job:
            response.headers["CIMI-Job-URI"] = exchange.links.to(JOBS, exchange.job)
        await response(scope, receive, send)

    async def _answer(self, exchange: Exchange) -> Response:
        try:
            return await self._run(exchange)
        except CimiError as error:
            return failure(exchange, error)
        except body.BodyError as error:
            return failure(exchange, CimiError(error.status, error.message))
        except Error as error:
            return failure(exchange, from_error(error), pause(error))
        except ClientDisconnect:
            raise
        except Exception:
            log.exception("defect", request_id=exchange.request_id, path=exchange.path[:200])
            return failure(exchange, CimiError(500, "The request failed inside the gateway"))

    async def _run(self, exchange: Exchange) -> Response:
        exchange.format = negotiate(exchange.header("accept"), exchange.format_parameter)
        negotiate_version(exchange.header("cimi-specification-version"))
        if changes_from_elsewhere(exchange.http):
            raise CimiError(403, "Another site's page asks for this change")
        if exchange.path in ("", "/") and exchange.method in ("GET", "HEAD"):
            return empty(301, {"Location": exchange.links.to(ENTRY_POINT)})
        place = find(COLLECTIONS, exchange.path)
        if place is None:
            raise CimiError(404, "There is nothing at this address")
        if exchange.method == "OPTIONS":
            return empty(204, _allow(place))
        if exchange.method not in place.methods:
            error = CimiError(405, f"The method {exchange.method[:16]} is not offered here")
            return failure(exchange, error, _allow(place))
        if place.collection is None:
            return await entry(exchange, self._collections(exchange), lambda: self._call(exchange))
        call = await self._call(exchange)
        place = find(call.collections, exchange.path)
        if place is None:
            raise CimiError(404, "The cloud behind this gateway has nothing of this kind")
        if exchange.method not in place.methods:
            error = CimiError(405, f"The method {exchange.method[:16]} is not offered here by this cloud")
            return failure(exchange, error, _allow(place))
        return await METHODS[exchange.method](exchange, call, place)

    def _collections(self, exchange: Exchange) -> Sequence[Collection]:
        """What is served of the cloud that the headers choose, whoever asks."""
        headers, identity = exchange.http.headers, self._services.identity
        scope = identity.scope(headers.get("x-deltacloud-provider", ""), headers.get("x-deltacloud-driver", ""))
        return served(identity.capability(scope))

    async def _call(self, exchange: Exchange) -> Call:
        context = await authenticate(exchange.http, self._services, exchange.request_id, self._settings.request_timeout)
        exchange.user = context.principal.user
        content = await body.read(exchange.http, self._settings.body_limit, self._settings.body_timeout)
        return Call(
            context,
            self._services,
            self._settings,
            exchange.links,
            World(self._services, context),
            content,
            exchange.header("content-type"),
            served(self._services.identity.capability(context.scope)),
            self._renderings,
        )


def _allow(place: Place) -> dict[str, str]:
    return {"Allow": ", ".join(place.methods)}
