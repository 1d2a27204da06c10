"""Reading a request's body within limits of size and time."""

from __future__ import annotations

import asyncio

from starlette.requests import Request


class BodyError(Exception):
    """A body that is not read: the HTTP status and a sentence for the client."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


async def read(request: Request, limit: int, seconds: float) -> bytes:
    """The whole body. Errors: 413 before or while reading, 415 for a compressed one, 408 for a slow one."""
    length = request.headers.get("content-length", "0")
    if not (length.isascii() and length.isdecimal()):
        raise BodyError(400, "The Content-Length header is not a number")
    if len(length) > 12 or int(length) > limit:
        raise _too_large(limit)
    try:
        async with asyncio.timeout(seconds):
            body = await _collect(request, limit)
    except TimeoutError:
        raise BodyError(408, "The request's body did not arrive in time") from None
    if body and request.headers.get("content-encoding", "identity").lower() != "identity":
        raise BodyError(415, "A request's body must not have a Content-Encoding")
    return body


async def _collect(request: Request, limit: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise _too_large(limit)
        chunks.append(chunk)
    return b"".join(chunks)


def _too_large(limit: int) -> BodyError:
    return BodyError(413, f"The request is larger than {limit} bytes")
