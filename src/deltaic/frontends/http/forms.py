"""The text fields of a form that a browser or another client sends."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qsl

from deltaic.frontends.http.body import BodyError

#: More fields than this are hostile.
MOST: Final = 200
URLENCODED: Final = "application/x-www-form-urlencoded"


def fields(content: bytes, content_type: str) -> dict[str, str]:
    """The fields by name; what stands later wins. Errors: 415 for another type, 400 for what can't be read."""
    if content_type.partition(";")[0].strip().lower() not in ("", URLENCODED):
        raise BodyError(415, f"A request's body must be {URLENCODED}")
    try:
        return dict(parse_qsl(content.decode(), keep_blank_values=True, max_num_fields=MOST))
    except ValueError:
        raise BodyError(400, "The form can't be read") from None
