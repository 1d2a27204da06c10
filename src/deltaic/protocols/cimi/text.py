"""Text in XML: escaping on the way out, characters that XML can't hold on the way in."""

from __future__ import annotations

import re
from typing import Final

_FORBIDDEN: Final = "\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff"
_UNFIT: Final = re.compile(f"[{_FORBIDDEN}]")
_IN_TEXT: Final = re.compile(f"[&<>\r{_FORBIDDEN}]")
_IN_ATTRIBUTE: Final = re.compile(f'[&<>"\r\n\t{_FORBIDDEN}]')
_NAMED: Final = {
    "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#13;", "\n": "&#10;", "\t": "&#9;",
}  # fmt: skip


def _replace(match: re.Match[str]) -> str:
    return _NAMED.get(match.group(), "\ufffd")


def escape(text: str) -> str:
    """The text as an element's content; what XML can't hold becomes U+FFFD."""
    return _IN_TEXT.sub(_replace, text) if _IN_TEXT.search(text) else text


def escape_attribute(text: str) -> str:
    """The text between double quotes."""
    return _IN_ATTRIBUTE.sub(_replace, text) if _IN_ATTRIBUTE.search(text) else text


def unfit(text: str) -> bool:
    """Whether the text has a character that no XML document can hold."""
    return _UNFIT.search(text) is not None
