"""The ASGI application: one request from its first byte to its answer, whatever happens on the way."""

from __future__ import annotations

import time
from typing import Final

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import Receive, Scope, Send

from deltaic.frontends.deltacloud import dispatch
from deltaic.frontends.deltacloud.answers import empty, representation
from deltaic.frontends.deltacloud.call import Call
from deltaic.frontends.deltacloud.drivers import Drivers
from deltaic.frontends.deltacloud.entry import ALWAYS, entry_point
from deltaic.frontends.deltacloud.exchange import Exchange
from deltaic.frontends.deltacloud.faults import answer_to
from deltaic.frontends.deltacloud.instance_states import graph as graph_of
from deltaic.frontends.deltacloud.intake import Pages, fields, for_people, page_scope, pages_alone
from deltaic.frontends.deltacloud.route import Below
from deltaic.frontends.deltacloud.settings import DeltacloudSettings
from deltaic.frontends.deltacloud.site import ABSENT, COLLECTIONS
from deltaic.frontends.deltacloud.texts import Texts
from deltaic.frontends.http.basic import authenticate
from deltaic.frontends.http.sites import changes_from_elsewhere
from deltaic.model.context import Context
from deltaic.protocols.deltacloud import parameters
from deltaic.protocols.deltacloud.errors import DeltacloudError
from deltaic.protocols.deltacloud.negotiation import Format, negotiate
from deltaic.protocols.deltacloud.writing import write_api, write_many, write_one, write_states
from deltaic.services import Services

log = structlog.get_logger("deltaic.deltacloud")

_DOCUMENTS: Final = (Format.XML, Format.JSON)
_GRAPHS: Final = (Format.XML, Format.JSON, Format.SVG, Format.GV)
_READING: Final = frozenset({"GET", "HEAD"})
#: What has documents, whether it has a page or not.
_KNOWN: Final = frozenset({*(one.name for one in COLLECTIONS), *ALWAYS})


