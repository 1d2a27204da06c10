"""Which format an answer has: `?format=`, the path's extension, then Accept.

Source: the original server's answers. A browser's `*/*` alone means HTML, no Accept at all XML.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from enum import StrEnum
from typing import Final


class Format(StrEnum):
    """A format by the word that a query or an extension uses."""

    XML = "xml"
    JSON = "json"
    HTML = "html"
    GV = "gv"
    SVG = "svg"

    @property
    def media_type(self) -> str:
        """The Content-Type of answers in it."""
        return _TYPES[self]


_TYPES: Final = {
    Format.XML: "application/xml",
    Format.JSON: "application/json",
    Format.HTML: "text/html; charset=utf-8",
    Format.GV: "text/vnd.graphviz",
    Format.SVG: "image/svg+xml",
}
_MEDIA: Final = {
    "application/xml": Format.XML,
    "text/xml": Format.XML,
    "application/json": Format.JSON,
    "text/html": Format.HTML,
    "application/xhtml+xml": Format.HTML,
    "text/vnd.graphviz": Format.GV,
    "application/ghostscript": Format.GV,
    "image/svg+xml": Format.SVG,
}
#: What a client takes that takes anything: a browser does, and little else says so.
_ANYTHING: Final = {"*/*": Format.HTML, "application/*": Format.XML, "text/*": Format.HTML, "image/*": Format.SVG}
_LONGEST: Final = 2000


def negotiate(parameter: str | None, accept: str | None, offered: Collection[Format]) -> Format | None:
    """The format of the answer; None (406) when the client takes none of those `offered`."""
    if parameter:
        wanted = parameter.strip().lower()
        return next((form for form in offered if form.value == wanted), None)
    if accept is None or not accept.strip():
        return Format.XML if Format.XML in offered else None
    for media in _by_preference(accept[:_LONGEST]):
        form = _MEDIA.get(media)
        if form in offered:
            return form
        if media in _ANYTHING:
            found = _ANYTHING[media]
            return found if found in offered else next(iter(offered), None)
    return None


def _by_preference(accept: str) -> Iterator[str]:
    """Media types by falling quality; those of the same quality as they stand, ranges after types."""
    ranked: list[tuple[float, bool, int, str]] = []
    for place, part in enumerate(accept.split(",")):
        media, *parameters = (piece.strip().lower() for piece in part.split(";"))
        quality = _quality(parameters)
        if media and quality > 0:
            ranked.append((-quality, "*" in media, place, media))
    return (media for *_, media in sorted(ranked))


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                number = float(value)
            except ValueError:
                return 0.0
            return number if 0 <= number <= 1 else 0.0
    return 1.0
