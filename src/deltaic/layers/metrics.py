"""Counts and times every verb, for Prometheus."""

from __future__ import annotations

import time
from typing import Any

from prometheus_client import Histogram

from deltaic.layers.base import Call, Next
from deltaic.model.errors import Error, ErrorKind

SECONDS = Histogram(
    "deltaic_driver_seconds",
    "Time that drivers took for their verbs, by outcome",
    ("driver", "verb", "outcome"),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
)


class MetricsLayer:
    """`outcome` is `ok`, the kind of the error, or `cancelled`."""

    def __init__(self, driver: str) -> None:
        self._driver = driver

    async def __call__(self, call: Call, proceed: Next) -> Any:
        """Pass on and take the time."""
        started = time.perf_counter()
        outcome = "cancelled"
        try:
            answer = await proceed()
            outcome = "ok"
            return answer
        except Error as error:
            outcome = error.kind.value
            raise
        except Exception:
            outcome = ErrorKind.INTERNAL.value
            raise
        finally:
            SECONDS.labels(self._driver, call.verb, outcome).observe(time.perf_counter() - started)
