"""Command line of the lab: `python -m tests.openstack.lab run -- COMMAND`, or `start` and `stop` by hand."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from types import FrameType

from tests.openstack.lab.errors import LabError
from tests.openstack.lab.lab import Lab, alone, start_lab, stop_lab
from tests.openstack.lab.processes import DIRECT
from tests.openstack.lab.settings import FIRST_PORT

#: How tests find the lab: its Keystone, and the first of its ports where its processes may be paused.
URL = "DELTAIC_OPENSTACK_LAB"
PORT = "DELTAIC_OPENSTACK_LAB_PORT"


def main() -> int:
    """Do what the command line says; the exit code of what was run, or 1 and one line when the lab fails."""
    parser = argparse.ArgumentParser(prog="python -m tests.openstack.lab", description=__doc__)
    parser.add_argument("action", choices=("run", "start", "stop"))
    parser.add_argument("--port", type=int, default=FIRST_PORT, help="the first of ten ports on loopback")
    parser.add_argument("command", nargs="?", metavar="-- COMMAND", help="what `run` runs against the lab")
    own, command = partition(sys.argv[1:])
    options = parser.parse_args(own)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    try:
        with alone(options.port):
            return ACTIONS[options.action](options.port, command)
    except LabError as error:
        print(f"openstack lab: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def partition(arguments: list[str]) -> tuple[list[str], list[str]]:
    """What stands before and after `--`."""
    place = arguments.index("--") if "--" in arguments else len(arguments)
    return arguments[:place], arguments[place + 1 :]


def _run(port: int, command: list[str]) -> int:
    code = 1
    lab = start_lab(port)
    try:
        code = subprocess.run(command, env={**os.environ, **DIRECT, **variables(lab)}, check=False).returncode
    finally:
        # Logs stay for whoever looks for the reason; the next lab removes them.
        stop_lab(port, keep_logs=code != 0)
    return code


def _start(port: int, command: list[str]) -> int:
    lab = start_lab(port, keep=True)
    for name, value in variables(lab).items():
        print(f"export {name}={value}")
    return 0


def _stop(port: int, command: list[str]) -> int:
    stop_lab(port)
    return 0


def variables(lab: Lab) -> dict[str, str]:
    """What tells tests of a lab."""
    return {URL: lab.keystone, PORT: str(lab.settings.first_port)}


def _end(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


ACTIONS = {"run": _run, "start": _start, "stop": _stop}

if __name__ == "__main__":
    sys.exit(main())
