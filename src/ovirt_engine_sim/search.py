"""The engine's search language: `field op value and ... sortby field asc page N`, compiled for rows.

Pure functions: a row's values come from a callable, fields of other objects are named `hosts.name` and so on.
What the engine refuses raises SearchSyntaxError, what it answers with an empty list raises EmptyResult.
"""

import re
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from . import search_match as match
from . import search_scanner as scan
from .search_dates import parse_date, parse_day_word, parse_span
from .search_fields import COLLECTIONS, REFERENCED, SORT_EXPANSIONS, Field
from .search_match import Condition, Getter, Value
from .search_scanner import EmptyResult, Scanner, SearchSyntaxError, Token

__all__ = ["COLLECTIONS", "EmptyResult", "Search", "SearchSyntaxError", "compile_search"]

Row = TypeVar("Row")
Values = Callable[[Row, str], Iterable[Value]]
_INT32 = range(-(2**31), 2**31)
_INTEGER = re.compile(r"[+-]?[0-9]{1,10}")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]{1,30}(?:\.[0-9]{0,30})?|\.[0-9]{1,30})(?:[eE][+-]?[0-9]{1,2})?")


@dataclass(frozen=True, slots=True)
class Search:
    """A compiled search.

    `terms` is a conjunction of groups, each a disjunction of chains, each a conjunction of conditions: "and"
    binds tighter than "or", and conditions written without an operator between them are joined last.
    `sort` ends with the collection's default order; `page` is None when the text names none.
    """

    terms: tuple[tuple[tuple[Condition, ...], ...], ...]
    sort: tuple[tuple[str, str], ...]
    page: int | None

    def matches(self, get: Getter) -> bool:
        """Tells whether a row whose values `get` returns meets all terms."""
        return all(any(all(condition.matches(get) for condition in chain) for chain in group) for group in self.terms)

    def identities(self) -> frozenset[Value] | None:
        """Returns the ids one of which a matching row must have, None when the text leaves that open."""
        for group in self.terms:
            if len(group) == 1:
                for condition in group[0]:
                    if (wanted := match.equals_any(condition, "id")) is not None:
                        return wanted
        return None

    def apply(self, rows: Sequence[Row], values: Values[Row]) -> list[Row]:
        """Returns the rows that match, sorted; empty values come first ascending and last descending."""
        found = [row for row in rows if self.matches(lambda field, row=row: values(row, field))]  # type: ignore[misc]
        for field, direction in reversed(self.sort):
            found.sort(key=lambda row: _sort_key(values(row, field)), reverse=direction == "desc")
        return found

    def window(self, rows: Sequence[Row], maximum: int | None) -> list[Row]:
        """Returns the page of sorted rows: its size is `maximum`; without one, page 1 is everything."""
        page = self.page or 1
        if maximum is None or maximum < 0:
            return list(rows) if page == 1 else []
        return list(rows[(page - 1) * maximum : page * maximum])


def compile_search(collection: str, text: str, *, case_sensitive: bool = False, now: datetime | None = None) -> Search:
    """Compiles a search text of a collection (its path name, as "vms"); `now` resolves "today".

    Raises SearchSyntaxError (the engine's 400), EmptyResult (its empty list), LookupError for a collection
    that has no search.
    """
    if collection not in COLLECTIONS:
        raise LookupError(f"{collection} can not be searched")
    compiler = _Compiler(collection, case_sensitive, now or datetime.now(UTC))
    tokens = Scanner(collection, text, compiler.accepts).run()
    return Search(compiler.terms(tokens), compiler.sort(tokens), _page(tokens))


