"""The query parameters: `$filter`, `$orderby`, `$first`, `$last`, `$select`, `$expand`, `$format`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from deltaic.model.errors import invalid
from deltaic.protocols.cimi.filter_tokens import MAX_FILTER
from deltaic.protocols.cimi.filters import Predicate, compile_filter
from deltaic.protocols.cimi.ordering import order
from deltaic.protocols.cimi.shapes import Document, collection_shape, resource_shape

T = TypeVar("T")

#: Most entries of a parameter; every one of them costs work for each item of a collection.
MAX_NAMES: Final = 64
_ORDINAL: Final = re.compile(r"[+-]?[0-9]{1,18}", re.ASCII)
#: Other names of parameters: Deltacloud's.
_SPELLINGS: Final = {"CIMISelect": "$select", "format": "$format"}
#: Attributes of a collection itself; the schema asks for the first two always.
_KEPT: Final = ("id", "count")


@dataclass(frozen=True, slots=True)
class Query:
    """The parameters of a request.

    `filters` are all to be met, `select` and `expand` names in the order given (`*` for all), `first` and
    `last` 1-based, `order_by` pairs of name and whether descending, `format` as the client wrote it.
    """

    filters: tuple[str, ...] = ()
    order_by: tuple[tuple[str, bool], ...] = ()
    first: int | None = None
    last: int | None = None
    select: tuple[str, ...] = ()
    expand: tuple[str, ...] = ()
    format: str | None = None

    def predicate(self, item_name: str) -> Predicate:
        """Whether an item of the type `item_name` meets all filters. Errors: INVALID."""
        if sum(map(len, self.filters)) > MAX_FILTER:
            raise invalid("$filter", f"The filters are longer than {MAX_FILTER} characters together")
        predicates = [compile_filter(expression, item_name) for expression in self.filters]
        if len(predicates) == 1:
            return predicates[0]
        return lambda document: all(predicate(document) for predicate in predicates)

    def page(self, item_name: str, documents: list[Document]) -> list[Document]:
        """Items of the type `item_name` sorted, and those from `$first` to `$last` of them. Errors: INVALID."""
        found = order(documents, item_name, self.order_by) if self.order_by else documents
        start = max((self.first or 1) - 1, 0)
        return found[start : len(found) if self.last is None else max(self.last, 0)]

    def apply(self, item_name: str, documents: list[Document]) -> tuple[list[Document], int]:
        """The items of the type `item_name` that the client wants, filtered, sorted and cut, and their count.

        The count is that of the matches before `$first` and `$last`. Errors: INVALID.
        """
        matches = self.predicate(item_name)
        found = [document for document in documents if matches(document)]
        return self.page(item_name, found), len(found)

    def expands(self, attribute: str) -> bool:
        """Whether the reference or collection `attribute` is to be put in place."""
        return any(name in ("*", attribute) or name.startswith((f"{attribute}/", "*/")) for name in self.expand)

    def inside(self, attribute: str) -> Query:
        """What is to be expanded within the resource that `attribute` leads to: `$expand=disks/...`."""
        heads = (f"{attribute}/", "*/")
        rest = tuple(name.partition("/")[2] for name in self.expand if name.startswith(heads))
        return Query(expand=tuple(name for name in rest if name))

    def select_resource(self, name: str, document: Document) -> Document:
        """The part of a resource of the type `name` that the client wants."""
        if not self.select or "*" in self.select:
            return document
        wanted = _keys(name, self.select)
        return {key: value for key, value in document.items() if key in wanted}

    def select_collection(self, item_name: str, document: Document) -> Document:
        """The part of a collection that the client wants; its id and count are always kept.

        Names of the collection's own attributes concern it, others its items, as do `<array>/<name>`; items
        of which nothing is wanted are left out.
        """
        if not self.select or "*" in self.select:
            return document
        shape = collection_shape(item_name)
        array = shape.by_name["items"].json
        own = {shape.by_json[name].name for name in self.select if name in shape.by_json}
        paths = [name.partition("/")[2] for name in self.select if name.startswith(f"{array}/")]
        inner = _keys(item_name, (*paths, *(name for name in self.select if name not in shape.by_json)))
        kept = {key: value for key, value in document.items() if key in own or key in _KEPT}
        items = document.get("items") or []
        if "items" not in own and "*" not in paths and inner:
            kept["items"] = [{key: value for key, value in item.items() if key in inner} for item in items]
        elif "*" in paths:
            kept["items"] = items
        return kept


def parse_query(pairs: Iterable[tuple[str, str]]) -> Query:
    """The parameters in the decoded pairs of a query string; unknown ones are ignored. Errors: INVALID."""
    query = Query()
    for spelling, value in pairs:
        name = _SPELLINGS.get(spelling, spelling)
        if name == "$filter":
            query = replace(query, filters=_few(name, (*query.filters, value)))
        elif name == "$select":
            query = replace(query, select=_more(name, query.select, value))
        elif name == "$expand":
            query = replace(query, expand=_more(name, query.expand, value or "*"))
        elif name == "$orderby":
            more = tuple(_order(entry) for entry in _entries(value))
            query = replace(query, order_by=_few(name, tuple(dict.fromkeys((*query.order_by, *more)))))
        elif name == "$first" and query.first is None:
            query = replace(query, first=_ordinal(name, value))
        elif name == "$last" and query.last is None:
            query = replace(query, last=_ordinal(name, value))
        elif name == "$format" and query.format is None:
            query = replace(query, format=value)
    return query


def _entries(value: str) -> list[str]:
    return [entry for entry in (part.strip() for part in value.split(",")) if entry]


def _more(parameter: str, names: tuple[str, ...], value: str) -> tuple[str, ...]:
    return _few(parameter, tuple(dict.fromkeys((*names, *_entries(value)))))


def _few(parameter: str, entries: tuple[T, ...]) -> tuple[T, ...]:
    if len(entries) > MAX_NAMES:
        raise invalid(parameter, f"The parameter {parameter} has more than {MAX_NAMES} entries")
    return entries


def _ordinal(name: str, value: str) -> int:
    if not _ORDINAL.fullmatch(value.strip()):
        raise invalid(name, f"The parameter {name} must be a whole number")
    return int(value)


def _order(entry: str) -> tuple[str, bool]:
    name, _, direction = entry.partition(":")
    if direction.strip() not in ("", "asc", "desc"):
        raise invalid("$orderby", f"The order of '{name[:80]}' must be asc or desc")
    return name.strip(), direction.strip() == "desc"


def _keys(item_name: str, names: Iterable[str]) -> set[str]:
    """The document keys of the attributes named; names that the type does not have are ignored."""
    by_json = resource_shape(item_name).by_json
    return {by_json[name].name for name in names if name in by_json}
