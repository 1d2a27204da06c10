"""Keeps Python's search for cycles from stopping the event loop.

A full search looks at every object that lives, and with some thousand machines remembered that takes tenths of a
second in which nobody is answered. What lives long here (machines, views, rendered documents) has no cycles and goes
by its reference counts. So whatever a slow search has looked at is not looked at again; it is freed as before as soon
as nobody refers to it.
"""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Callable, Iterator
from time import perf_counter
from typing import Any, Final

#: Seconds that a search may take; all that was found alive in a slower one is left out of those that follow.
SLOW: Final = 0.03


class Watch:
    """Called by the collector before and after each search."""

    def __init__(self, clock: Callable[[], float] = perf_counter, freeze: Callable[[], None] = gc.freeze) -> None:
        self._clock = clock
        self._freeze = freeze
        self._began = 0.0

    def __call__(self, phase: str, info: dict[str, Any]) -> None:
        """`phase` is `start` or `stop`."""
        if phase == "start":
            self._began = self._clock()
        elif self._clock() - self._began > SLOW:
            self._freeze()


@contextlib.contextmanager
def short_searches() -> Iterator[None]:
    """Within the block a slow search is not repeated over the same objects."""
    watch = Watch()
    gc.collect()
    gc.freeze()
    gc.callbacks.append(watch)
    try:
        yield
    finally:
        gc.callbacks.remove(watch)
