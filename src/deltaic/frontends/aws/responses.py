"""The HTTP answer around a document."""

from __future__ import annotations

import asyncio
import gzip

from starlette.responses import Response

from deltaic.frontends.aws.exchange import Exchange
from deltaic.protocols.aws.errors import CONTENT_TYPE

#: From this size on compressing is handed to a thread; below, the hand-over costs more than it saves.
THREAD_MINIMUM = 64 * 1024


async def reply(exchange: Exchange, status: int, extra: dict[str, str]) -> Response:
    """The answer with the exchange's content, compressed when the client asked for it and it pays."""
    headers = {
        "x-amzn-RequestId": exchange.request_id,
        "Content-Type": CONTENT_TYPE,
        "Cache-Control": "no-cache, no-store",
        "Vary": "Accept-Encoding",
        **extra,
    }
    content = exchange.content
    wanted = accepts_gzip(exchange.headers.get("accept-encoding", ""))
    if wanted and len(content) >= exchange.settings.gzip_minimum:
        content = await _compress(content)
        headers["Content-Encoding"] = "gzip"
    return Response(content, status, headers)


async def _compress(content: bytes) -> bytes:
    if len(content) < THREAD_MINIMUM:
        return gzip.compress(content, 1, mtime=0)
    return await asyncio.to_thread(gzip.compress, content, 1, mtime=0)


def accepts_gzip(header: str) -> bool:
    """Whether an Accept-Encoding header asks for gzip (or for anything) with a weight above zero."""
    weights: dict[str, bool] = {}
    for part in header.lower().split(","):
        coding, *parameters = [piece.strip() for piece in part.split(";")]
        weights[coding] = not any(p.replace(" ", "").rstrip("0.") in ("q=", "q") for p in parameters)
    return weights.get("gzip", weights.get("*", False))
