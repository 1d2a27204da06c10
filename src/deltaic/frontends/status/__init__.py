"""The gateway's own pages: liveness, readiness and metrics; no login, no secrets."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

#: Tells whether requests can be served, and the reason when not.
Readiness = Callable[[], Awaitable[str]]


def routes(ready: Readiness) -> list[Route]:
    """`/health` answers while the process lives, `/ready` when it can serve, `/metrics` in Prometheus' text form."""

    async def readiness(request: Request) -> Response:
        reason = await ready()
        return JSONResponse({"ready": not reason, "reason": reason}, status_code=503 if reason else 200)

    return [
        Route("/health", _health, methods=["GET"]),
        Route("/ready", readiness, methods=["GET"]),
        Route("/metrics", _metrics, methods=["GET"]),
    ]


async def _health(request: Request) -> Response:
    return JSONResponse({"alive": True})


async def _metrics(request: Request) -> Response:
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
