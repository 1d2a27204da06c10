"""`$filter`: an expression over the attributes of a collection's items becomes a predicate.

    filter     = and-part { "or" and-part }
    and-part   = comparison { "and" comparison }
    comparison = "(" filter ")" | attribute operator value | value operator attribute
    attribute  = name { "/" name } | "property" "[" text "]"
    operator   = "<" | "<=" | "=" | ">=" | ">" | "!=" | "^="
    value      = integer | date | text | "true" | "false" | "null"

Paths, `null` and `^=` (begins with) go beyond the standard, as SlipStream had them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from deltaic.protocols.cimi.comparisons import FLIPPED, Literal, Path, compare, literal, locate
from deltaic.protocols.cimi.filter_tokens import Sort, Token, syntax_error, tokenize
from deltaic.protocols.cimi.shapes import Document, Shape, resource_shape

Predicate = Callable[[Document], bool]

#: Deepest nesting of parentheses.
MAX_PARENTHESES: Final = 32


def compile_filter(expression: str, item_name: str) -> Predicate:
    """The predicate that an expression means for documents of the type `item_name`.

    Errors: INVALID for a syntax error, an attribute the type does not have, an operator or value that does
    not suit the attribute's type.
    """
    return _Parser(expression, resource_shape(item_name)).parse()


class _Parser:
    def __init__(self, expression: str, shape: Shape) -> None:
        self._tokens = tokenize(expression)
        self._end = len(expression)
        self._shape = shape
        self._next = 0
        self._depth = 0

    def parse(self) -> Predicate:
        predicate = self._filter()
        if self._next < len(self._tokens):
            raise syntax_error(self._tokens[self._next].place, "'and', 'or' or the end")
        return predicate

    def _filter(self) -> Predicate:
        parts = [self._and_part()]
        while self._take_word("or"):
            parts.append(self._and_part())
        return parts[0] if len(parts) == 1 else lambda document: any(part(document) for part in parts)

    def _and_part(self) -> Predicate:
        parts = [self._comparison()]
        while self._take_word("and"):
            parts.append(self._comparison())
        return parts[0] if len(parts) == 1 else lambda document: all(part(document) for part in parts)

    def _comparison(self) -> Predicate:
        if self._take_sign("("):
            self._depth += 1
            if self._depth > MAX_PARENTHESES:
                raise syntax_error(self._tokens[self._next - 1].place, f"at most {MAX_PARENTHESES} open parentheses")
            predicate = self._filter()
            self._depth -= 1
            if not self._take_sign(")"):
                raise self._expected("')'")
            return predicate
        place = self._place()
        left, operator, right = self._operand(), self._operator(), self._operand()
        if isinstance(left, Path) and isinstance(right, Literal):
            return compare(left, operator, right)
        if isinstance(left, Literal) and isinstance(right, Path):
            if operator not in FLIPPED:
                raise syntax_error(place, f"an attribute left of '{operator}'")
            return compare(right, FLIPPED[operator], left)
        raise syntax_error(place, "a comparison of an attribute with a value")

    def _operand(self) -> Path | Literal:
        token = self._take("an attribute or value")
        if token.sort is Sort.TEXT:
            return Literal("text", token.text)
        if token.sort is not Sort.WORD:
            raise syntax_error(token.place, "an attribute or value")
        if token.text in ("property", "properties") and self._take_sign("["):
            key = self._take("a quoted key")
            if key.sort is not Sort.TEXT:
                raise syntax_error(key.place, "a quoted key")
            if not self._take_sign("]"):
                raise self._expected("']'")
            return Path(("properties", key.text), "text")
        return literal(token.text) or locate(self._shape, token.text)

    def _operator(self) -> str:
        token = self._take("an operator")
        if token.sort is not Sort.OPERATOR:
            raise syntax_error(token.place, "an operator")
        return token.text

    def _take(self, wanted: str) -> Token:
        if self._next >= len(self._tokens):
            raise self._expected(wanted)
        token = self._tokens[self._next]
        self._next += 1
        return token

    def _take_word(self, word: str) -> bool:
        return self._take_if(Sort.WORD, word)

    def _take_sign(self, sign: str) -> bool:
        return self._take_if(Sort.SIGN, sign)

    def _take_if(self, sort: Sort, text: str) -> bool:
        if self._next < len(self._tokens):
            token = self._tokens[self._next]
            if token.sort is sort and token.text.lower() == text:
                self._next += 1
                return True
        return False

    def _place(self) -> int:
        return self._tokens[self._next].place if self._next < len(self._tokens) else self._end

    def _expected(self, wanted: str) -> Exception:
        return syntax_error(self._place(), wanted)
