"""From a request's claim to the principal behind it, and to the scope in which it may act."""

from __future__ import annotations

from datetime import UTC, datetime

from starlette.requests import Request

from deltaic.frontends.aws.exchange import Exchange
from deltaic.frontends.aws.issued_key import issued_key
from deltaic.frontends.http.basic import peer
from deltaic.frontends.http.sites import changes_from_elsewhere
from deltaic.model.context import Principal, Scope
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.secret import Secret
from deltaic.protocols.aws.actions import API_VERSION
from deltaic.protocols.aws.credentials import Credential, Signed, SigV2
from deltaic.protocols.aws.errors import AwsError
from deltaic.protocols.aws.signature import (
    Basic,
    SignatureError,
    mismatch,
    missing_credentials,
    unknown_key,
    unsigned,
    verify,
)

CHALLENGE = 'Basic realm="deltaic"'

#: Headers that choose what a request is about.
CHOOSING = ("x-deltacloud-provider", "x-deltacloud-driver")


async def authenticate(exchange: Exchange) -> tuple[Principal, Scope]:
    """The caller and the scope that configuration, key and headers give.

    Errors: SignatureError with AWS's own codes, AuthFailure 401 for a login the engine refuses.
    """
    credential = exchange.credential
    if credential is None:
        frontend = exchange.frontends.get(exchange.service)
        if frontend is not None and frontend.is_plain(exchange.version):
            raise unknown_key(exchange.service)
        raise missing_credentials()
    _refuse_switched_off(exchange, credential)
    _refuse_added(exchange, credential)
    try:
        if isinstance(credential, Basic):
            return await _login(exchange, credential)
        return await _signed(exchange, credential)
    except Error as error:
        if error.kind is ErrorKind.UNAUTHENTICATED:
            raise unknown_key(exchange.service) from None
        raise


def _refuse_switched_off(exchange: Exchange, credential: Credential) -> None:
    settings = exchange.settings
    if isinstance(credential, Basic) and not settings.basic:
        raise SignatureError("AuthFailure", "Basic authentication is switched off here; sign with an access key", 401)
    if isinstance(credential, SigV2) and not settings.sigv2:
        raise SignatureError("AuthFailure", "Signature version 2 is switched off here; sign with version 4", 401)


def _refuse_added(exchange: Exchange, credential: Credential) -> None:
    added = unsigned(credential, [name for name in CHOOSING if name in exchange.headers])
    if added:
        raise mismatch(f"There were headers present in the request which were not signed: {', '.join(added)}")


async def _login(exchange: Exchange, credential: Basic) -> tuple[Principal, Scope]:
    if _from_elsewhere(exchange.http):
        raise SignatureError("AuthFailure", "Another site's page asks for this", 403)
    scope = _asked_scope(exchange)
    identity = exchange.services.identity
    password, address = Secret(credential.password), peer(exchange.http)
    return await identity.basic(credential.user, password, scope, exchange.request_id, address=address)


def _from_elsewhere(request: Request) -> bool:
    """Whether a browser adds its login to what another site's page asks for: here a GET changes things, too."""
    return changes_from_elsewhere(Request({**request.scope, "method": "POST"}))


async def _signed(exchange: Exchange, credential: Signed) -> tuple[Principal, Scope]:
    identity = exchange.services.identity
    try:
        key = await identity.access_key(credential.access_key)
    except Error as error:
        if error.context.get("reason") != "unknown_key":
            raise
        return await issued_key(exchange, credential)
    verify(credential, exchange.parts, key.secret_key.reveal(), datetime.now(UTC), frozenset(API_VERSION))
    own = identity.scope_of_key(key)
    scope = _asked_scope(exchange, own)
    if scope.provider != own.provider:
        # The key holds credentials of its cloud; they are never shown to another one.
        raise AwsError("UnauthorizedOperation", "The access key belongs to another provider.")
    return identity.principal_of(key), scope


def _asked_scope(exchange: Exchange, home: Scope | None = None) -> Scope:
    headers = exchange.headers
    return exchange.services.identity.scope(
        headers.get("x-deltacloud-provider", ""), headers.get("x-deltacloud-driver", ""), home=home
    )
