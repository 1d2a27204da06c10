"""What every test can rely on."""

from __future__ import annotations

import pytest
import structlog
from hypothesis import settings

# Machines that run the tests are shared: no example has to be quick.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


@pytest.fixture(autouse=True)
def default_log() -> None:
    """A test that sets the log up must not decide what the next one sees of it."""
    structlog.reset_defaults()
