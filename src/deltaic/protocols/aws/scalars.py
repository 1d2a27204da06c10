"""Scalars of answers as XML text, and how generated source says them."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from deltaic.protocols.aws.text import escape
from deltaic.protocols.aws.user_data import encode_base64


@lru_cache(maxsize=8192)
def timestamp(value: datetime | str) -> str:
    """`YYYY-MM-DDThh:mm:ss.mmmZ`; a moment without zone is UTC, text is taken as it is.

    Raises TypeError for anything else.
    """
    if isinstance(value, str):
        return escape(value)
    if not isinstance(value, datetime):
        raise TypeError(f"not a time: {type(value).__name__}")
    if value.tzinfo is not None and value.tzinfo is not UTC:
        value = value.astimezone(UTC)
    return f"{value.isoformat(timespec='milliseconds')[:23]}Z"


def blob(value: bytes) -> str:
    """Base64 of bytes; raises TypeError for anything else."""
    return encode_base64(value)


def number(value: float) -> str:
    """The shortest text that reads back as the same number; raises TypeError for anything else."""
    return repr(float(value)) if not isinstance(value, str) else _refuse(value)


def _refuse(value: object) -> str:
    raise TypeError(f"not a number: {type(value).__name__}")


#: What generated source says for a scalar of each type; `{0}` is the value. Each refuses None.
EXPRESSIONS: Final = {
    "string": "escape({0})",
    "integer": "{0} | 0",  # the quickest refusal of None, text and fractions
    "long": "{0} | 0",
    "boolean": "BOOLEAN[{0}]",
    "timestamp": "timestamp({0})",
    "blob": "blob({0})",
    "double": "number({0})",
    "float": "number({0})",
}
#: The names that those expressions use.
NAMES: Final[dict[str, object]] = {
    "BOOLEAN": ("false", "true"),
    "timestamp": timestamp,
    "blob": blob,
    "number": number,
    "escape": escape,
}
