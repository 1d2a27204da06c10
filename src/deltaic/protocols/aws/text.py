"""XML text: escaping, and what XML 1.0 can't hold at all."""

from __future__ import annotations

import re
from typing import Final

#: Finds the first character that can't stand in element text as it is. A bare carriage return is among
#: them because a parser would read it back as a line feed.
find_special = re.compile("[&<>\r\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]").search

_REPLACEMENTS: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"}
_SPECIAL: Final = re.compile("[&<>\r\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def escape(text: str) -> str:
    """Element text; characters that XML forbids become U+FFFD.

    Raises TypeError for anything that is not text.
    """
    if find_special(text) is None:
        return text
    return _SPECIAL.sub(lambda match: _REPLACEMENTS.get(match[0], "\ufffd"), text)
