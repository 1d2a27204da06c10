"""The ASGI application: ordered faults first, then SSO, control endpoints or the API."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ovirt_engine_sim import admin, http, sso_routes
from ovirt_engine_sim.engine import Engine
from ovirt_engine_sim.entities.registry import top_level
from ovirt_engine_sim.entities.scheduling import lose_host
from ovirt_engine_sim.entities.vm_lifecycle import LOCK_HELD
from ovirt_engine_sim.entities.vm_states import VERBS
from ovirt_engine_sim.faults import Fault, refused
from ovirt_engine_sim.http import html
from ovirt_engine_sim.ordered import Order
from ovirt_engine_sim.representation.paths import BASE


class Dropped(Exception):
    """The connection is to be closed without an answer."""


class Application:
    """An ASGI application over one engine; everything of /ovirt-engine/ and /ovirt-engine-sim/."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        try:
            response = await self._answer(request)
        except Dropped:
            await _hang_up(send)
            return
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        path = request.scope["path"]
        if path == admin.PREFIX or path.startswith(admin.PREFIX + "/"):
            return await admin.answer(self.engine, request)
        beside = await sso_routes.answer(self.engine, request)
        if beside is not None:
            return beside
        if path != BASE and not path.startswith(BASE + "/"):
            return html(404, "Not Found")
        return await self._api(request)

    async def _api(self, request: Request) -> Response:
        below = request.scope["path"].removeprefix(BASE).strip("/").removeprefix("v4/")
        orders = self.engine.faults.take(request.method, below)
        for order in orders:
            await self._before(order)
        ready = next((found for order in orders if (found := _instead(order, request, below)) is not None), None)
        response = ready if ready is not None else await http.api(self.engine, request)
        for order in orders:
            await self._after(order)
        return response

    async def _before(self, order: Order) -> None:
        match order.do:
            case "slow" if order.when == "before":
                await asyncio.sleep(order.seconds)
            case "drop" if order.when == "before":
                raise Dropped
            case "expire_tokens":
                self.engine.sessions.clear()
            case "restart":
                self.engine.restart()
            case "host_down":
                host = self.engine.get("host", order.host) or next(iter(self.engine.all("host")), None)
                if host is not None:
                    lose_host(self.engine, host)

    async def _after(self, order: Order) -> None:
        match order.do, order.when:
            case "slow", "after":
                await asyncio.sleep(order.seconds)
            case "drop", "after":
                raise Dropped


async def _hang_up(send: Send) -> None:
    """Close the connection without one byte of an answer.

    ASGI has no word for this: the transport is taken from uvicorn's request cycle, whose method `send` is.
    """
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is None:
        raise Dropped
    transport.abort()
    # The loss of the connection is noticed in the next turns; only then may the application return in silence.
    for _ in range(3):
        await asyncio.sleep(0)


def _instead(order: Order, request: Request, below: str) -> Response | None:
    """Return the answer an ordered fault gives in place of the engine's."""
    verb, what = VERBS.get(below.rsplit("/", 1)[-1], ("edit" if request.method == "PUT" else "add", "VM"))
    match order.do:
        case "lock_held":
            fault = refused(f"Cannot {verb} {what}{LOCK_HELD}")
        case "conflict":
            fault = refused(order.detail or f"Cannot {verb} {what}: VM is locked. Please try again in a few minutes.")
        case "status":
            fault = Fault(order.status, order.reason, order.detail)
        case _:
            return None
    return http.fault_response(request, fault, action=below.count("/") == 2 and request.method == "POST")


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message: Any = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


def create_app(engine: Engine) -> Application:
    """Return the ASGI application of an engine."""
    # The services are loaded now, not while the first request waits.
    top_level()
    return Application(engine)
