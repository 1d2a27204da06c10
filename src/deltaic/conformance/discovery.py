"""Finds harnesses: by entry point, or by the name of a Python object."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable
from importlib.metadata import entry_points

from deltaic.conformance.harness import GROUP, Harness
from deltaic.model.errors import invalid


def offered() -> list[str]:
    """The drivers whose harnesses are installed."""
    return sorted(point.name for point in entry_points(group=GROUP))


def of_driver(name: str) -> Harness:
    """The installed harness of a driver; INVALID when there is none."""
    for point in entry_points(group=GROUP, name=name):
        return _made(f"{name} = {point.value}", point.load)
    known = ", ".join(offered()) or "none"
    raise invalid(
        "driver", f"No package offers a harness for the driver '{name}' in the group {GROUP}; there are: {known}"
    )


def named(text: str) -> Harness:
    """The harness that `package.module:name` makes, also from the current folder; INVALID when there is none such."""
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    module, _, name = text.partition(":")
    return _made(text, lambda: getattr(importlib.import_module(module), name))


def _made(text: str, load: Callable[[], object]) -> Harness:
    """A harness of what `load` finds; INVALID when that can't be had, or is something else."""
    try:
        make = load()
    except (ImportError, AttributeError, ValueError) as fault:
        raise invalid("harness", f"There is no harness '{text}' (package.module:name): {fault}") from None
    made = make() if callable(make) else make
    if not isinstance(made, Harness):
        raise invalid("harness", f"'{text}' makes no deltaic.conformance.Harness, but {type(made).__name__}")
    return made
