"""XML text: escaping, and what XML 1.0 can't hold at all."""

from __future__ import annotations

import re
from typing import Final

_FORBIDDEN: Final = "\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff"
#: Characters that XML forbids altogether.
UNWRITABLE: Final = re.compile(f"[{_FORBIDDEN}]")
#: Characters that can't stand in element text as they are. A bare carriage return is among them because a
#: parser would read it back as a line feed.
_SPECIAL: Final = re.compile(f"[&<>\r{_FORBIDDEN}]")
_REPLACEMENTS: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"}
SPECIAL_ASCII: Final = bytes(code for code in range(128) if _SPECIAL.match(chr(code)))
#: An expression that is true when `escape` might change the text {0}. Deleting from bytes is several times
#: faster than a search by pattern; what is not ASCII is left to `escape` itself.
MAYBE_SPECIAL: Final = "not {0}.isascii() or len({0}.encode().translate(None, SPECIAL_ASCII)) != len({0})"


def escape(text: str) -> str:
    """Element text; characters that XML forbids become U+FFFD.

    Raises TypeError for anything that is not text.
    """
    if _SPECIAL.search(text) is None:
        return text
    return _SPECIAL.sub(lambda match: _REPLACEMENTS.get(match[0], "\ufffd"), text)
