"""The cloud's words, taken out of the four forms in which its services answer faults.

`{"<name>": {"message", "code"}}` (compute, block storage), `{"NeutronError": {"type", "message", "detail"}}`,
`{"error": {"message", "code", "title"}}` (identity, middleware) and HTML (image).
"""

from __future__ import annotations

import html
import re
from typing import Final

import msgspec
from msgspec import Struct

#: Longest piece of the cloud's words that is passed on.
WORDS_LIMIT: Final = 500
_PAGE_LIMIT: Final = 8192

#: What decoding a hostile answer may raise; too deep a nesting is the last one.
UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

_MARKUP = re.compile(r"<(title|h1)>[^<]*</\1>|<[^>]*>", re.IGNORECASE)
_SPACE = re.compile(r"\s+")
#: A value that a schema refuses is repeated in the message, whole: user data and passwords too.
_REFUSED = re.compile(r"Invalid input for field/attribute (\S{1,64})\. Value: ", re.ASCII)
_REASON = re.compile(
    r"(is too long|is too short|is a required property|is not of type [a-z', ]{1,40}"
    r"|is (?:less|greater) than the (?:minimum|maximum) of -?\d{1,20}|does not match \S{1,80})$"
)


class Fault(Struct, frozen=True):
    """The cloud's own words; empty where it answered none. `attribute` is the one that its schema refused."""

    type: str = ""
    message: str = ""
    attribute: str = ""


class _Words(Struct):
    message: str = ""
    type: str = ""


_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_words = msgspec.json.Decoder(_Words | str, strict=False).decode


def read_fault(content_type: str, body: bytes) -> Fault:
    """The fault in an answer's body; of an HTML page its text."""
    if "html" in content_type or "plain" in content_type:
        page = body[:_PAGE_LIMIT].decode("utf-8", "replace")
        return _fault("", html.unescape(_MARKUP.sub(" ", page)))
    if "json" not in content_type or not body:
        return Fault()
    try:
        members = _members(body)
        name = next((name for name in members if name not in ("code", "title")), "")
        found = _words(members[name]) if name else ""
    except UNREADABLE:
        return Fault()
    if isinstance(found, str):
        return _fault(name, found)
    return _fault(found.type or name, found.message)


def _fault(type_: str, message: str) -> Fault:
    words = _SPACE.sub(" ", message).strip()
    refused = _REFUSED.match(words)
    if refused is None:
        return Fault(type_, words[:WORDS_LIMIT])
    reason = _REASON.search(words)
    told = f"The cloud refuses the value of '{refused[1]}'" + (f": it {reason[1]}" if reason else "")
    return Fault(type_, told, refused[1])
