"""Capacities: kilobytes of 1000 in documents, bytes in the model."""

from __future__ import annotations

from typing import Any, Final

from deltaic.frontends.cimi.common import KILOBYTE, kilobytes
from deltaic.model.errors import Error, invalid

#: The only type of volume that the standard names: a block device.
MAPPED: Final = "http://schemas.dmtf.org/cimi/1/mapped"

#: What the services call what clients call otherwise.
_FIELDS: Final = {
    "size": "capacity",
    "storage_domain_id": "volumeConfig",
    "source_id": "volumeImage",
    "tag_key": "properties",
    "tag_value": "properties",
    "tags": "properties",
}


def bytes_of(capacity: Any, field: str = "capacity") -> int:
    """The bytes that a capacity means; INVALID when it is none."""
    if not isinstance(capacity, int) or isinstance(capacity, bool) or capacity < 1:
        raise invalid(field, "The capacity must be a whole number of kilobytes above 0")
    return capacity * KILOBYTE


def growth(capacity: Any, size: int) -> int | None:
    """The new size in bytes that a PUT asks for; None when the capacity is as it was. INVALID for a smaller one."""
    if capacity is None or capacity == kilobytes(size):
        return None
    wanted = bytes_of(capacity)
    if wanted < size:
        raise invalid("capacity", f"The capacity can only grow; it is {kilobytes(size)}")
    return wanted


def renamed(error: Error) -> Error:
    """The error with its field in the words of documents."""
    error.field = _FIELDS.get(error.field, error.field)
    return error
