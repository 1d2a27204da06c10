"""Conditions of a compiled search and how they meet the values of a row."""

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from .search_dates import DAY_MS
from .search_fields import ENUM_ALIASES, Field

Value = str | int | float | bool | None
Getter = Callable[[str], Iterable[Value]]


class Condition(Protocol):
    """Something a row meets or not; `get` returns all values of a search field of that row."""

    def matches(self, get: Getter) -> bool: ...


def like_parts(value: str, *, fold: bool) -> list[str]:
    """Splits a written value at its wildcards; a backslash keeps a following `%` or backslash literal."""
    out: list[str] = [""]
    position = 0
    while position < len(value):
        char = value[position]
        if char == "\\" and value[position + 1 : position + 2] in ("%", "\\"):
            position += 1
            out[-1] += value[position]
        elif char == "*":
            out.append("")
        else:
            out[-1] += char
        position += 1
    return [part.lower() for part in out] if fold else out


def like(text: str, parts: list[str]) -> bool:
    """Tells whether text consists of the parts in order, with anything between them."""
    if len(parts) == 1:
        return text == parts[0]
    first, last = parts[0], parts[-1]
    if len(text) < len(first) + len(last) or not text.startswith(first) or not text.endswith(last):
        return False
    position, end = len(first), len(text) - len(last)
    for part in parts[1:-1]:
        position = text.find(part, position, end)
        if position < 0:
            return False
        position += len(part)
    return True


class Pattern:
    """A written string value, compared as the database's LIKE or ILIKE does."""

    def __init__(self, value: str, *, case_sensitive: bool, anywhere: bool = False) -> None:
        self.fold = not case_sensitive
        self.parts = like_parts(f"*{value}*" if anywhere else value, fold=self.fold)
        self.null = not anywhere and value.lower() in ("", "null")

    def matches(self, value: Value) -> bool:
        if value is None:
            return False
        text = value if isinstance(value, str) else str(value)
        return like(text.lower() if self.fold else text, self.parts)


@dataclass(slots=True)
class TextCondition:
    """A string field against a pattern; a negative one also holds for a row without a value."""

    field: str
    pattern: Pattern
    negative: bool

    def matches(self, get: Getter) -> bool:
        values = list(get(self.field)) or [None]
        if self.pattern.null:
            empty = any(value is None or value == "" for value in values)
            return (empty or any(map(self.pattern.matches, values))) != self.negative
        if self.negative:
            return any(not self.pattern.matches(value) for value in values)
        return any(map(self.pattern.matches, values))


@dataclass(slots=True)
class FreeText:
    """A bare word: any of the text fields contains it; a negative one holds when some field lacks it."""

    fields: tuple[str, ...]
    pattern: Pattern
    negative: bool = False

    def matches(self, get: Getter) -> bool:
        for field in self.fields:
            for value in get(field):
                if value is not None and self.pattern.matches(value) != self.negative:
                    return True
        return False


@dataclass(slots=True)
class ListedCondition:
    """A list column (VM names of a disk, data centers of a domain); wildcards do not work in it."""

    field: str
    value: str
    fold: bool
    negative: bool

    def matches(self, get: Getter) -> bool:
        wanted = self.value.lower() if self.fold else self.value
        listed = [str(value) for value in get(self.field) if value is not None]
        folded = [value.lower() for value in listed] if self.fold else listed
        if self.negative:
            return not folded or any(value != wanted for value in folded)
        return wanted in folded


