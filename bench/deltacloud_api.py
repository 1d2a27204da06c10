"""GET of Deltacloud's instances, beside the bare engine: `python -m bench.deltacloud_api [machines ...]`.

For each number of machines a simulated engine and a gateway are started as processes of their own, and the same
engine data are fetched in turn, so that a busy machine slows all alike:

- `engine`: what an instance shows, by the driver's own client, decoded: machines with interfaces, disks and addresses;
- `xml`, `json`: `GET /api/instances`, all of them, the answer read but not parsed; `html`: the console's first page;
- `search`: the console's page for a name.

The fastest of the rounds counts. Nothing changes between two of them. `first` is the first XML answer of the process.
For scale: the original server needed 434 ms for 1,000 instances from local files.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import structlog
from bench.gateway import ROUNDS, SIZES, Clients, Row, Work, World, in_turn, show, timed
from tests.support.processes import PASSWORD, USER

from deltaic.drivers.ovirt.machines import FOLLOW

#: Name of a column: media type and query.
ASKED = {
    "xml": ("application/xml", ""),
    "json": ("application/json", ""),
    "html": ("text/html", ""),
    "search": ("text/html", "?q=vm-00007"),
}


class Deltacloud:
    """The gateway's instances, asked for over HTTP."""

    def __init__(self, world: World, session: aiohttp.ClientSession) -> None:
        self._address = f"http://{urlsplit(world.url).netloc}/api/instances"
        self._session = session

    async def ask(self, name: str) -> bytes:
        """One request, by the name of its column."""
        accept, query = ASKED[name]
        headers = {
            "Authorization": aiohttp.encode_basic_auth(USER, PASSWORD),
            "Accept": accept,
            "Accept-Encoding": "identity",
        }
        async with self._session.get(self._address + query, headers=headers) as response:
            body = await response.read()
            if response.status != 200:
                raise SystemExit(body.decode())
            return body


async def measure(machines: int, folder: Path) -> Row:
    """A row of the table."""
    world = World(machines, folder)
    try:
        async with aiohttp.ClientSession() as session:
            clients, deltacloud = Clients(world, session), Deltacloud(world, session)
            first = await timed(lambda: deltacloud.ask("xml"))
            seconds = await _seconds(clients, deltacloud, ROUNDS if machines <= 1000 else 5)
            row: Row = {"VMs": machines, "first": first * 1000}
            row |= {name: one * 1000 for name, one in seconds.items()}
            row |= {f"{name} / engine": seconds[name] / seconds["engine"] for name in ("xml", "json", "html")}
            before = await clients.engine_calls()
            await deltacloud.ask("xml")
            row |= {"calls": await clients.engine_calls() - before, "RSS MiB": world.memory}
            await clients.close()
    finally:
        world.stop()
    return row


async def _seconds(clients: Clients, deltacloud: Deltacloud, rounds: int) -> dict[str, float]:
    def asking(name: str) -> Work:
        return lambda: deltacloud.ask(name)

    works: dict[str, Work] = {"engine": lambda: clients.fetch(FOLLOW)}
    works |= {name: asking(name) for name in ASKED}
    await in_turn(works, 2)
    return {name: min(values) for name, values in (await in_turn(works, rounds)).items()}


def main() -> None:
    """Measure each size, then print the table."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    sizes = [int(text) for text in sys.argv[1:]] or list(SIZES)
    with tempfile.TemporaryDirectory() as folder:
        rows = [asyncio.run(measure(machines, Path(folder))) for machines in sizes]
    show("GET /api/instances", rows)


if __name__ == "__main__":
    main()
