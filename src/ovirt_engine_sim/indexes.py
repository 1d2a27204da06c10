"""Indexes over entities, kept up to date by the engine whenever one is put, touched or dropped."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ovirt_engine_sim.entity import Entity

Value = Callable[[Entity], str]


def _name(entity: Entity) -> str:
    return entity.name


def _mac(entity: Entity) -> str:
    return str((entity.data.get("mac") or {}).get("address") or "").lower()


def _host(entity: Entity) -> str:
    return entity.ref("host")


def _identity(entity: Entity) -> str:
    return entity.id


# (kind, index): the indexed value of an entity; an empty value is not indexed. Kind "*" stands for every kind.
DEFINITIONS: Final[dict[tuple[str, str], Value]] = {
    ("*", "name"): _name,
    ("nic", "mac"): _mac,
    ("vm", "host"): _host,
    ("disk_attachment", "disk"): _identity,
}


class Indexes:
    """Entities by (kind, index, value), in order of their first insertion."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str, str], dict[str, Entity]] = {}
        self._values: dict[tuple[str, str, str], str] = {}

    def refresh(self, entity: Entity) -> None:
        """Take over what the entity's indexed values are now."""
        for (kind, index), function in DEFINITIONS.items():
            if kind not in ("*", entity.kind):
                continue
            place = (entity.kind, index, entity.key)
            old, new = self._values.get(place, ""), function(entity)
            if old != new:
                self._remove(place, entity, old)
                if new:
                    self._values[place] = new
                    self._found.setdefault((entity.kind, index, new), {})[entity.key] = entity

    def forget(self, entity: Entity) -> None:
        """Drop an entity."""
        for kind, index in DEFINITIONS:
            if kind in ("*", entity.kind):
                place = (entity.kind, index, entity.key)
                self._remove(place, entity, self._values.get(place, ""))

    def _remove(self, place: tuple[str, str, str], entity: Entity, value: str) -> None:
        if value:
            del self._values[place]
            bucket = self._found[entity.kind, place[1], value]
            bucket.pop(entity.key, None)
            if not bucket:
                del self._found[entity.kind, place[1], value]

    def find(self, kind: str, index: str, value: str) -> list[Entity]:
        """Return the entities of a kind with this indexed value."""
        return list(self._found.get((kind, index, value), {}).values())
