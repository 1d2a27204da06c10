"""Types of the API model, read from the declarative table in `data/types.txt`.

Both codecs derive from this table: nothing else in the package knows how a member is written.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

SCALARS: Final = frozenset({"string", "integer", "boolean", "decimal", "date", "enum"})

# Members that answers carry but that the published model leaves out.
ADDITIONS: Final[dict[str, tuple[str, ...]]] = {
    "vm": ("creation_status=string",),
    "template": ("creation_status=string",),
    "disk": ("creation_status=string",),
    "snapshot": ("creation_status=string",),
    "disk_attachment": ("creation_status=string",),
    "action": ("creation_status=string",),
}

# Integers wider than 32 bits; everything else overflows as in the engine.
WIDE: Final = frozenset(
    {
        "actual_size", "available", "committed", "guaranteed", "hard_limit", "initial_size", "log_size", "max",
        "max_scheduling_memory", "memory", "memory_limit", "memory_usage", "migrating_downtime", "provisioned_size",
        "serial", "size", "speed", "total_size", "usage", "used", "limit", "free", "total", "rx_bytes", "tx_bytes",
        "inactivity_timeout", "transferred",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Field:
    """One member: `kind` is a scalar kind or "struct"; `type` names the enum or struct; `item` marks a list."""

    name: str
    kind: str
    type: str = ""
    item: str = ""
    attribute: bool = False


@dataclass(frozen=True, slots=True)
class Type:
    """One type of the model: XML element, collection element and members in writing order."""

    name: str
    element: str
    plural: str
    fields: tuple[Field, ...]
    by_name: dict[str, Field]
    identified: bool


def _field(text: str) -> Field:
    name, _, kind = text.partition("=")
    item = ""
    if kind.startswith("["):
        item, _, kind = kind[1:-1].partition(":")
    if kind.startswith("@"):
        return Field(name, kind[1:], attribute=True)
    if kind.startswith("enum."):
        return Field(name, "enum", kind[5:], item)
    if kind in SCALARS:
        return Field(name, kind, "", item)
    return Field(name, "struct", kind, item)


def _order(field: Field) -> int:
    """Name, description and comment of what has an id come first, as real engines write them."""
    return {"name": 0, "description": 1, "comment": 2}.get(field.name, 3)


def _type(line: str) -> Type:
    head, _, tail = line.partition(" : ")
    name, element, plural = head.split()
    members = [*tail.split(), *ADDITIONS.get(name, ())]
    fields = [_field(text) for text in members]
    identified = any(field.name == "id" for field in fields)
    if identified:
        fields.sort(key=_order)
    return Type(name, element, plural, tuple(fields), {field.name: field for field in fields}, identified)


@cache
def model() -> tuple[dict[str, Type], dict[str, frozenset[str]]]:
    """Return (types by name, enum values by enum name)."""
    types: dict[str, Type] = {}
    enums: dict[str, frozenset[str]] = {}
    text = (files("ovirt_engine_sim") / "data" / "types.txt").read_text("utf-8")
    for line in text.splitlines():
        if line.startswith("enum "):
            name, _, values = line[5:].partition(" : ")
            enums[name] = frozenset(values.split())
        elif line and not line.startswith("#"):
            kind = _type(line)
            types[kind.name] = kind
    return types, enums


def type_of(name: str) -> Type:
    """Return the type called `name`; unknown names are programming errors (KeyError)."""
    return model()[0][name]


def enum_values(name: str) -> frozenset[str]:
    """Return the values of an enumerated kind."""
    return model()[1][name]
