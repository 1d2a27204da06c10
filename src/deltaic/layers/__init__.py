"""What wraps every driver: each layer is one file and sees every verb pass."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from deltaic.driver import Alone, Driver, Locks, Rewrites
from deltaic.layers.base import Layer, layered
from deltaic.layers.capability import CapabilityLayer
from deltaic.layers.coalesce import CoalesceLayer
from deltaic.layers.metrics import MetricsLayer
from deltaic.layers.retry import RetryLayer
from deltaic.layers.timeout import TimeoutLayer
from deltaic.layers.turns import TurnsLayer


def wrap(driver: Driver, alone: Alone | None = None) -> Driver:
    """The driver behind all layers; the first of the list is the outermost.

    With `alone` edits wait for each other beyond this process.
    """
    in_turn = alone or Locks().alone
    coalesce = CoalesceLayer()
    rewrites: Rewrites = getattr(driver, "rewrites", {})

    @asynccontextmanager
    async def edited_alone(thing: str) -> AsyncIterator[None]:
        async with in_turn(thing):
            # A read that began before the turn does not tell what another process wrote in its own.
            coalesce.begin_anew()
            yield

    layers: list[Layer] = [
        MetricsLayer(driver.name),
        CapabilityLayer(driver.capability),
        TimeoutLayer(),
        coalesce,
        # Each attempt has a turn of its own: nobody waits for the pauses between them.
        RetryLayer(),
        TurnsLayer(in_turn, rewrites),
    ]
    return layered(driver, layers, edited_alone)
