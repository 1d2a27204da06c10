"""Which format a client sent and wants, which version it speaks, which representation it holds."""

from __future__ import annotations

import hashlib
import re
from enum import StrEnum
from typing import Final

from deltaic.protocols.cimi.errors import CimiError

#: The version that answers say.
VERSION: Final = "1.1.0"


class Format(StrEnum):
    """A representation."""

    XML = "xml"
    JSON = "json"

    @property
    def media_type(self) -> str:
        """The value of Content-Type."""
        return f"application/{self.value}"


_ANY: Final = frozenset({"*/*", "application/*", "text/html", "application/xhtml+xml"})
_QUALITY: Final = re.compile(r"q\s*=\s*(1(?:\.0{0,3})?|0(?:\.[0-9]{0,3})?)", re.IGNORECASE)
_NAMED: Final = re.compile(r"[a-z0-9.+-]{1,40}/(?:[a-z0-9.-]{1,80}\+)?(xml|json)", re.ASCII)
_MAX_ACCEPT: Final = 2048
_MAJOR: Final = re.compile(r"\s*1(?:\.[0-9]+)*\s*", re.ASCII)


def negotiate(accept: str | None, format_parameter: str | None = None) -> Format:
    """The format of the answer: the `$format` parameter's, else what Accept prefers, XML if it says nothing.

    XML wins a tie; a client that takes anything, or HTML, gets JSON. Errors: CimiError 406.
    """
    if format_parameter is not None:
        try:
            return Format(format_parameter.strip().lower())
        except ValueError:
            raise CimiError(406, "The format must be 'xml' or 'json'", "$format") from None
    if accept is None or not accept.strip():
        return Format.XML
    xml, json, anything = _qualities(accept[:_MAX_ACCEPT])
    if xml > 0 and xml >= json:
        return Format.XML
    if json > 0 or anything > 0:
        return Format.JSON
    raise CimiError(406, "Answers are application/xml or application/json")


def _qualities(accept: str) -> tuple[float, float, float]:
    """How much a client wants XML, JSON and whatever there is."""
    xml = json = anything = 0.0
    for entry in accept.split(","):
        media, _, parameters = entry.partition(";")
        media = media.strip().lower()
        match = _QUALITY.search(parameters)
        quality = float(match[1]) if match else 1.0
        if media in _ANY:
            anything = max(anything, quality)
        elif media.endswith(("/xml", "+xml")):
            xml = max(xml, quality)
        elif media.endswith(("/json", "+json")):
            json = max(json, quality)
    return xml, json, anything


def request_format(content_type: str | None, body: bytes) -> Format:
    """The format of a body: its media type's, without one that of its first character. Errors: CimiError 415."""
    media = (content_type or "").partition(";")[0].strip().lower()
    if named := _NAMED.fullmatch(media):
        return Format(named[1])
    if not media:
        first = body.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0")[:1]
        if first == b"<":
            return Format.XML
        if first == b"{":
            return Format.JSON
    raise CimiError(415, "Bodies are application/xml or application/json")


def negotiate_version(wanted: str | None) -> str:
    """The version of the answer, for a `CIMI-Specification-Version` header. Errors: CimiError 400 if none fits."""
    if wanted and not any(_MAJOR.fullmatch(entry) for entry in wanted[:_MAX_ACCEPT].split(",")):
        raise CimiError(400, f"The versions served are 1.x, answered as {VERSION}")
    return VERSION


def etag(body: bytes) -> str:
    """The entity tag of a representation, quotes included."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def matches(header: str, tag: str, *, weak: bool = False) -> bool:
    """Whether an If-Match (`weak`: If-None-Match) header names the tag; `*` names every one."""
    entries = [entry.strip() for entry in header[:_MAX_ACCEPT].split(",")]
    if weak:
        entries = [entry.removeprefix("W/") for entry in entries]
    return "*" in entries or tag in entries
