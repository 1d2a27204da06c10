"""One lab from the outside: start it, stop it, find it again, break it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tests.openstack.lab import base
from tests.openstack.lab.errors import LabError
from tests.openstack.lab.packages import check_system, environment
from tests.openstack.lab.processes import Processes
from tests.openstack.lab.ready import answers, wait
from tests.openstack.lab.services import SERVICES
from tests.openstack.lab.settings import Settings, default_folder
from tests.openstack.lab.start import start

#: Written by a lab that is to stay until somebody stops it.
KEPT = "kept"


@dataclass(frozen=True)
class Lab:
    """A running lab whose processes can be reached from here."""

    settings: Settings
    processes: Processes

    @property
    def keystone(self) -> str:
        """The URL that clients log in at."""
        return self.settings.keystone

    def pause(self, service: str) -> None:
        """Freeze a service: its port stays open, and nothing answers."""
        self.processes.pause(service)

    def resume(self, service: str) -> None:
        """Let a frozen service go on."""
        self.processes.resume(service)

    def restart(self, service: str) -> None:
        """Kill a service, start it again, and wait until it does its work again.

        A service that listens answers; the broker is listened to by all that listened to it before. What is
        told to a queue before that is lost, and nobody says so.
        """
        heard = base.heard_queues(self.settings) if service == "rabbitmq" else frozenset()
        self.processes.restart(service)
        if heard:
            wait(service, lambda: base.heard_queues(self.settings) >= heard, self.processes, service)
        listener = next((each.listener for each in SERVICES if each.name == service), "")
        if listener:
            port = self.settings.port(listener)
            wait(service, lambda: answers(port), self.processes, service)


def start_lab(first_port: int, keep: bool = False) -> Lab:
    """Start a lab at these ports, in an empty folder; what a killed run left there is ended and removed.

    When it can't be started, everything is ended again, and the folder stays for its logs.
    """
    check_system()
    folder = default_folder(first_port)
    settings = Settings(folder, environment(), first_port)
    if (folder / KEPT).exists():
        raise LabError(f"a lab that was started to be kept is in {folder}; stop it first")
    _clear(folder)
    folder.mkdir()
    folder.chmod(0o755)  # whatever the mask of this process: the database's own user enters
    processes = Processes(folder)
    start(settings, processes)
    if keep:
        (folder / KEPT).write_text(str(settings.environment), "utf-8")
    return Lab(settings, processes)


def stop_lab(first_port: int, keep_logs: bool = False) -> None:
    """End every process of a lab and remove its folder."""
    folder = default_folder(first_port)
    (folder / KEPT).unlink(missing_ok=True)
    if keep_logs:
        Processes(folder).close()
    else:
        _clear(folder)


def find_lab(first_port: int) -> Lab:
    """The lab that runs at these ports."""
    folder = default_folder(first_port)
    return Lab(Settings(folder, environment(), first_port), Processes(folder))


@contextmanager
def alone(first_port: int) -> Iterator[IO[str]]:
    """Hold the lock of these ports, which nobody else may hold at the time."""
    path = Path(f"{default_folder(first_port)}.lock")
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LabError(
                f"another lab runs at port {first_port} ({path} is locked); choose others with LAB_PORT"
            ) from None
        yield lock


def _clear(folder: Path) -> None:
    if not folder.is_symlink() and not folder.exists():
        return
    if folder.is_symlink() or not folder.is_dir() or folder.stat().st_uid != os.getuid():
        raise LabError(f"{folder} is not a folder of this user's; remove it")
    Processes(folder).close()
    base.remove(folder)
