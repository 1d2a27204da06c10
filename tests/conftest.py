"""What every test can rely on."""

from __future__ import annotations

import pytest
import structlog


@pytest.fixture(autouse=True)
def default_log() -> None:
    """A test that sets the log up must not decide what the next one sees of it."""
    structlog.reset_defaults()
