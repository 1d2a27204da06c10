"""The ASGI application: one request through the chain, whatever happens on the way."""

from __future__ import annotations

import time
from collections.abc import Sequence

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope, Send

from deltaic.frontends.aws.authenticate import CHALLENGE
from deltaic.frontends.aws.call import ServiceFrontend
from deltaic.frontends.aws.exchange import Exchange
from deltaic.frontends.aws.handlers import CHAIN, Handler, check_identity
from deltaic.frontends.aws.responses import reply
from deltaic.frontends.aws.settings import EndpointSettings
from deltaic.frontends.http.basic import pause
from deltaic.model.errors import Error, ErrorKind
from deltaic.protocols.aws.errors import AwsError, error_document
from deltaic.protocols.aws.kinds import CODES, from_error
from deltaic.protocols.aws.signature import SignatureError
from deltaic.services import Services

log = structlog.get_logger("deltaic.aws")

#: How the names of actions begin that change nothing.
_READS = ("Describe", "Get")


class AwsEndpoint:
    """Answers EC2 and STS requests on any path below where it is mounted."""

    def __init__(
        self,
        services: Services,
        frontends: Sequence[ServiceFrontend],
        settings: EndpointSettings | None = None,
    ) -> None:
        self._services = services
        self._frontends = {frontend.name: frontend for frontend in frontends}
        self._settings = settings or EndpointSettings()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one HTTP request; anything else (WebSocket) is not for us."""
        if scope["type"] != "http":
            raise RuntimeError(f"an AWS endpoint serves http, not {scope['type']}")
        exchange = Exchange(Request(scope, receive), self._services, self._frontends, self._settings)
        began = time.perf_counter()
        try:
            status = await self._run(exchange)
        except ClientDisconnect:
            return
        response = await reply(exchange, status, _extra_headers(exchange, status))
        log.info(
            "request",
            service=exchange.service,
            action=exchange.request.action if exchange.request else exchange.action[:64],
            status=status,
            request_id=exchange.request_id,
            user=exchange.principal.user if exchange.principal else None,
            milliseconds=round((time.perf_counter() - began) * 1000, 1),
        )
        await response(scope, receive, send)

    async def _run(self, exchange: Exchange) -> int:
        try:
            await _pass(exchange)
        except (AwsError, SignatureError, Error) as error:
            return _render(exchange, error)
        except ClientDisconnect:
            raise
        except Exception:
            log.exception("defect", request_id=exchange.request_id, action=exchange.action[:64])
            return _render(exchange, AwsError("InternalError", "An internal error has occurred"))
        return 200


async def _pass(exchange: Exchange) -> None:
    """Pass the chain; a read begins anew where the cloud took back its caller's token before its time."""
    try:
        await _handle(exchange, CHAIN)
    except (Error, AwsError) as error:
        principal = exchange.principal
        if principal is None or not principal.token or not _is_refusal(error):
            raise
        exchange.services.issued_keys.forget(principal)
        if not exchange.action.startswith(_READS):
            raise
        await _handle(exchange, CHAIN[CHAIN.index(check_identity) :])


def _is_refusal(error: Error | AwsError) -> bool:
    if isinstance(error, Error):
        return error.kind is ErrorKind.UNAUTHENTICATED
    return error.code == CODES[ErrorKind.UNAUTHENTICATED]


async def _handle(exchange: Exchange, chain: Sequence[Handler]) -> None:
    for handler in chain:
        await handler(exchange)


def _render(exchange: Exchange, error: AwsError | SignatureError | Error) -> int:
    if isinstance(error, Error):
        exchange.extra |= pause(error)
        error = from_error(error, exchange.service)
    shown = AwsError(error.code, error.message, error.status)
    exchange.content = error_document(shown, exchange.request_id, exchange.service)
    return shown.status


def _extra_headers(exchange: Exchange, status: int) -> dict[str, str]:
    if status == 401:
        return {"WWW-Authenticate": CHALLENGE}
    return {"Allow": "GET, POST"} if status == 405 else exchange.extra
