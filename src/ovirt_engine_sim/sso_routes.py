"""The SSO endpoints and the few services beside the API."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from ovirt_engine_sim.authority import authority
from ovirt_engine_sim.engine import Engine
from ovirt_engine_sim.faults import Fault
from ovirt_engine_sim.http import body_of
from ovirt_engine_sim.sso import API_SCOPE, LoginError

Handler = Callable[[Engine, Request], Awaitable[Response]]


def _json(document: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(document), status, media_type="application/json")


async def _form(request: Request) -> dict[str, str]:
    raw = await body_of(request)
    pairs = parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=50)
    return {**dict(request.query_params), **dict(pairs)}


def _error(error: LoginError, scope: str) -> Response:
    if scope == API_SCOPE:
        return _json({"error_code": error.code, "error": error.text}, 400)
    return _json({"error": error.code, "error_description": error.text}, 400)


async def token(engine: Engine, request: Request) -> Response:
    """Grant a token; errors are 400 in JSON."""
    form = await _form(request)
    scope = form.get("scope", "")
    if request.headers.get("accept", "") != "application/json":
        return _error(LoginError("invalid_request", "Missing parameter: 'Accept Header'"), scope)
    try:
        return _json(engine.sessions.grant(form))
    except LoginError as error:
        return _error(error, scope)


async def token_info(engine: Engine, request: Request) -> Response:
    """Introspect a token."""
    return _json(engine.sessions.info((await _form(request)).get("token", "")))


async def revoke(engine: Engine, request: Request) -> Response:
    """Revoke a token: an empty object."""
    engine.sessions.revoke((await _form(request)).get("token", ""))
    return _json({})


async def health(engine: Engine, request: Request) -> Response:
    """Tell that the engine is up."""
    return Response("DB Up!Welcome to Health Status!", media_type="text/html")


async def pki(engine: Engine, request: Request) -> Response:
    """Answer the CA certificate in PEM; other resources are not found."""
    if request.query_params.get("resource") != "ca-certificate":
        return Response(status_code=404)
    return Response(authority(), media_type="application/x-x509-ca-cert")


HANDLERS: Final[dict[str, Handler]] = {
    "/ovirt-engine/sso/oauth/token": token,
    "/ovirt-engine/sso/oauth/token-http-auth": token,
    "/ovirt-engine/sso/oauth/token-info": token_info,
    "/ovirt-engine/sso/oauth/revoke": revoke,
    "/ovirt-engine/services/sso-logout": revoke,
    "/ovirt-engine/services/health": health,
    "/ovirt-engine/services/pki-resource": pki,
}


async def answer(engine: Engine, request: Request) -> Response | None:
    """Answer a request beside the API, or return None when the path is none of these."""
    handler = HANDLERS.get(request.scope["path"].rstrip("/"))
    if handler is None:
        return None
    try:
        return await handler(engine, request)
    except (Fault, ValueError):
        return _json({"error_code": "invalid_request", "error": "The request is malformed."}, 400)
