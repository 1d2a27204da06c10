"""Reading a request's body within limits of size and time."""

from __future__ import annotations

import asyncio

from starlette.requests import Request

from deltaic.protocols.aws.errors import AwsError

METHODS = frozenset({"GET", "POST"})
FORM = "application/x-www-form-urlencoded"


async def read_body(request: Request, headers: dict[str, str], limit: int, patience: float) -> bytes:
    """The whole body of a form request.

    Errors: UnsupportedHttpVerb 405, RequestEntityTooLarge 413 (before or while reading), InvalidRequest 400
    for another media type or a compressed body, RequestTimeout 408.
    """
    if request.method not in METHODS:
        raise AwsError("UnsupportedHttpVerb", f"The HTTP verb {request.method[:16]} is not supported.", 405)
    length = headers.get("content-length", "0")
    if not (length.isascii() and length.isdecimal()):
        raise AwsError("InvalidRequest", "The Content-Length header is not a number.")
    if len(length) > 12 or int(length) > limit:
        raise _too_large(limit)
    try:
        async with asyncio.timeout(patience):
            body = await _collect(request, limit)
    except TimeoutError:
        raise AwsError("RequestTimeout", "The request's body did not arrive in time.", 408) from None
    if body:
        _check_media(headers)
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


def _check_media(headers: dict[str, str]) -> None:
    media = headers.get("content-type", FORM).partition(";")[0].strip().lower()
    if media != FORM:
        raise AwsError("InvalidRequest", f"The request's body must have the Content-Type {FORM}.")
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise AwsError("InvalidRequest", "A request's body must not have a Content-Encoding.")
    if headers.get("transfer-encoding", "chunked").lower() != "chunked":
        raise AwsError("InvalidRequest", "A request's body must have no other Transfer-Encoding than chunked.")


def _too_large(limit: int) -> AwsError:
    return AwsError("RequestEntityTooLarge", f"The request is larger than {limit} bytes.")
