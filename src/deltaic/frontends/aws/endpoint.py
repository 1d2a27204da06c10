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
from deltaic.frontends.aws.handlers import CHAIN
from deltaic.frontends.aws.responses import reply
from deltaic.frontends.aws.settings import EndpointSettings
from deltaic.model.errors import Error, ErrorKind
from deltaic.protocols.aws.errors import AwsError, error_document
from deltaic.protocols.aws.kinds import from_error
from deltaic.protocols.aws.signature import SignatureError
from deltaic.services import Services

log = structlog.get_logger("deltaic.aws")


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
            for handler in CHAIN:
                await handler(exchange)
        except (AwsError, SignatureError, Error) as error:
            _forget_token(exchange, error)
            return _render(exchange, error)
        except ClientDisconnect:
            raise
        except Exception:
            log.exception("defect", request_id=exchange.request_id, action=exchange.action[:64])
            return _render(exchange, AwsError("InternalError", "An internal error has occurred"))
        return 200


def _forget_token(exchange: Exchange, error: Exception) -> None:
    """A token that the cloud refused before its time serves no other request."""
    principal = exchange.principal
    refused = isinstance(error, Error) and error.kind is ErrorKind.UNAUTHENTICATED
    if refused and principal is not None and principal.token:
        exchange.services.issued_keys.forget(principal)


def _render(exchange: Exchange, error: AwsError | SignatureError | Error) -> int:
    if isinstance(error, Error):
        error = from_error(error, exchange.service)
    shown = AwsError(error.code, error.message, error.status)
    exchange.content = error_document(shown, exchange.request_id, exchange.service)
    return shown.status


def _extra_headers(exchange: Exchange, status: int) -> dict[str, str]:
    if status == 401:
        return {"WWW-Authenticate": CHALLENGE}
    return {"Allow": "GET, POST"} if status == 405 else {}
