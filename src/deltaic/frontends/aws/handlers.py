"""The chain of handlers: what happens to a request, in this order."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Final

from deltaic.frontends.aws.authenticate import authenticate
from deltaic.frontends.aws.body import read_body
from deltaic.frontends.aws.call import Call
from deltaic.frontends.aws.exchange import Exchange
from deltaic.frontends.aws.location import base_url
from deltaic.model.context import Context
from deltaic.protocols.aws.actions import API_VERSION, service_of
from deltaic.protocols.aws.query import decode_pairs, parse_request
from deltaic.protocols.aws.signature import SigV4Header, SigV4Presigned, identify
from deltaic.protocols.aws.xml import serialize_response

Handler = Callable[[Exchange], Awaitable[None]]


async def receive(exchange: Exchange) -> None:
    """Read the body and split the parameters."""
    settings = exchange.settings
    exchange.body = await read_body(exchange.http, exchange.headers, settings.body_limit, settings.body_timeout)
    exchange.pairs = decode_pairs(exchange.raw_query, exchange.body)


async def choose_service(exchange: Exchange) -> None:
    """Find out who claims to ask, and which service: by credential scope, else version, else action."""
    sent = dict(reversed(exchange.pairs))
    exchange.action, exchange.version = sent.get("Action", ""), sent.get("Version") or None
    exchange.service = service_of(exchange.action, exchange.version)
    exchange.credential = identify(
        exchange.http.method, exchange.raw_path, exchange.raw_query, exchange.headers, exchange.body
    )
    if isinstance(exchange.credential, SigV4Header | SigV4Presigned):
        named = exchange.credential.scope.service
        exchange.service = named if named in API_VERSION else exchange.service


async def check_identity(exchange: Exchange) -> None:
    """Verify the claim and find the scope that the configuration, the key and the headers give."""
    exchange.principal, exchange.scope = await authenticate(exchange)


async def decode(exchange: Exchange) -> None:
    """Read the action and its parameters."""
    exchange.request = parse_request(exchange.pairs, exchange.service)


async def enter_scope(exchange: Exchange) -> None:
    """Narrow the scope to the data center that the region names, or widen it as the request's form asks."""
    assert exchange.principal is not None
    deadline = time.monotonic() + exchange.settings.request_timeout
    context = Context(exchange.principal, exchange.scope, exchange.request_id, deadline)
    if exchange.frontend.scoped and isinstance(exchange.credential, SigV4Header | SigV4Presigned):
        region = exchange.credential.scope.region
        exchange.scope = await exchange.services.zones.scope_of_region(context, region)
        if not exchange.scope.chosen:
            exchange.services.identity.check_region(region, exchange.scope)
    exchange.scope = exchange.frontend.widen(exchange.version, exchange.scope)
    exchange.context = Context(exchange.principal, exchange.scope, exchange.request_id, deadline)


async def serve(exchange: Exchange) -> None:
    """Let the service's frontend answer."""
    assert exchange.context is not None
    assert exchange.request is not None
    call = Call(exchange.context, exchange.request, exchange.settings.base_url or base_url(exchange.http))
    exchange.result = await exchange.frontend.answer(call)


async def encode(exchange: Exchange) -> None:
    """Write the answer."""
    request = exchange.request
    assert request is not None
    exchange.content = serialize_response(
        request.action,
        dict(exchange.result),
        exchange.request_id,
        exchange.frontend.namespace_version(request.version),
        request.service,
    )


CHAIN: Final[tuple[Handler, ...]] = (
    receive,
    choose_service,
    check_identity,
    decode,
    enter_scope,
    serve,
    encode,
)
