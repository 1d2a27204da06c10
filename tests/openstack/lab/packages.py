"""The lab's programs: the system's database and broker, and the services in a virtual environment of their own."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.openstack.lab.errors import LabError

ROOT = Path(__file__).resolve().parents[3]
REQUIREMENTS = ROOT / "requirements" / "openstack-lab.txt"
CACHE = ROOT / ".cache" / "openstack-lab"

SYSTEM_PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/bin", "/sbin", "/bin"])

#: Program -> the Debian package that has it.
PROGRAMS = {
    "mariadbd": "mariadb-server",
    "mariadb-install-db": "mariadb-server",
    "mariadb": "mariadb-client",
    "mariadb-dump": "mariadb-client",
    "epmd": "erlang-base",
}
PIP = ("-m", "pip", "--disable-pip-version-check", "--no-input")


def program(name: str) -> str:
    """The path of a program of the system; LabError names the package to install."""
    found = shutil.which(name, path=SYSTEM_PATH)
    if found is None:
        raise LabError(f"{PROGRAMS[name]} is not installed ({name} is not there): apt-get install {PROGRAMS[name]}")
    return found


def rabbitmq_program(name: str) -> str:
    """A program of the broker itself. The ones in the path change their user, and read the system's configuration."""
    found = sorted(Path("/usr/lib/rabbitmq/lib").glob(f"*/sbin/{name}"))
    if not found:
        raise LabError(f"rabbitmq-server is not installed ({name} is not there): apt-get install rabbitmq-server")
    return str(found[-1])


def check_system() -> None:
    """Fail when a program of the system is missing."""
    for name in PROGRAMS:
        program(name)
    rabbitmq_program("rabbitmq-server")


def environment() -> Path:
    """The virtual environment with the services, made once for each set of requirements."""
    CACHE.mkdir(parents=True, exist_ok=True)
    facts = f"{CACHE}\n{sys.version}\n".encode() + REQUIREMENTS.read_bytes()
    folder = CACHE / hashlib.sha256(facts).hexdigest()[:16]
    complete = folder / ".complete"
    with (CACHE / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not complete.exists():
            shutil.rmtree(folder, ignore_errors=True)
            _install(folder)
            complete.touch()
    return folder


def _install(folder: Path) -> None:
    print("Installing OpenStack's services into", folder.relative_to(ROOT), "(once)", flush=True)
    _run("make a virtual environment", [sys.executable, "-m", "venv", str(folder)])
    install = [*PIP, "install", "--quiet", "--require-hashes", "-r", str(REQUIREMENTS)]
    _run("install requirements/openstack-lab.txt", [str(folder / "bin" / "python"), *install])


def _run(purpose: str, command: list[str]) -> None:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        lines = [line for line in done.stdout.splitlines() if line.strip()] or [f"exit code {done.returncode}"]
        raise LabError(f"could not {purpose}: {lines[-1]}")
