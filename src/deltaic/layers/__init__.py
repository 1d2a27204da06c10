"""What wraps every driver: each layer is one file and sees every verb pass."""

from __future__ import annotations

from deltaic.driver import Driver
from deltaic.layers.base import Layer, layered
from deltaic.layers.capability import CapabilityLayer
from deltaic.layers.coalesce import CoalesceLayer
from deltaic.layers.metrics import MetricsLayer
from deltaic.layers.retry import RetryLayer
from deltaic.layers.timeout import TimeoutLayer
from deltaic.layers.turns import Alone, TurnsLayer


def wrap(driver: Driver, alone: Alone | None = None) -> Driver:
    """The driver behind all layers; the first of the list is the outermost.

    With `alone` edits wait for each other beyond this process.
    """
    layers: list[Layer] = [
        MetricsLayer(driver.name),
        CapabilityLayer(driver.capability),
        TimeoutLayer(),
        CoalesceLayer(),
        *([TurnsLayer(alone)] if alone is not None else []),
        RetryLayer(),
    ]
    return layered(driver, layers)
