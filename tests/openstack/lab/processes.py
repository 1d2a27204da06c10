"""Services as processes: each in a session of its own, noted on disk, ended and paused by what is noted."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.openstack.lab.errors import LabError

STOP_SECONDS = 30.0

#: No proxy stands between processes of one machine.
DIRECT = {"no_proxy": "127.0.0.1,localhost", "NO_PROXY": "127.0.0.1,localhost"}


@dataclass(frozen=True)
class Note:
    """What is kept of a started service; `started` is in the kernel's clock ticks since boot."""

    pid: int
    started: int
    command: list[str]
    variables: dict[str, str]


class Processes:
    """The processes of one lab, from whichever process it is looked at."""

    def __init__(self, folder: Path) -> None:
        self._notes = folder / "run"
        self._logs = folder / "log"
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._lock = threading.Lock()
        self._closed = False

    def start(self, name: str, command: Sequence[str], variables: Mapping[str, str]) -> None:
        """Start a service; its output goes to `log/NAME.log`."""
        with self._lock, self.log(name).open("ab") as log:
            if self._closed:
                raise LabError("the lab is being stopped")
            child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**plain_environment(), **variables},
                cwd=self._logs,
                start_new_session=True,
            )
            self._children[name] = child
            stat = _stat(child.pid)
            note = Note(child.pid, stat[1] if stat else 0, list(command), dict(variables))
            self._path(name).write_text(json.dumps(asdict(note)), "utf-8")

    def log(self, name: str) -> Path:
        """The file that a service's output goes to."""
        return self._logs / f"{name}.log"

    def names(self) -> list[str]:
        """The services that were started and not stopped."""
        return sorted(path.stem for path in self._notes.glob("*.json"))

    def alive(self, name: str) -> bool:
        """Whether any process of the service is there."""
        child = self._children.get(name)
        if child is not None:
            child.poll()  # reaps it
        return bool(_members(self._note(name)))

    def stop(self, name: str) -> None:
        """End a service at once; a lab is thrown away, so nothing of it has to be put in order."""
        note = self._note(name)
        end = time.monotonic() + STOP_SECONDS
        while members := _members(note):
            _send(members, signal.SIGKILL)
            if child := self._children.get(name):
                child.poll()
            if time.monotonic() > end:
                raise LabError(f"{name} does not end: process {members[0]}")
            time.sleep(0.05)
        self._path(name).unlink(missing_ok=True)

    def close(self) -> None:
        """End everything, and let nothing be started any more."""
        with self._lock:
            self._closed = True
        for name in self.names():
            self.stop(name)

    def restart(self, name: str) -> None:
        """End a service and start it as it was started."""
        note = self._note(name)
        self.stop(name)
        self.start(name, note.command, note.variables)

    def pause(self, name: str) -> None:
        """Freeze a service (SIGSTOP): it keeps its connections and answers nothing."""
        _send(_members(self._note(name)), signal.SIGSTOP)

    def resume(self, name: str) -> None:
        """Let a frozen service go on."""
        _send(_members(self._note(name)), signal.SIGCONT)

    def _path(self, name: str) -> Path:
        return self._notes / f"{name}.json"

    def _note(self, name: str) -> Note:
        try:
            return Note(**json.loads(self._path(name).read_text("utf-8")))
        except FileNotFoundError:
            raise LabError(f"the lab runs no {name}; it runs {', '.join(self.names()) or 'nothing'}") from None


def plain_environment() -> dict[str, str]:
    """This process's environment without what configures Python, a gateway or an OpenStack client."""
    prefixes = ("OS_", "PYTHON", "DELTAIC_", "API_", "RABBITMQ_", "ERL_", "VIRTUAL_ENV")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(prefixes)}
    return kept | DIRECT


def _members(note: Note) -> list[int]:
    """The living processes of a service's session; none when its number belongs to somebody else by now."""
    leader = _stat(note.pid)
    if leader is not None and leader[1] != note.started:
        return []
    return [pid for pid, session in _sessions() if session == note.pid]


def _sessions() -> Iterator[tuple[int, int]]:
    """Process and session ids of all processes that live."""
    for entry in os.listdir("/proc"):
        if entry.isdigit() and (stat := _stat(int(entry))) and stat[2] != "Z":
            yield int(entry), stat[0]


def _stat(pid: int) -> tuple[int, int, str] | None:
    """Session, start time and state of a process."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
    except OSError:
        return None
    # The name, in parentheses, may hold anything; the fields after it are numbered from 3.
    fields = text.rpartition(")")[2].split()
    return int(fields[3]), int(fields[19]), fields[0]


def _send(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue
