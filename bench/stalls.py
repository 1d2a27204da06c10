"""How long others wait while a large answer is made: `python -m bench.stalls [machines ...]`.

A simulated engine and a gateway are started as processes of their own. While each of the large answers of each frontend
is asked for, a bystander asks `/health` over and over on a connection of its own; its longest wait is as long as the
gateway's event loop did nothing else, and what the bystander, the client and the engine themselves take on a busy
machine. The least of the rounds counts, and nothing changes between them. `first` is the first answer of the process,
for which everything is fetched and made.

`fetch` is the bare data by the driver's own client in the same run, decoded: machines with interfaces, disks and
addresses. It says how fast the machine was.
"""

from __future__ import annotations

import asyncio
import http.client
import logging
import sys
import tempfile
import threading
from contextlib import AbstractContextManager
from pathlib import Path
from time import perf_counter
from types import TracebackType
from urllib.parse import urlsplit

import aiohttp
import structlog
from bench.gateway import Clients, World, timed
from tests.support.processes import PASSWORD, USER

from deltaic.drivers.ovirt.machines import FOLLOW

MACHINES = (1000, 5000)
ROUNDS = 5
_EC2 = "/?Version=2016-11-15&Action="
XML, JSON, HTML = "application/xml", "application/json", "text/html"

#: What is asked for: a name, where, and as what.
ASKED = (
    ("EC2 DescribeInstances", f"{_EC2}DescribeInstances", "*/*"),
    ("EC2 DescribeInstances, filter", f"{_EC2}DescribeInstances&Filter.1.Name=tag:none&Filter.1.Value.1=x", "*/*"),
    ("EC2 DescribeVolumes", f"{_EC2}DescribeVolumes", "*/*"),
    ("CIMI machines, XML", "/cimi/machines", XML),
    ("CIMI machines, JSON", "/cimi/machines", JSON),
    ("CIMI volumes, JSON", "/cimi/volumes", JSON),
    ("Deltacloud instances, XML", "/api/instances", XML),
    ("Deltacloud instances, JSON", "/api/instances", JSON),
    ("Deltacloud volumes, XML", "/api/storage_volumes", XML),
    ("console, instances", "/api/instances", HTML),
    ("console, search", "/api/instances?q=vm-00007", HTML),
    ("CIMI machines, JSON, expanded", "/cimi/machines?$expand=*", JSON),
)


class Bystander(AbstractContextManager["Bystander"]):
    """Asks `/health` over and over while its block runs; `longest` is its longest wait, seconds."""

    def __init__(self, url: str) -> None:
        self.longest = 0.0
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=120)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Bystander:
        self._ask()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        self._connection.close()

    def _run(self) -> None:
        while not self._stop.is_set():
            began = perf_counter()
            self._ask()
            self.longest = max(self.longest, perf_counter() - began)
            self._stop.wait(0.001)

    def _ask(self) -> None:
        self._connection.request("GET", "/health")
        self._connection.getresponse().read()


async def measure(machines: int, folder: Path) -> None:
    """Print the table of one number of machines."""
    world = World(machines, folder)
    root = f"http://{urlsplit(world.url).netloc}"
    try:
        async with aiohttp.ClientSession() as session:
            clients = Clients(world, session)
            fetch = [await timed(lambda: clients.fetch(FOLLOW)) for _ in range(ROUNDS)]
            print(f"\n{machines} machines, milliseconds; fetch {min(fetch) * 1000:.0f}")
            print(f"{'':32}{'first':>8}{'waited':>8}{'then':>8}{'waited':>8}{'kB':>8}")
            for name, path, accept in ASKED:
                rows = [await _round(session, root, path, accept) for _ in range(ROUNDS)]
                first, size, then = rows[0], rows[0][2], rows[1:]
                took, waited = min(row[0] for row in then), min(row[1] for row in then)
                shown = (first[0] * 1000, first[1] * 1000, took * 1000, waited * 1000, size / 1000)
                print(f"{name:32}" + "".join(f"{value:>8.0f}" for value in shown), flush=True)
            await clients.close()
    finally:
        world.stop()


async def _round(session: aiohttp.ClientSession, root: str, path: str, accept: str) -> tuple[float, float, int]:
    """Seconds that an answer took, that the bystander waited meanwhile, and the size of the answer in bytes."""
    headers = {
        "Authorization": aiohttp.encode_basic_auth(USER, PASSWORD),
        "Accept": accept,
        "Accept-Encoding": "identity",
    }
    with Bystander(root) as bystander:
        began = perf_counter()
        async with session.get(root + path, headers=headers) as response:
            body = await response.read()
            if response.status != 200:
                raise SystemExit(f"{path}: {response.status} {body[:500]!r}")
        took = perf_counter() - began
    return took, bystander.longest, len(body)


def main() -> None:
    """Measure each number of machines."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    sizes = [int(text) for text in sys.argv[1:]] or list(MACHINES)
    with tempfile.TemporaryDirectory() as folder:
        for machines in sizes:
            asyncio.run(measure(machines, Path(folder)))


if __name__ == "__main__":
    main()
