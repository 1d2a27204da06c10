"""What all documents have in common."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from deltaic.protocols.cimi.actions import rel

#: A resource as the codec writes it: values by the names of its attributes.
Document = dict[str, Any]

#: A kilobyte of the standard's capacities, and the KiB of its memory.
KILOBYTE: Final = 1000
KIBIBYTE: Final = 1024


def common(
    uri: str,
    name: str,
    description: str = "",
    created: datetime | None = None,
    properties: Mapping[str, str] | None = None,
) -> Document:
    """The attributes that every resource has; those without a value are left out."""
    given = {"id": uri, "name": name, "description": description, "created": created, "properties": properties}
    return {key: value for key, value in given.items() if value}


def kilobytes(size: int) -> int:
    """Bytes in kilobytes of 1000, rounded up: what is asked for again is never smaller than what is there."""
    return -(-size // KILOBYTE)


def operation(verb: str, href: str) -> Document:
    """An operation: what it is called, and where it is asked for."""
    return {"rel": rel(verb), "href": href}
