"""What operations keep in the state folder: a lock, a database file, and the name of this node."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import socket
import sqlite3
from pathlib import Path

from deltaic.model.errors import Error, ErrorKind

DATABASE = "operations.sqlite"
LOCK = "operations.lock"
NODE = "node"


class StateLock:
    """Keeps a second process from taking up flows that this one is running. The system drops it on any death."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._descriptor)
            raise Error(ErrorKind.CONFLICT, f"Another gateway is using the state folder {folder}") from None

    def release(self) -> None:
        """Give the folder free; repeating does nothing."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def kept_node_name(folder: Path) -> str:
    """The name of the node whose state folder this is: made once, so that no two gateways on a database share one."""
    path = folder / NODE
    if not path.exists():
        path.write_text(f"{socket.gethostname()[:60]}-{secrets.token_hex(4)}\n")
    return path.read_text().strip()


def sqlite_url(folder: Path) -> str:
    """The URL of the folder's database. The file is made unreadable for others: it holds user data of machines.

    It writes ahead: one flush to disk per transaction in place of three or four. The file remembers that.
    """
    path = folder / DATABASE
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    path.chmod(0o600)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    return f"sqlite:///{path}"


def state_folder(location: str) -> Path | None:
    """The folder of a location that is one, or of an SQLite URL's file; None for a database server's URL."""
    if location.startswith("sqlite"):
        return Path(location.partition(":///")[2]).parent
    return None if "://" in location else Path(location)
