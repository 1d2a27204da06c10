"""`Filter.N` as one declarative table per resource, matched against rendered objects.

Values of one filter are alternatives, filters add up; names and values are case-sensitive; `*`, `?` and
backslash as in `wildcards`. A name that the table does not have is an error, never ignored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeAlias

from deltaic.protocols.aws.errors import AwsError, missing_parameter
from deltaic.protocols.aws.scalars import timestamp
from deltaic.protocols.aws.wildcards import compile_pattern, is_pattern

MAX_FILTERS: Final = 50
MAX_VALUES: Final = 200
#: Characters of all values with wildcards in one request: what they cost, every object pays (0.3 µs for each
#: text and pattern that people write, 0.3 µs for each character of a pattern made to hurt).
MAX_PATTERN_TEXT: Final = 4096

Getter: TypeAlias = Callable[[Any], Any]
Test: TypeAlias = Callable[[str], bool]
Matcher: TypeAlias = Callable[[Any], bool]


def path_getter(path: str) -> Getter:
    """A function that follows a dotted path through mappings, attributes and lists of either.

    Absent steps give nothing; a list on the way gives the values of all its items.
    """
    steps = path.split(".")

    def get(target: Any) -> list[Any]:
        found = [target]
        for step in steps:
            found = [value for item in found for value in _step(item, step)]
        return found

    return get


def _step(item: Any, step: str) -> Sequence[Any]:
    value = item.get(step) if isinstance(item, Mapping) else getattr(item, step, None)
    if value is None:
        return ()
    return value if isinstance(value, (list, tuple)) else (value,)


def texts(value: Any) -> list[str]:
    """What filter values are compared with: a value's text as the answer would show it."""
    if value is None:
        return []
    if isinstance(value, str):
        return [value]
    if isinstance(value, bool):
        return ["true" if value else "false"]
    if isinstance(value, datetime):
        return [timestamp(value)]
    if isinstance(value, (list, tuple, set, frozenset)):
        return [text for entry in value for text in texts(entry)]
    return [str(value)]


class FilterTable:
    """The filters of one resource.

    `fields` maps a filter's name to a dotted path into the rendered object, or to a function of it that
    returns a value or several. `tags` is the path of its `{"Key", "Value"}` list; with it `tag:<key>`,
    `tag-key` and `tag-value` are known too. `aliases` are further names of the same filters.
    """

    def __init__(
        self,
        fields: Mapping[str, str | Getter],
        tags: str | Getter | None = None,
        aliases: Mapping[str, str] | None = None,
    ) -> None:
        self._getters: dict[str, Getter] = {name: _getter(field) for name, field in fields.items()}
        self._tags = None if tags is None else _getter(tags)
        if self._tags is not None:
            self._getters["tag-key"] = _tag_part(self._tags, "Key")
            self._getters["tag-value"] = _tag_part(self._tags, "Value")
        for alias, name in (aliases or {}).items():
            self._getters[alias] = self._getters[name]

    @property
    def names(self) -> list[str]:
        """The filters' names, sorted (`tag:` stands for all its keys)."""
        return sorted([*self._getters, *(["tag:"] if self._tags else [])])

    def compile(self, filters: Sequence[Mapping[str, Any]] | None) -> Matcher:
        """The test that an object must pass; everything passes without filters.

        `filters` is as `AwsRequest.parameters` has it. Errors (400): InvalidParameterValue "The filter
        'x' is invalid", MissingParameter, FilterLimitExceeded.
        """
        filters = filters or ()
        if len(filters) > MAX_FILTERS:
            raise AwsError("FilterLimitExceeded", f"The maximum number of filters is {MAX_FILTERS}.")
        if sum(map(_pattern_text, filters)) > MAX_PATTERN_TEXT:
            raise AwsError(
                "FilterLimitExceeded",
                f"Filter values with wildcards have at most {MAX_PATTERN_TEXT} characters together.",
            )
        tests = [self._filter(number, entry) for number, entry in enumerate(filters, 1)]
        return lambda target: all(any(map(test, texts(get(target)))) for get, test in tests)

    def _filter(self, number: int, entry: Mapping[str, Any]) -> tuple[Getter, Test]:
        name, values = entry.get("Name"), entry.get("Values")
        if not name:
            raise missing_parameter(f"Filter.{number}.Name")
        getter = self._find(name)
        if getter is None:
            raise AwsError("InvalidParameterValue", f"The filter '{name[:128]}' is invalid")
        if not values:
            raise missing_parameter(f"Filter.{number}.Value")
        if len(values) > MAX_VALUES:
            raise AwsError("FilterLimitExceeded", f"The maximum number of filter values is {MAX_VALUES}.")
        return getter, compile_values(values)

    def _find(self, name: str) -> Getter | None:
        if self._tags is not None and name.startswith("tag:"):
            return _tag_value(self._tags, name[4:])
        return self._getters.get(name)


def compile_values(values: Iterable[str]) -> Test:
    """The test that a text equals one of the values or matches one of the patterns."""
    exact = frozenset(value for value in values if not is_pattern(value))
    patterns = [compile_pattern(value).fullmatch for value in values if is_pattern(value)]
    if not patterns:
        return exact.__contains__
    return lambda text: text in exact or any(match(text) is not None for match in patterns)


def _pattern_text(entry: Mapping[str, Any]) -> int:
    return sum(len(value) for value in entry.get("Values") or () if is_pattern(value))


def _getter(field: str | Getter) -> Getter:
    return path_getter(field) if isinstance(field, str) else field


def _tag_part(tags: Getter, part: str) -> Getter:
    step = path_getter(part)
    return lambda target: [value for tag in tags(target) or () for value in step(tag)]


def _tag_value(tags: Getter, key: str) -> Getter:
    keys, values = path_getter("Key"), path_getter("Value")
    return lambda target: [value for tag in tags(target) or () if keys(tag) == [key] for value in values(tag) or [""]]
