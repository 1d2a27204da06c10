"""From an Authorization header with the cloud's own user and password to the caller."""

from __future__ import annotations

import base64
import binascii
import time

from starlette.requests import Request

from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.secret import Secret
from deltaic.services import Services

CHALLENGE = 'Basic realm="deltaic", charset="UTF-8"'


async def authenticate(
    request: Request, services: Services, request_id: str, seconds: float, *, driver: str = "", provider: str = ""
) -> Context:
    """The context of a request with the cloud's own user and password; it has `seconds` to be carried out.

    `driver` and `provider` are those that the request names elsewhere than in its headers, which come first.
    Errors: UNAUTHENTICATED without a login or for one that the cloud refuses, FORBIDDEN for a foreign cloud,
    RATE_LIMITED for whoever guesses at passwords.
    """
    user, password = credentials(request.headers.get("authorization", ""))
    headers = request.headers
    scope = services.identity.scope(
        headers.get("x-deltacloud-provider", "") or provider, headers.get("x-deltacloud-driver", "") or driver
    )
    deadline = time.monotonic() + seconds
    principal, scope = await services.identity.basic(user, password, scope, request_id, address=peer(request))
    return Context(principal, scope, request_id, deadline)


def peer(request: Request) -> str:
    """The network address that a request came from; what its headers say of it is anybody's word.

    Only the listener believes them, of proxies that `server.trusted_proxies` names, before a request is here.
    """
    return request.client.host if request.client else ""


def pause(error: Error) -> dict[str, str]:
    """The header that says when to try again, where an error knows."""
    return {"Retry-After": str(error.retry_after)} if error.retry_after else {}


def credentials(header: str) -> tuple[str, Secret]:
    """User and password of a Basic header."""
    scheme, _, value = header.strip().partition(" ")
    if scheme.lower() != "basic" or len(value) > 8192:
        raise _refused("A user and a password of the cloud are needed (HTTP Basic authentication)")
    try:
        user, colon, password = base64.b64decode(value.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        raise _refused("The Authorization header can't be read") from None
    if not colon or not user or "\0" in user + password:
        raise _refused("The Authorization header can't be read")
    return user, Secret(password)


def _refused(message: str) -> Error:
    return Error(ErrorKind.UNAUTHENTICATED, message)
