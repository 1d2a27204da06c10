"""The parameters of a request, wherever a client puts them: path (matrix), query, form.

All of them are texts; an empty one is one that is not there. Source: the original's clients, which put the parameters
of a POST into the query (Ruby, Java), a form (curl, browsers) or a multipart form.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import parse_qsl, unquote

from deltaic.model.errors import Error, ErrorKind, invalid

#: What may follow the last segment of an address.
EXTENSIONS: Final = frozenset({"xml", "json", "html", "gv", "svg"})
#: More parameters than this are hostile.
MOST: Final = 200
_LONGEST_PATH: Final = 4096
_NUMBER: Final = re.compile(r"[0-9]{1,18}(\.[0-9]{1,6})?")
_BASE64: Final = re.compile(r"[A-Za-z0-9+/\s]+={0,2}\s*")
_TRUE: Final = frozenset({"true", "1", "yes", "on"})
_FALSE: Final = frozenset({"false", "0", "no", "off"})


def matrix(path: str) -> tuple[str, dict[str, str]]:
    """A path without its matrix parameters, and these: `/api;driver=x/images;instance_id=i` gives both.

    The path is as it was sent (percent-encoded). Errors: INVALID for too many or a path too long.
    """
    if len(path) > _LONGEST_PATH:
        raise invalid("path", "The path is too long")
    segments: list[str] = []
    found: dict[str, str] = {}
    for segment in path.split("/"):
        name, *parameters = segment.split(";")
        segments.append(unquote(name))
        for parameter in parameters:
            key, _, value = parameter.partition("=")
            if key:
                found[unquote(key)] = unquote(value)
    _check(found)
    return "/".join(segments), found


def extended(segments: list[str]) -> tuple[list[str], str]:
    """The segments without the last one's extension, and that: `instances.xml` is `instances` in XML.

    Keys are named by their makers: a dot in a key's name is the name's own.
    """
    name, dot, extension = segments[-1].rpartition(".")
    if not dot or extension.lower() not in EXTENSIONS or (len(segments) > 1 and segments[0] == "keys"):
        return segments, ""
    return [*segments[:-1], name], extension.lower()


def form(body: bytes) -> dict[str, str]:
    """The fields of `application/x-www-form-urlencoded`. Errors: INVALID for what is none."""
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST)
    except ValueError:
        raise invalid("body", "The form can't be read") from None
    return dict(pairs)


def merged(*sources: Mapping[str, str] | Iterable[tuple[str, str]]) -> dict[str, str]:
    """All parameters; what stands later wins, and what is empty is not there."""
    found: dict[str, str] = {}
    for source in sources:
        found |= {name: value for name, value in dict(source).items() if value != ""}
    _check(found)
    return found


def required(parameters: Mapping[str, str], name: str) -> str:
    """A parameter, or MISSING that names it."""
    if not parameters.get(name):
        raise Error(ErrorKind.MISSING, f"Required parameter '{name}' not found", field=name)
    return parameters[name]


def whole(parameters: Mapping[str, str], name: str, *, lowest: int = 0, highest: int = 1_000_000_000) -> int | None:
    """A whole number, None when absent. Errors: INVALID naming the parameter."""
    text = parameters.get(name, "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdecimal()) or len(text) > 12 or not lowest <= int(text) <= highest:
        raise invalid(name, f"The parameter '{name}' must be a whole number from {lowest} to {highest}")
    return int(text)


def number(parameters: Mapping[str, str], name: str) -> float | None:
    """A number that is not negative, None when absent. Errors: INVALID naming the parameter."""
    text = parameters.get(name, "").strip()
    if not text:
        return None
    if not _NUMBER.fullmatch(text):
        raise invalid(name, f"The parameter '{name}' must be a number")
    return float(text)


def truth(parameters: Mapping[str, str], name: str, default: bool = False) -> bool:
    """A truth value. Errors: INVALID naming the parameter."""
    text = parameters.get(name, "").strip().lower()
    if not text:
        return default
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    raise invalid(name, f"The parameter '{name}' must be true or false")


def user_data(parameters: Mapping[str, str], name: str = "user_data") -> bytes:
    """User data: base64, as the clients of the original send it, or a text.

    A text that could be base64 is base64 only if it stands for bytes and its length is right; everything that has
    a line such as `#!` or `#cloud-config` is a text.
    """
    text = parameters.get(name, "")
    if not text:
        return b""
    packed = "".join(text.split())
    if _BASE64.fullmatch(text) and len(packed) % 4 == 0:
        try:
            return base64.b64decode(packed, validate=True)
        except (binascii.Error, ValueError):
            pass
    return text.encode()


def _check(found: Mapping[str, str]) -> None:
    if len(found) > MOST:
        raise invalid("parameters", f"A request has at most {MOST} parameters")
