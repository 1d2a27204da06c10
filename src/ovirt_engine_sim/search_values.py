"""The values of search fields for a row: of its own fields and of the entities it refers to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from ovirt_engine_sim.engine import Engine
from ovirt_engine_sim.entity import Entity
from ovirt_engine_sim.search_columns import COLUMNS
from ovirt_engine_sim.search_fields import COLLECTIONS
from ovirt_engine_sim.search_match import Value
from ovirt_engine_sim.search_reader import Reader
from ovirt_engine_sim.search_relations import PAIRS, RELATED

NOTHING: Final[tuple[Value, ...]] = ()


def value_function(engine: Engine, collection: str) -> Callable[[Entity, str], Iterable[Value]]:
    """Return what `Search.apply` asks for the values of one collection's rows; use it for one search only.

    Fields are named as `search_fields` names them, "name" or "hosts.name"; an unknown one has no values.
    """
    if collection not in COLLECTIONS:
        raise LookupError(f"{collection} can not be searched")
    reader = Reader(engine)

    def values(entity: Entity, field: str) -> Iterable[Value]:
        owner, _, name = field.rpartition(".")
        if not owner:
            return _own(reader, entity, name)
        related = RELATED.get((entity.kind, owner))
        if related is None:
            pairs = PAIRS.get((entity.kind, field))
            return pairs(reader, entity) if pairs else NOTHING
        return [value for other in related(reader, entity) for value in _own(reader, other, name)]

    return values


def _own(reader: Reader, entity: Entity, name: str) -> Iterable[Value]:
    column = COLUMNS.get(entity.kind, {}).get(name)
    value = column(reader, entity) if column else entity.data.get(name)
    if value is None or isinstance(value, dict):
        return NOTHING
    return value if isinstance(value, list) else (value,)
