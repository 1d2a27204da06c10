"""Slow searches for cycles are not repeated over the same objects."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from deltaic.server.garbage import SLOW, Watch, short_searches


@pytest.mark.parametrize(("seconds", "frozen"), [(SLOW / 2, 0), (SLOW * 2, 1)])
def test_only_a_slow_search_is_the_last_over_what_it_saw(seconds: float, frozen: int) -> None:
    times: Iterator[float] = iter([10.0, 10.0 + seconds])
    calls: list[str] = []
    watch = Watch(lambda: next(times), lambda: calls.append("freeze"))
    watch("start", {"generation": 2})
    watch("stop", {"generation": 2})
    assert len(calls) == frozen


class Thing:
    """Something that can be weakly referred to."""


def test_what_is_left_out_is_still_freed_without_its_last_reference() -> None:
    kept = Thing()
    seen = weakref.ref(kept)
    before = len(gc.callbacks)
    with short_searches():
        assert gc.get_freeze_count() > 0
        assert len(gc.callbacks) == before + 1
        del kept
        assert seen() is None
    assert len(gc.callbacks) == before
    gc.unfreeze()
