"""EC2's wildcard patterns: `*` is any text, `?` any one character, a backslash takes the next literally."""

from __future__ import annotations

import re
from functools import lru_cache


def is_pattern(text: str) -> bool:
    """Whether a filter value needs more than a comparison (an escape needs it too)."""
    return "*" in text or "?" in text or "\\" in text


@lru_cache(maxsize=512)
def compile_pattern(text: str) -> re.Pattern[str]:
    """A regular expression for `fullmatch`, without backtracking over the stars.

    Between two stars the first place that fits is as good as any later one, so each star but the last is an
    atomic group: a match costs at most the product of both lengths, whatever the pattern.
    """
    pieces = _split(text)
    if len(pieces) == 1:
        return re.compile(pieces[0], re.DOTALL)
    first, *inner, last = pieces
    groups = "".join(f"(?>.*?{piece})" for piece in inner if piece)
    return re.compile(f"{first}{groups}.*{last}", re.DOTALL)


def _split(text: str) -> list[str]:
    """The regular expressions of the parts between the stars."""
    pieces, current, literal = [], "", False
    for character in text:
        if literal:
            current, literal = current + re.escape(character), False
        elif character == "\\":
            literal = True
        elif character == "*":
            pieces.append(current)
            current = ""
        else:
            current += "." if character == "?" else re.escape(character)
    if literal:  # a backslash at the end means itself
        current += re.escape("\\")
    return [*pieces, current]
