"""What the frontend is told."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct


class DriverInfo(Struct, frozen=True):
    """A driver that is installed: its id and its title."""

    id: str
    title: str


class DeltacloudSettings(Struct, frozen=True, kw_only=True):
    """`base_url` is the gateway's own address for clients (empty: as each request says).

    `installed` are the drivers that can be listed, `drivers` the id of each configured cloud's driver by the cloud's
    name. `start` is whether new instances are started where the client does not say. Sizes in bytes, times in seconds.
    """

    base_url: str = ""
    installed: tuple[DriverInfo, ...] = ()
    drivers: Mapping[str, str] = {}
    start: bool = False
    body_limit: int = 1 << 20
    body_timeout: float = 30.0
    request_timeout: float = 60.0
