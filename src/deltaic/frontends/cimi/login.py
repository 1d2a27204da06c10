"""From the Authorization header to the caller and the data center in which they may act."""

from __future__ import annotations

import base64
import binascii
import time

from starlette.requests import Request

from deltaic.frontends.cimi.settings import CimiSettings
from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.secret import Secret
from deltaic.services import Services

CHALLENGE = 'Basic realm="deltaic", charset="UTF-8"'


async def authenticate(request: Request, services: Services, settings: CimiSettings, request_id: str) -> Context:
    """The context of a request with the engine's own user and password.

    Errors: UNAUTHENTICATED without a login or for one that the engine refuses, FORBIDDEN for a foreign engine.
    """
    user, password = credentials(request.headers.get("authorization", ""))
    headers = request.headers
    scope = services.identity.scope(headers.get("x-deltacloud-provider", ""), headers.get("x-deltacloud-driver", ""))
    deadline = time.monotonic() + settings.request_timeout
    principal = await services.identity.basic(user, password, scope, request_id)
    return Context(principal, scope, request_id, deadline)


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
