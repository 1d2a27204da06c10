"""HTTP answers around documents."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

from starlette.responses import Response

from deltaic.frontends.cimi.common import Document
from deltaic.frontends.cimi.exchange import Exchange
from deltaic.frontends.http.basic import CHALLENGE
from deltaic.protocols.cimi.bodies import write
from deltaic.protocols.cimi.errors import CimiError, job_document
from deltaic.protocols.cimi.negotiation import VERSION, etag, matches

#: From so many bytes on a body is hashed beside the event loop.
_LARGE: Final = 1 << 20
#: Longest path that an error repeats.
_LONGEST: Final = 500


def empty(status: int, headers: Mapping[str, str] | None = None) -> Response:
    """An answer without a body, and so without a Content-Type: clients parse what they are told is XML."""
    return Response(None, status, {**_common(), **(headers or {})})


async def representation(exchange: Exchange, body: bytes) -> Response:
    """A document that was asked for, or 304 when the client has it. Errors: 412 when it is not the one meant."""
    tag = etag(body) if len(body) < _LARGE else await asyncio.to_thread(etag, body)
    _check_if_match(exchange, (tag,))
    headers = {"ETag": tag, "Vary": "Accept, Authorization", "Cache-Control": "private, no-cache"}
    known = exchange.header("if-none-match")
    if known and matches(known, tag, weak=True):
        return empty(304, headers)
    return _with_body(exchange, 200, body, headers)


def check_match(exchange: Exchange, tags: tuple[str, ...]) -> None:
    """Refuse (412) a change with an If-Match that names none of these tags, or an If-None-Match that names one."""
    _check_if_match(exchange, tags)
    unwanted = exchange.header("if-none-match")
    if unwanted and any(matches(unwanted, tag, weak=True) for tag in tags):
        raise CimiError(412, "The resource is what If-None-Match names")


def _check_if_match(exchange: Exchange, tags: tuple[str, ...]) -> None:
    wanted = exchange.header("if-match")
    if wanted and not any(matches(wanted, tag) for tag in tags):
        raise CimiError(412, "The resource is no longer what If-Match names")


def created(exchange: Exchange, body: bytes, location: str) -> Response:
    """A resource that was made."""
    return _with_body(exchange, 201, body, {"Location": location})


def changed(exchange: Exchange, body: bytes) -> Response:
    """A resource as it is after a change."""
    return _with_body(exchange, 200, body, {"ETag": etag(body)})


def failure(exchange: Exchange, error: CimiError, headers: Mapping[str, str] | None = None) -> Response:
    """An error, as a Job that failed."""
    target = exchange.links.to(*exchange.path[:_LONGEST].strip("/").split("/"))
    document: Document = job_document(error, target=target)
    extra = {"WWW-Authenticate": CHALLENGE} if error.status == 401 else {}
    return _with_body(exchange, error.status, write("Job", document, exchange.format), {**extra, **(headers or {})})


def _with_body(exchange: Exchange, status: int, body: bytes, headers: Mapping[str, str]) -> Response:
    shown = {**_common(), "Content-Type": exchange.format.media_type, **headers}
    if exchange.method == "HEAD":
        return Response(None, status, {**shown, "Content-Length": str(len(body))})
    return Response(body, status, shown)


def _common() -> dict[str, str]:
    return {"CIMI-Specification-Version": VERSION}
