"""The arguments of flows that work on a machine that exists."""

from __future__ import annotations

from msgspec import Struct


class InstanceArguments(Struct, frozen=True):
    """Of `terminate` and `start`."""

    id: str


class StopArguments(Struct, frozen=True):
    """Of `stop`: the power is cut `grace` seconds after the guest was asked to shut down (None: the gateway's own)."""

    id: str
    grace: float | None = None
