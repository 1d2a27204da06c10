"""The ASGI application of the pages: login, then a table of pages, whatever happens on the way."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Mount, Route, Router
from starlette.types import Message, Receive, Scope, Send

from deltaic.frontends.console import login
from deltaic.frontends.console.files import Files
from deltaic.frontends.console.history import Histories
from deltaic.frontends.console.notes import Notes
from deltaic.frontends.console.page import Page, html
from deltaic.frontends.console.settings import ConsoleSettings
from deltaic.frontends.console.shelf import Shelf
from deltaic.frontends.console.site import PAGES
from deltaic.frontends.console.visitor import Visitor, check_change, find
from deltaic.frontends.http import body
from deltaic.frontends.http.basic import CHALLENGE, pause
from deltaic.frontends.http.forms import fields
from deltaic.frontends.http.location import origin
from deltaic.model.errors import Error, ErrorKind
from deltaic.services import Services
from deltaic.services.zones import Region

log = structlog.get_logger("deltaic.console")

Handler = Callable[[Page], Awaitable[Response]]

#: HTTP status by kind of error; all others are 400.
STATUS: Final = {
    ErrorKind.NOT_FOUND: 404,
    ErrorKind.MALFORMED_ID: 404,
    ErrorKind.UNAUTHENTICATED: 401,
    ErrorKind.FORBIDDEN: 403,
    ErrorKind.PROTECTED: 403,
    ErrorKind.CONFLICT: 409,
    ErrorKind.BUSY: 409,
    ErrorKind.IN_USE: 409,
    ErrorKind.ALREADY_EXISTS: 409,
    ErrorKind.RATE_LIMITED: 429,
    ErrorKind.UNSUPPORTED: 501,
    ErrorKind.UNAVAILABLE: 502,
    ErrorKind.CAPACITY: 503,
    ErrorKind.TIMEOUT: 504,
    ErrorKind.INTERNAL: 500,
}


class ConsoleFrontend:
    """Answers what browsers ask for below its mount."""

    def __init__(self, services: Services, secret: bytes, settings: ConsoleSettings | None = None) -> None:
        self._services = services
        self._secret = secret
        self._settings = settings or ConsoleSettings()
        self._login = login.Login(services, self._settings, secret)
        self._notes = Notes(secret, self._settings)
        self._histories = Histories()
        self._shelf = Shelf()
        self._router = Router(self._routes())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one HTTP request below the mount."""
        mount = self._settings.mount
        path: str = scope["path"]
        known: dict[str, object] = {}
        below = {**scope, "root_path": mount, "path": path if path != mount else f"{mount}/", "state": known}
        began = time.perf_counter()

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                known["status"] = message["status"]
            await send(message)

        try:
            await self._router(below, receive, sending)
        except HTTPException as error:
            failed = html("error.html", error.status_code, **_told(error.status_code, error.detail))
            await failed(scope, receive, sending)
        finally:
            # Parts are asked for every few seconds. Queries are left out: they say what people search for.
            tell = log.debug if b"hx-request" in dict(scope["headers"]) else log.info
            tell(
                "request",
                method=scope["method"][:16],
                path=path[:200],
                status=known.get("status", 0),
                user=known.get("user", ""),
                milliseconds=round((time.perf_counter() - began) * 1000, 1),
            )

    def serves(self, method: str, segments: Sequence[str]) -> bool:
        """Whether there is a page at an address below the mount."""
        scope = {"type": "http", "method": method, "path": "/" + "/".join(segments), "root_path": "", "headers": []}
        return any(route.matches(scope)[0] is Match.FULL for route in self._router.routes)

    def _routes(self) -> list[BaseRoute]:
        routes: list[BaseRoute] = [
            Mount("/static", Files()),
            Route("/login", self._guarded(self._login.show), methods=["GET"]),
            Route("/login", self._guarded(self._login.enter), methods=["POST"]),
        ]
        return routes + [
            Route(path, self._guarded(self._page(handler)), methods=[method]) for method, path, handler in PAGES
        ]

    def _page(self, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            visitor = await find(request, self._services, self._settings, self._secret)
            if visitor is None:
                return self._login.ask(request)
            page = await self._opened(request, visitor)
            if request.method != "POST":
                return await handler(page)
            try:
                return await handler(page)
            finally:
                self._shelf.clear(page.context.owner)

        return answer

    async def _opened(self, request: Request, visitor: Visitor) -> Page:
        request.state.user = visitor.context.principal.user
        given: dict[str, str] = {}
        if request.method == "POST":
            content = await body.read(request, self._settings.body_limit, self._settings.body_timeout)
            given = fields(content, request.headers.get("content-type", ""))
            check_change(request, visitor, given.get("csrf", ""))
        capability = self._services.identity.capability(visitor.context.scope)
        endpoint = self._settings.base_url.rstrip("/") or origin(request)
        return Page(
            request,
            visitor,
            self._services,
            self._settings,
            capability,
            endpoint,
            self._notes,
            self._histories,
            self._shelf,
            await self._centers(request, visitor),
            given,
        )

    async def _centers(self, request: Request, visitor: Visitor) -> Sequence[Region]:
        """The data centers that every whole page offers to look at."""
        if "hx-request" in request.headers or not visitor.token or request.url.path.endswith("/logout"):
            return ()
        try:
            return await self._services.zones.regions(visitor.context)
        except Error as error:
            if error.kind is ErrorKind.UNAUTHENTICATED:
                raise
            return ()

    def _guarded(self, handler: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        """The handler, whose errors become pages."""

        async def answer(request: Request) -> Response:
            try:
                return await handler(request)
            except Error as error:
                return self._failed(request, error)
            except body.BodyError as error:
                return html("error.html", error.status, **_told(error.status, error.message))
            except (ClientDisconnect, HTTPException):
                raise
            except Exception:
                log.exception("defect", path=request.url.path[:200])
                return html("error.html", 500, **_told(500, "The request failed inside the gateway"))

        return answer

    def _failed(self, request: Request, error: Error) -> Response:
        status = STATUS.get(error.kind, 400)
        if error.kind is ErrorKind.UNAUTHENTICATED:
            if "authorization" in request.headers:
                response = html("error.html", 401, **_told(401, error.message))
                response.headers["WWW-Authenticate"] = CHALLENGE
                return response
            # The login of the session is good no more.
            return self._login.ask(request)
        message = "The request failed inside the gateway" if error.kind is ErrorKind.INTERNAL else error.message
        response = html("error.html", status, **_told(status, message))
        response.headers.update(pause(error))
        return response


def _told(status: int, message: str) -> dict[str, object]:
    return {"mount": "/api", "status": status, "message": message}
