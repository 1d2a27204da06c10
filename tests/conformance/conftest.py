"""What several files here use: the example driver."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The example's modules: of the cloud, and of the harness."""
    monkeypatch.syspath_prepend(str(EXAMPLES))
    yield importlib.import_module("memory_cloud"), importlib.import_module("memory_harness")
    for name in ("memory_cloud", "memory_harness"):
        del sys.modules[name]