@dataclass(slots=True)
class Comparison:
    """An ordered or equal comparison; `key` turns a row's value into what is compared."""

    field: str
    relation: str
    wanted: Value
    key: Callable[[Value], Value]

    def matches(self, get: Getter) -> bool:
        values = [None if value is None else self.key(value) for value in get(self.field)] or [None]
        return any(map(self._holds, values))

    def _holds(self, value: Value) -> bool:
        if self.wanted is None:
            return (value is None or value == "") == (self.relation == "=")
        if value is None:
            return self.relation == "!="
        if self.relation in ("=", "!="):
            return (value == self.wanted) == (self.relation == "=")
        if isinstance(value, str) or isinstance(self.wanted, str):
            return False
        order = (value > self.wanted) - (value < self.wanted)
        return {"<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0}[self.relation]


@dataclass(slots=True)
class AnyOf:
    """Equal to one of many values: what `id=A or id=B or ...` amounts to, with one look instead of many."""

    field: str
    wanted: frozenset[Value]
    key: Callable[[Value], Value]

    def matches(self, get: Getter) -> bool:
        return any(value is not None and self.key(value) in self.wanted for value in get(self.field))


def merge_equal(group: list[list[Condition]]) -> list[list[Condition]]:
    """Joins the alternatives of a disjunction that compare the same field for equality."""
    wanted: dict[tuple[str, Callable[[Value], Value]], set[Value]] = {}
    others: list[list[Condition]] = []
    for chain in group:
        equal = _equality(chain[0]) if len(chain) == 1 else None
        if equal is None:
            others.append(chain)
        else:
            wanted.setdefault(equal[:2], set()).add(equal[2])
    for (field, key), found in wanted.items():
        others.append([AnyOf(field, frozenset(found), key)])
    return others


def equals_any(condition: Condition, field: str) -> frozenset[Value] | None:
    """Returns the values one of which the condition asks of a field; None for other conditions."""
    if isinstance(condition, AnyOf):
        return condition.wanted if condition.field == field else None
    equal = _equality(condition)
    return frozenset({equal[2]}) if equal is not None and equal[0] == field else None


def _equality(condition: Condition) -> tuple[str, Callable[[Value], Value], Value] | None:
    if isinstance(condition, Comparison) and condition.relation == "=" and condition.wanted is not None:
        return condition.field, condition.key, condition.wanted
    if isinstance(condition, TextCondition) and not condition.negative:
        pattern = condition.pattern
        if len(pattern.parts) == 1 and not pattern.null:
            return condition.field, as_folded if pattern.fold else str, pattern.parts[0]
    return None


@dataclass(slots=True)
class DayCondition:
    """A date that equals a day: from that moment to one day later, both included."""

    field: str
    start: int

    def matches(self, get: Getter) -> bool:
        end = self.start + DAY_MS
        return any(isinstance(value, int | float) and self.start <= value <= end for value in get(self.field))


@dataclass(slots=True)
class EnumCondition:
    """An enumerated value, equal or by its rank; names are compared without case and underscores."""

    field: str
    relation: str
    wanted: str
    ranks: dict[str, int]

    def matches(self, get: Getter) -> bool:
        values = list(get(self.field)) or [None]
        return any(self._holds(value) for value in values)

    def _holds(self, value: Value) -> bool:
        if value is None:
            return self.relation == "!="
        name = plain(str(value))
        names = ENUM_ALIASES.get(name, (name,))
        if self.relation in ("=", "!="):
            return (self.wanted in names) == (self.relation == "=")
        order = self.ranks.get(name, -1) - self.ranks[self.wanted]
        return {"<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0}[self.relation]


def plain(name: str) -> str:
    """Returns an enumeration name without case and underscores."""
    return name.replace("_", "").upper()


def enum_condition(field: str, table: Field, relation: str, value: str) -> EnumCondition:
    """Builds the condition on an enumerated field; `value` is one of the field's names."""
    ranks = {plain(name): rank for rank, name in enumerate(table.names)}
    return EnumCondition(field, relation, plain(value), ranks)


def as_number(value: Value) -> Value:
    """Returns a row's value as a number, or None when it is none."""
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return None
    return value


def as_uuid(value: Value) -> Value:
    """Returns a row's value in the canonical form of a UUID when it is one."""
    if isinstance(value, str) and len(value) == 36:
        return value.lower()
    try:
        return str(uuid.UUID(str(value)))
    except ValueError:
        return str(value)


def as_folded(value: Value) -> Value:
    """Returns a row's value as lower-case text."""
    return str(value).lower()


def as_bool(value: Value) -> Value:
    """Returns a row's value as a truth value, reading the texts true and false."""
    return value.lower() == "true" if isinstance(value, str) else bool(value)
