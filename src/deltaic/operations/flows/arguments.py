"""The arguments of flows that work on a machine that exists."""

from __future__ import annotations

from msgspec import Struct


class InstanceArguments(Struct, frozen=True):
    """Of `terminate` and `start`."""

    id: str


class StopArguments(Struct, frozen=True):
    """Of `stop`: the power is cut `grace` seconds after the guest was asked to shut down (None: the gateway's own).

    `run` is the machine's run that is to end (`Instance.run`): another one was begun by somebody after that. With 0
    it is the one that the flow finds.
    """

    id: str
    grace: float | None = None
    run: int = 0
