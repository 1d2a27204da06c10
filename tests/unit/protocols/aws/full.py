"""The fullest value of a shape: every member at every level, each scalar different."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from botocore.model import Shape


def full_value(shape: Shape, counter: Any = None) -> Any:
    """A value in which no member is absent and no two texts are equal."""
    counter = counter or count(1)
    kind = shape.type_name
    if kind == "structure":
        return {name: full_value(member, counter) for name, member in shape.members.items()}
    if kind == "list":
        return [full_value(shape.member, counter), full_value(shape.member, counter)]
    number = next(counter)
    return {
        "integer": shape.metadata.get("min", 0) + (number if "max" not in shape.metadata else 1),
        "long": number + 2**40,
        "boolean": number % 2 == 0,
        "timestamp": datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=number),
        "double": number + 0.5,
        "blob": b"\x00\xff%d" % number,
        "string": f"text {number} & <{number}>",
    }[kind]