class DeltacloudFrontend:
    """Answers Deltacloud requests below `/api`; those that want HTML go to the `pages`, if there are any."""

    def __init__(
        self, services: Services, settings: DeltacloudSettings | None = None, pages: Pages | None = None
    ) -> None:
        self._services = services
        self._settings = settings or DeltacloudSettings()
        self._pages = pages
        self._texts = Texts()

    def routes(self) -> list[BaseRoute]:
        """Where the application hangs."""
        return [Below(self)]

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
            await self._pages(page_scope(scope), receive, send)
            return
        log.info(
            "request",
            method=exchange.method[:16],
            path=exchange.told_path[:200],
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
        except ClientDisconnect:
            raise
        except Exception as fault:
            return answer_to(exchange, fault)

    async def _run(self, exchange: Exchange) -> Response | None:
        query, accept = exchange.http.query_params, exchange.http.headers.get("accept")
        # Until more is known, errors are told in it.
        exchange.format = negotiate(query.get("format"), accept, _DOCUMENTS) or Format.XML
        segments, extension = exchange.location()
        exchange.parameters = parameters.merged(exchange.matrix, exchange.http.query_params.multi_items())
        if self._pages is not None and pages_alone(exchange, segments):
            return None
        graph = segments == ("instance_states",)
        form = self._form(exchange, segments, extension, _GRAPHS if graph else _DOCUMENTS)
        if form is Format.HTML:
            return None
        exchange.format = form or Format.XML
        self._choose(exchange, segments)
        if form is None:
            raise DeltacloudError(406, f"Answers are {', '.join(_GRAPHS if graph else _DOCUMENTS)}")
        if changes_from_elsewhere(exchange.http):
            raise DeltacloudError(403, "This change was asked for by another site")
        if not segments:
            return await self._entry(exchange)
        if graph:
            return await self._states(exchange)
        if segments[0] == "drivers":
            return await self._drivers(exchange, segments[1:])
        collection = dispatch.find(COLLECTIONS, ABSENT, segments)
        if exchange.method == "OPTIONS":
            return dispatch.options(exchange, collection, segments)
        return await dispatch.run(exchange, await self._call(exchange), collection, segments)

    def _form(
        self, exchange: Exchange, segments: tuple[str, ...], extension: str, offered: tuple[Format, ...]
    ) -> Format | None:
        """The format of the answer; of what has no page, people are shown the document."""
        known = bool(segments) and segments[0] in _KNOWN
        people = for_people(exchange, self._pages, segments, known)
        accept = exchange.http.headers.get("accept")
        wanted = exchange.http.query_params.get("format") or extension
        found = negotiate(wanted, accept, (*offered, *people))
        if found is None and (known or not segments) and not wanted and negotiate(None, accept, (Format.HTML,)):
            return Format.XML
        return found

    def _choose(self, exchange: Exchange, segments: tuple[str, ...]) -> None:
        """Which driver and provider are meant: the headers' before the path's; those of the entry point's query last.

        Elsewhere a parameter `provider` may be the resource's own.
        """
        if not segments and exchange.method in _READING:
            asked = {name: exchange.parameters[name] for name in ("driver", "provider") if name in exchange.parameters}
            exchange.matrix = asked | dict(exchange.matrix)
        wanted = exchange.header("x-deltacloud-driver") or exchange.matrix.get("driver", "")
        provider = exchange.header("x-deltacloud-provider") or exchange.matrix.get("provider", "")
        scope = exchange.scope = self._services.identity.scope(provider, wanted)
        exchange.driver = self._settings.drivers.get(scope.provider, scope.provider)
        exchange.provider = provider

    async def _entry(self, exchange: Exchange) -> Response:
        if exchange.method == "OPTIONS":
            return empty(exchange, 200, {"Allow": "OPTIONS,GET,HEAD,POST"})
        if exchange.method == "POST":
            return await self._switch(exchange)
        if exchange.method not in _READING:
            raise dispatch.NotOffered(("GET", "HEAD", "POST", "OPTIONS"))
        if parameters.truth(exchange.parameters, "force_auth"):
            await self._login(exchange)
        capability = self._services.identity.capability(exchange.scope)
        document = entry_point(exchange.links, COLLECTIONS, capability, exchange.driver, exchange.provider)
        return await representation(exchange, write_api(document, exchange.format))

    async def _switch(self, exchange: Exchange) -> Response:
        """Lead to the entry point of another driver or provider, if it is one of this gateway's."""
        given = parameters.merged(exchange.parameters, await fields(exchange))
        chosen = {name: given[name] for name in ("driver", "provider") if name in given}
        if not chosen:
            raise DeltacloudError(400, "Name a driver or a provider", "driver")
        self._services.identity.scope(chosen.get("provider", ""), chosen.get("driver", ""))
        return empty(exchange, 301, {"Location": exchange.links.to(**chosen)})

    async def _states(self, exchange: Exchange) -> Response:
        if exchange.method == "OPTIONS":
            return empty(exchange, 200, {"Allow": "OPTIONS,GET,HEAD"})
        if exchange.method not in _READING:
            raise dispatch.NotOffered(("GET", "HEAD", "OPTIONS"))
        capability = self._services.identity.capability(exchange.scope)
        return await representation(exchange, write_states(graph_of(capability), exchange.format))

    async def _drivers(self, exchange: Exchange, wanted: tuple[str, ...]) -> Response:
        if exchange.method == "OPTIONS":
            return empty(exchange, 200, {"Allow": "OPTIONS,GET,HEAD"})
        if exchange.method not in _READING:
            raise dispatch.NotOffered(("GET", "HEAD", "OPTIONS"))
        drivers = Drivers(self._settings.installed, exchange.links)
        if not wanted:
            return await representation(exchange, write_many("driver", drivers.index(), exchange.format))
        if len(wanted) > 1:
            raise DeltacloudError(404, "There is nothing at this address")
        context = await self._login(exchange) if exchange.header("authorization") else None
        login = (self._services, context) if context else None
        one = await drivers.show(wanted[0], exchange.driver, login)
        return await representation(exchange, write_one("driver", one, exchange.format))

    async def _login(self, exchange: Exchange) -> Context:
        context = await authenticate(
            exchange.http,
            self._services,
            exchange.request_id,
            self._settings.request_timeout,
            driver=exchange.matrix.get("driver", ""),
            provider=exchange.matrix.get("provider", ""),
        )
        exchange.user = context.principal.user
        return context

    async def _call(self, exchange: Exchange) -> Call:
        context = await self._login(exchange)
        exchange.parameters = parameters.merged(exchange.parameters, await fields(exchange))
        capability = self._services.identity.capability(context.scope)
        return Call(
            context,
            self._services,
            exchange.links,
            capability,
            exchange.parameters,
            self._texts,
            self._settings.start,
        )
