"""What a request says, wherever it says it: who is meant to read the answer, and the fields of its form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from starlette.types import Receive, Scope, Send

from deltaic.frontends.deltacloud.exchange import Exchange
from deltaic.frontends.http import body
from deltaic.frontends.http.multipart import MULTIPART, parts
from deltaic.protocols.deltacloud import parameters
from deltaic.protocols.deltacloud.errors import DeltacloudError
from deltaic.protocols.deltacloud.negotiation import Format

_FORM: Final = "application/x-www-form-urlencoded"
#: What the pages have below the mount beside the collections' own addresses.
_FILES: Final = (("static",), ("login",))


class Pages(Protocol):
    """The pages for people: an ASGI application that tells what it has."""

    def serves(self, method: str, segments: Sequence[str]) -> bool:
        """Whether there is a page at an address below the mount."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""


async def fields(exchange: Exchange) -> dict[str, str]:
    """The fields of the request's form, however it is packed. Errors: those of reading, 415, INVALID."""
    content = await body.read(exchange.http, exchange.settings.body_limit, exchange.settings.body_timeout)
    if not content:
        return {}
    header = exchange.header("content-type")
    media = header.partition(";")[0].strip().lower()
    if media == MULTIPART:
        return parts(content, header)
    if media in ("", _FORM):
        return parameters.form(content)
    raise DeltacloudError(415, f"A request's body must be {_FORM} or {MULTIPART}")


def pages_alone(exchange: Exchange, segments: tuple[str, ...]) -> bool:
    """Whether a request is the pages' own, whatever it accepts: their files, and what htmx asks for."""
    return "hx-request" in exchange.http.headers or segments[:1] in _FILES


def page_scope(scope: Scope) -> Scope:
    """What the pages are asked for: they know their addresses without an extension."""
    path: str = scope["path"]
    return {**scope, "path": path.removesuffix(".html")} if path.endswith(".html") else scope


def for_people(exchange: Exchange, pages: Pages | None, segments: tuple[str, ...], known: bool) -> tuple[Format, ...]:
    """HTML, if it may be meant and there is a page.

    A tool that changes something and takes any answer gets a document, no page; so does whoever asks for a `known`
    collection that has no page, or names a driver or a provider in the path: pages are of the session's own.
    """
    if pages is None or exchange.matrix:
        return ()
    asked = exchange.method in ("GET", "HEAD") or "html" in exchange.header("accept")
    method = "GET" if exchange.method == "HEAD" else exchange.method
    return (Format.HTML,) if asked and (not known or pages.serves(method, segments)) else ()
