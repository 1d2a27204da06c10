"""Waiting until things are ready, with deadlines that a busy machine meets, too."""

from __future__ import annotations

import http.client
import socket
import time
from collections.abc import Callable

from tests.openstack.lab.errors import LabError
from tests.openstack.lab.processes import Processes

#: Three times and more what the slowest step takes on two busy cores.
SECONDS = 240.0
EVERY = 0.25


def wait(what: str, ready: Callable[[], bool], processes: Processes, *services: str, seconds: float = SECONDS) -> None:
    """Poll until it is ready; LabError when time is up, or when one of the services that it needs has ended."""
    end = time.monotonic() + seconds
    while not ready():
        for name in services:
            if not processes.alive(name):
                raise LabError(f"{name} ended: {last_line(processes, name)} (all of it: {processes.log(name)})")
        if time.monotonic() > end:
            raise LabError(f"{what} is not ready after {seconds:.0f} s; logs: {processes.log(what).parent}")
        time.sleep(EVERY)


def last_line(processes: Processes, name: str) -> str:
    """The last thing a service said."""
    lines = [line for line in processes.log(name).read_text("utf-8", "replace").splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"


def connects(port: int) -> bool:
    """Whether somebody listens."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5):
            return True
    except OSError:
        return False


def answers(port: int) -> bool:
    """Whether an HTTP service answers; uwsgi listens long before the service behind it is loaded."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def free(port: int) -> bool:
    """Whether a port may be listened on."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
