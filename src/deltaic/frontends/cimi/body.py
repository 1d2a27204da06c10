"""Reading a request's body within limits of size and time."""

from __future__ import annotations

import asyncio

from starlette.requests import Request

from deltaic.frontends.cimi.settings import CimiSettings
from deltaic.protocols.cimi.errors import CimiError


async def read(request: Request, settings: CimiSettings) -> bytes:
    """The whole body. Errors: 413 before or while reading, 415 for a compressed one, 408 for a slow one."""
    length = request.headers.get("content-length", "0")
    if not (length.isascii() and length.isdecimal()):
        raise CimiError(400, "The Content-Length header is not a number")
    if len(length) > 12 or int(length) > settings.body_limit:
        raise _too_large(settings)
    try:
        async with asyncio.timeout(settings.body_timeout):
            body = await _collect(request, settings)
    except TimeoutError:
        raise CimiError(408, "The request's body did not arrive in time") from None
    if body and request.headers.get("content-encoding", "identity").lower() != "identity":
        raise CimiError(415, "A request's body must not have a Content-Encoding")
    return body


async def _collect(request: Request, settings: CimiSettings) -> bytes:
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > settings.body_limit:
            raise _too_large(settings)
        chunks.append(chunk)
    return b"".join(chunks)


def _too_large(settings: CimiSettings) -> CimiError:
    return CimiError(413, f"The request is larger than {settings.body_limit} bytes")
