"""What the endpoint is told at start."""

from __future__ import annotations

from msgspec import Struct


class EndpointSettings(Struct, frozen=True, kw_only=True):
    """Limits in bytes and seconds.

    `base_url` is the address that clients are told as a region's endpoint; empty takes it from each request.
    `sigv2` and `basic` switch the old signature and the engine's own passwords on.
    """

    base_url: str = ""
    sigv2: bool = True
    basic: bool = True
    body_limit: int = 1 << 20
    body_timeout: float = 30.0
    request_timeout: float = 60.0
    gzip_minimum: int = 1400
