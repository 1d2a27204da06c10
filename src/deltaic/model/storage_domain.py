"""The storage domain: where volumes are kept."""

from __future__ import annotations

from msgspec import Struct


class StorageDomain(Struct, frozen=True):
    """A place for volumes. `available` and `used` are bytes."""

    id: str
    name: str
    data_center_id: str = ""
    available: int = 0
    used: int = 0
