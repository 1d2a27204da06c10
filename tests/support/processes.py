"""Real processes for tests: gateway, engine and demo, started from the command line and killed at will."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from weakref import WeakSet

ACCESS_KEY = "AKIADELTAICDEMO00001"
SECRET_KEY = "deltaic-demo-secret-key-for-local-use-01"
USER = "admin@internal"
PASSWORD = "deltaic"

READY_SECONDS = 60.0
STOP_SECONDS = 15.0

#: What was started and is still of use to a test.
PROCESSES: WeakSet[Process] = WeakSet()


class Process:
    """`deltaic ARGUMENTS` as a child process; its output is kept, its `ready` line awaited."""

    def __init__(self, arguments: Sequence[str], environment: dict[str, str] | None = None) -> None:
        self.arguments = list(arguments)
        self.lines: list[str] = []
        PROCESSES.add(self)
        self._ready: queue.Queue[str] = queue.Queue()
        self._child = subprocess.Popen(
            [sys.executable, "-m", "deltaic", *self.arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=clean_environment() | (environment or {}),
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._child.pid

    @property
    def alive(self) -> bool:
        """Whether it has not ended yet."""
        return self._child.poll() is None

    def ready(self, seconds: float = READY_SECONDS) -> str:
        """Wait for the line that begins with `ready` and return it; fails with the output when none comes."""
        try:
            line = self._ready.get(timeout=seconds)
        except queue.Empty:
            line = ""
        if not line:
            self.kill()
            raise AssertionError(f"no ready line from deltaic {' '.join(self.arguments)}:\n{self.output}")
        return line

    @property
    def output(self) -> str:
        """Everything printed so far."""
        return "\n".join(self.lines)

    def stop(self) -> int:
        """SIGTERM, and the exit code; fails when it takes longer than it may."""
        if self._child.poll() is None:
            self._child.send_signal(signal.SIGTERM)
        try:
            code = self._child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"deltaic {self.arguments[0]} did not stop:\n{self.output}") from None
        self._reader.join(5)
        return code

    def kill(self) -> None:
        """SIGKILL."""
        if self._child.poll() is None:
            self._child.kill()
        self._child.wait(STOP_SECONDS)
        self._reader.join(5)

    def wait(self, seconds: float = STOP_SECONDS) -> int:
        """Wait for the end and return the exit code."""
        return self._child.wait(seconds)

    def _read(self) -> None:
        assert self._child.stdout is not None
        for line in self._child.stdout:
            self.lines.append(line.rstrip("\n"))
            if line.startswith("ready"):
                self._ready.put(line.rstrip("\n"))
        self._ready.put("")


def clean_environment() -> dict[str, str]:
    """This process's environment without anything that configures a gateway or an AWS client."""
    prefixes = ("API_", "AWS_", "DELTAIC_", "BOTO")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(prefixes)}
    return kept | {"PYTHONUNBUFFERED": "1", "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.devnull}


def url_in(line: str) -> str:
    """The first http URL in a line, without a trailing slash."""
    return next(word.rstrip("/.,") for word in line.split() if word.startswith("http"))


def until(condition: object, seconds: float = 30.0, every: float = 0.05) -> object:
    """Poll a callable until it returns something true, and return that; fails when time is up."""
    assert callable(condition)
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"{condition} stayed false for {seconds} s")
        time.sleep(every)


def data_folder(root: Path, name: str) -> str:
    """A fresh folder for a process's state, closed to others as the gateway wants it."""
    folder = root / name
    folder.mkdir(mode=0o700)
    return str(folder)
