"""Commands that run in the test's own process must not leave their logging behind."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.log_state import kept_log_state


@pytest.fixture(autouse=True)
def _kept_log_state() -> Iterator[None]:
    with kept_log_state():
        yield
