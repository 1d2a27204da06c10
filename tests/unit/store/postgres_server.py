"""A PostgreSQL server for the tests, in a folder of its own, reachable by a Unix socket only."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

DEBIAN = Path("/usr/lib/postgresql")
PORT = 5432


@contextmanager
def postgres_server() -> Iterator[str]:
    """Start a server as an unprivileged user; yields its socket folder. Fails where the binaries are missing."""
    binaries = _binaries()
    user = _unprivileged()
    folder = Path(tempfile.mkdtemp(prefix="deltaic-pg-", dir="/tmp"))
    if "user" in user:
        os.chown(folder, pwd.getpwnam(user["user"]).pw_uid, -1)
    data = folder / "data"
    _run([binaries / "initdb", "-D", data, "-U", "deltaic", "-A", "trust", "-E", "UTF8", "--no-sync"], user)
    _start(folder)
    try:
        yield str(folder)
    finally:
        _stop(folder)
        shutil.rmtree(folder)


@contextmanager
def stopped(folder: str) -> Iterator[None]:
    """The server of a folder is away for a while; all its connections are lost."""
    _stop(Path(folder))
    try:
        yield
    finally:
        _start(Path(folder))


def _start(folder: Path) -> None:
    options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off -p {PORT}"
    _run([*_control(folder), "-l", folder / "log", "-o", options, "start"], _unprivileged())


def _stop(folder: Path) -> None:
    _run([*_control(folder), "-m", "immediate", "stop"], _unprivileged())


def _control(folder: Path) -> list[Any]:
    return [_binaries() / "pg_ctl", "-D", folder / "data", "-w", "-t", "60"]


def _run(command: list[Any], user: dict[str, Any]) -> None:
    done = subprocess.run(
        [str(part) for part in command],
        cwd="/tmp",
        env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        timeout=120,
        check=False,
        **user,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} failed: {done.stderr.decode(errors='replace')}")


def _binaries() -> Path:
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).resolve().parent
    for candidate in sorted(DEBIAN.glob("*/bin/initdb"), reverse=True):
        return candidate.parent
    raise RuntimeError("no PostgreSQL server found: install the package postgresql")


def _unprivileged() -> dict[str, Any]:
    # The server refuses to run as root.
    if os.geteuid() != 0:
        return {}
    known = {entry.pw_name for entry in pwd.getpwall()}
    return {"user": "postgres" if "postgres" in known else "nobody", "extra_groups": []}