class _Compiler:
    def __init__(self, collection: str, case_sensitive: bool, now: datetime) -> None:
        self.name = collection
        self.collection = COLLECTIONS[collection]
        self.case_sensitive = case_sensitive
        self.now = now.astimezone(UTC)

    def accepts(self, field: Field, value: str) -> bool:
        """Tells whether the engine's parser accepts a written value for a field."""
        if field.kind == "integer":
            return _INTEGER.fullmatch(value) is not None and int(value) in _INT32
        if field.kind == "decimal":
            return _DECIMAL.fullmatch(value) is not None
        if field.kind == "enum":
            return value.upper() in field.names
        if field.kind == "bool":
            return value.upper() in ("TRUE", "FALSE")
        if field.kind == "span":
            return parse_span(value) is not None
        if field.kind in ("date", "stamp"):
            return parse_date(value, self.now) is not None or parse_day_word(value, self.now) is not None
        return True

    def terms(self, tokens: list[Token]) -> tuple[tuple[tuple[Condition, ...], ...], ...]:
        groups: list[list[list[Condition]]] = []
        operator = ""
        for index, token in enumerate(tokens):
            if token.kind in (scan.AND, scan.OR):
                operator = token.kind
            elif token.kind == scan.VALUE:
                condition = self._condition(tokens, index)
                if operator == scan.AND:
                    groups[-1][-1].append(condition)
                elif operator == scan.OR:
                    groups[-1].append([condition])
                else:
                    groups.append([[condition]])
                operator = ""
        merged = [match.merge_equal(group) if len(group) > 1 else group for group in groups]
        return tuple(tuple(tuple(chain) for chain in group) for group in merged)

    def sort(self, tokens: list[Token]) -> tuple[tuple[str, str], ...]:
        order: list[tuple[str, str]] = []
        direction = next((token.body.lower() for token in tokens if token.kind == scan.DIRECTION), "asc")
        for token in tokens:
            if token.kind == scan.SORT_FIELD:
                name = token.body.lower()
                names = SORT_EXPANSIONS.get((self.name, name), (name,))
                order.extend((field, direction) for field in names)
        known = {field for field, _ in order}
        return (*order, *(item for item in self.collection.order if item[0] not in known))

    def _condition(self, tokens: list[Token], index: int) -> Condition:
        value = tokens[index].body
        if value.endswith("\\"):
            raise EmptyResult(value)
        if index == 0 or tokens[index - 1].kind != scan.RELATION:
            return self._free_text("", value, "=")
        relation, left = tokens[index - 1].body, tokens[index - 2]
        if left.kind == scan.REFERENCE:
            return self._free_text(self.collection.references[left.body], value, relation)
        owner = ""
        if index >= 4 and tokens[index - 3].kind == scan.DOT:
            owner = self.collection.references[tokens[index - 4].body]
        return self._field_condition(owner, left.body, relation, value)

    def _free_text(self, owner: str, value: str, relation: str) -> Condition:
        table = REFERENCED[owner] if owner else self.collection.table
        names = [name for name, field in table.fields.items() if field.free_text and field.kind in _TEXTS]
        fields = tuple(_qualified(owner, name) for name in names)
        pattern = match.Pattern(value, case_sensitive=self.case_sensitive, anywhere=True)
        return match.FreeText(fields, pattern, relation == "!=")

    def _field_condition(self, owner: str, name: str, relation: str, value: str) -> Condition:
        table = REFERENCED[owner] if owner else self.collection.table
        field, path = table.fields[name], _qualified(owner, name)
        if field.kind in ("string", "tag"):
            if (owner or self.name) == "users" and name == "USRNAME" and "@" in value:
                return self._user_name(owner, relation, value)
            pattern = match.Pattern(value, case_sensitive=self.case_sensitive)
            return match.TextCondition(path, pattern, relation == "!=")
        if field.kind == "listed" and value.lower() not in ("", "null"):
            return match.ListedCondition(path, value, not self.case_sensitive, relation == "!=")
        if field.kind == "enum":
            return match.enum_condition(path, field, relation, value)
        if field.kind in ("date", "stamp"):
            return self._date(path, field.kind, relation, value)
        return self._comparison(path, field.kind, relation, value)

    def _user_name(self, owner: str, relation: str, value: str) -> Condition:
        login, _, directory = value.rpartition("@")
        parts = [
            self._field_condition(owner, "LOGIN", relation, login),
            self._field_condition(owner, "DIRECTORY", relation, directory),
        ]
        return _All(tuple(parts))

    def _date(self, path: str, kind: str, relation: str, value: str) -> Condition:
        moment = parse_date(value, self.now, with_time=kind == "stamp")
        if moment is None:
            # The engine's parser lets a day's name through, its query builder then fails for these fields.
            if kind == "stamp":
                raise EmptyResult(value)
            moment = parse_day_word(value, self.now)
        if moment is not None and relation == "=":
            return match.DayCondition(path, moment)
        return match.Comparison(path, relation, moment, match.as_number)

    def _comparison(self, path: str, kind: str, relation: str, value: str) -> Condition:
        if value.lower() in ("", "null") and relation in ("=", "!="):
            return match.Comparison(path, relation, None, lambda row_value: row_value)
        if kind == "uuid":
            return match.Comparison(path, relation, _uuid(value), match.as_uuid)
        if kind == "bool":
            return match.Comparison(path, relation, value.upper() == "TRUE", match.as_bool)
        if kind == "span":
            return match.Comparison(path, relation, parse_span(value), match.as_number)
        if kind in ("exact", "listed"):
            return match.Comparison(path, relation, value.lower(), match.as_folded)
        if not _DECIMAL.fullmatch(value):
            raise SearchSyntaxError("Invalid condition value")
        return match.Comparison(path, relation, float(value), match.as_number)


_TEXTS = ("string", "tag", "listed")


@dataclass(frozen=True, slots=True)
class _All:
    conditions: tuple[Condition, ...]

    def matches(self, get: Getter) -> bool:
        return all(condition.matches(get) for condition in self.conditions)


def _qualified(owner: str, name: str) -> str:
    return f"{owner}.{name.lower()}" if owner else name.lower()


def _uuid(value: str) -> str:
    try:
        return str(uuid.UUID(value))
    except ValueError:
        raise SearchSyntaxError("Invalid condition value") from None


def _page(tokens: list[Token]) -> int | None:
    for token in tokens:
        if token.kind == scan.PAGE_NUMBER:
            if not (_INTEGER.fullmatch(token.body) and int(token.body) in _INT32):
                return 1
            if int(token.body) < 1:
                raise SearchSyntaxError("Invalid page feild")
            return int(token.body)
    return None


def _sort_key(values: Iterable[Value]) -> tuple[int, float, str, str]:
    value = next(iter(values), None)
    if value is None:
        return (0, 0.0, "", "")
    if isinstance(value, str):
        return (2, 0.0, value.lower(), value)
    return (1, float(value), "", "")
