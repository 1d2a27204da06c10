"""Who looks at a page: a session of a browser, or a login with each request."""

from __future__ import annotations

import hashlib
import hmac
import time
import uuid
from typing import Final

from msgspec import Struct
from starlette.requests import Request

from deltaic.frontends.console.settings import ConsoleSettings
from deltaic.frontends.http.basic import credentials, peer
from deltaic.frontends.http.sites import changes_from_elsewhere
from deltaic.model.context import Context, Principal, Scope
from deltaic.model.errors import Error, ErrorKind
from deltaic.services import Services

COOKIE: Final = "deltaic_session"


class Visitor(Struct, frozen=True):
    """A person who is logged in. `csrf` must come back with each change; `token` is the cookie's, if there is one."""

    context: Context
    csrf: str
    token: str = ""


async def find(request: Request, services: Services, settings: ConsoleSettings, secret: bytes) -> Visitor | None:
    """The visitor; None when nobody is logged in. Errors: UNAUTHENTICATED for a login that the cloud refuses."""
    header = request.headers.get("authorization", "")
    if header:
        return await _basic(header, request, services, settings, secret)
    token = request.cookies.get(COOKIE, "")
    session = await services.sessions.find(token) if token else None
    if session is None:
        return None
    return Visitor(context_of(session.principal, session.scope, settings), session.csrf, token)


def context_of(principal: Principal, scope: Scope, settings: ConsoleSettings) -> Context:
    """A context for one request."""
    return Context(principal, scope, str(uuid.uuid4()), time.monotonic() + settings.request_timeout)


async def _basic(
    header: str, request: Request, services: Services, settings: ConsoleSettings, secret: bytes
) -> Visitor:
    user, password = credentials(header)
    scope = services.identity.scope(
        request.headers.get("x-deltacloud-provider", ""), request.headers.get("x-deltacloud-driver", "")
    )
    principal, scope = await services.identity.basic(user, password, scope, address=peer(request))
    csrf = hmac.new(secret, f"{scope.provider}\0{user}".encode(), hashlib.sha256).hexdigest()[:32]
    return Visitor(context_of(principal, scope, settings), csrf)


def check_change(request: Request, visitor: Visitor | None, token: str) -> None:
    """Refuse a change that another site's page asks for: FORBIDDEN without the visitor's token or from elsewhere."""
    if changes_from_elsewhere(request):
        raise Error(ErrorKind.FORBIDDEN, "This change was asked for by another site")
    if visitor is not None and not hmac.compare_digest(token.encode(), visitor.csrf.encode()):
        raise Error(ErrorKind.FORBIDDEN, "This page is out of date: load it again")
