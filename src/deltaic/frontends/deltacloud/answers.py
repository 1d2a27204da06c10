"""HTTP answers around documents."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from typing import Final

from starlette.responses import Response

from deltaic.frontends.deltacloud.exchange import Exchange
from deltaic.frontends.http.basic import CHALLENGE
from deltaic.protocols.deltacloud.errors import DeltacloudError, write_error
from deltaic.protocols.deltacloud.negotiation import Format

#: Formats in which errors are told; whoever asked for another one is told in XML.
_TOLD: Final = frozenset({Format.XML, Format.JSON})

#: From so many bytes on a body is hashed beside the event loop.
_LARGE: Final = 1 << 20


def empty(exchange: Exchange, status: int, headers: Mapping[str, str] | None = None) -> Response:
    """An answer without a body, and so without a Content-Type."""
    return Response(None, status, {**_common(exchange), **(headers or {})})


async def representation(exchange: Exchange, body: bytes) -> Response:
    """A document that was asked for, or 304 when the client has it."""
    headers = validators(body) if len(body) < _LARGE else await asyncio.to_thread(validators, body)
    tag = headers["ETag"]
    known = [one.strip().removeprefix("W/") for one in exchange.header("if-none-match").split(",")]
    if tag in known or "*" in known:
        return empty(exchange, 304, headers)
    return document(exchange, 200, body, headers)


def validators(body: bytes) -> dict[str, str]:
    """What tells a later request whether a document is still the same; nobody but its reader may keep it."""
    tag = f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
    return {"ETag": tag, "Vary": "Accept, Authorization", "Cache-Control": "private, no-cache"}


def document(exchange: Exchange, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> Response:
    """A document with a status."""
    shown = {**_common(exchange), "Content-Type": exchange.format.media_type, **(headers or {})}
    if exchange.method == "HEAD":
        return Response(None, status, {**shown, "Content-Length": str(len(body))})
    return Response(body, status, shown)


def failure(exchange: Exchange, error: DeltacloudError, headers: Mapping[str, str] | None = None) -> Response:
    """An error in the format that was asked for."""
    form = exchange.format if exchange.format in _TOLD else Format.XML
    body = write_error(
        error,
        form,
        path=exchange.told_path,
        driver=exchange.driver,
        provider=exchange.provider,
        parameters={**({"id": exchange.item} if exchange.item else {}), **exchange.parameters},
    )
    extra = {"WWW-Authenticate": CHALLENGE} if error.status == 401 else {}
    return document(exchange, error.status, body, {"Content-Type": form.media_type, **extra, **(headers or {})})


def _common(exchange: Exchange) -> dict[str, str]:
    runtime = "" if exchange.runtime is None else f"{exchange.runtime:.6f}"
    given = {
        "X-Deltacloud-Driver": exchange.driver,
        "X-Deltacloud-Provider": exchange.provider,
        "X-Backend-Runtime": runtime,
    }
    return {name: value for name, value in given.items() if value and value.isprintable() and value.isascii()}
