"""Runs a coroutine as a whole process: event loop, log, ready line."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import click

from deltaic.settings import LogSettings, SettingsError

T = TypeVar("T")


#: How long a thread may keep the interpreter from the event loop: the journal's threads, mostly, whose work is not
#: urgent. Python's own 5 ms are felt by every request while machines are launched.
SWITCH_SECONDS = 0.0005

#: What short commands log: nothing but trouble.
QUIET = LogSettings(level="warning")


def run(work: Coroutine[Any, Any, T], log: LogSettings = QUIET) -> T:
    """Run to the end on the fast event loop. Raises `SettingsError` when the log's file can't be written."""
    import uvloop

    from deltaic.logs import configure

    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        configure(log)
    except OSError as error:
        work.close()
        raise SettingsError(f"log.file: {log.file}: {error.strerror}") from None
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


def state_folder(folder: Path) -> Path:
    """Make the folder for state, readable by its owner only. Raises `SettingsError` when that can't be."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe = folder / ".writable"
        probe.touch(mode=0o600)
        probe.unlink()
    except OSError as error:
        raise SettingsError(f"data: {folder}: {error.strerror}") from None
    return folder


def say_ready(text: str) -> None:
    """Print the line that says that everything answers, at once also through a pipe."""
    click.echo(f"ready {text}")
    sys.stdout.flush()
