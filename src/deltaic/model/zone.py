"""Data centers and the zones in them."""

from __future__ import annotations

from msgspec import Struct


class DataCenter(Struct, frozen=True):
    """A region: the scope of a request. `available` is false while its storage is not up."""

    id: str
    name: str
    description: str = ""
    available: bool = True


class Zone(Struct, frozen=True):
    """A cluster of hosts: where an instance is placed."""

    id: str
    name: str
    data_center_id: str
    description: str = ""
    architecture: str = "x86_64"
