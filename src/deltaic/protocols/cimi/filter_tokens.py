"""The words of a `$filter` expression."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from deltaic.model.errors import Error, invalid

#: Longest expression that is read, characters.
MAX_FILTER: Final = 8192


class Sort(StrEnum):
    """What a token is."""

    TEXT = "text"  # quoted
    WORD = "word"  # an attribute, number, date, truth value, `and`, `or`, `null`
    OPERATOR = "operator"
    SIGN = "sign"  # a parenthesis or bracket


@dataclass(frozen=True, slots=True)
class Token:
    """One word, with its place in the expression (0-based)."""

    sort: Sort
    text: str
    place: int


_TOKEN: Final = re.compile(
    r"""(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
    r"|(?P<operator><=|>=|!=|\^=|[<>=])"
    r"|(?P<sign>[()\[\]])"
    r"""|(?P<word>[^\s()\[\]<>=!^"',]+)""",
    re.DOTALL,
)
_BLANK: Final = re.compile(r"\s*")
_ESCAPED: Final = re.compile(r"""\\(["'\\])""")


def syntax_error(place: int, wanted: str) -> Error:
    """The error for an expression that stops making sense at a place."""
    return invalid("$filter", f"The filter is wrong at character {place + 1}: {wanted} expected")


def tokenize(expression: str) -> list[Token]:
    """The words of an expression, in time linear in its length. Errors: INVALID."""
    if len(expression) > MAX_FILTER:
        raise invalid("$filter", f"The filter is longer than {MAX_FILTER} characters")
    tokens: list[Token] = []
    place = _end_of_blank(expression, 0)
    while place < len(expression):
        match = _TOKEN.match(expression, place)
        if match is None:
            raise syntax_error(place, "an attribute, value or operator")
        sort = Sort(match.lastgroup or "")
        text = match.group()
        tokens.append(Token(sort, _ESCAPED.sub(r"\1", text[1:-1]) if sort is Sort.TEXT else text, place))
        place = _end_of_blank(expression, match.end())
    return tokens


def _end_of_blank(text: str, start: int) -> int:
    match = _BLANK.match(text, start)
    return match.end() if match else start
