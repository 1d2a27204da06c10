"""GET of CIMI's machines, beside the bare engine: `python -m bench.cimi [machines ...]`.

For each number of machines a simulated engine and a gateway are started as processes of their own, and the same
engine data are fetched in turn, so that a busy machine slows all alike:

- `engine`: what a Machine shows, by the driver's own client, decoded: the machines, plainly;
- `engine*`: what is beside it when all is expanded: machines with interfaces, disks and addresses, and the disks;
- `xml`, `json`: `GET /cimi/machines`, its answer read but not parsed; `xml*`, `json*` the same with `$expand=*`;
- `page`: `?$first=1&$last=20&$expand=*`; `filter`: `?$filter=name='x' and state='STARTED'`; both in JSON.

The fastest of the rounds counts, for the machine may do other things as well. Nothing changes between two of them.
`first` is the first plain one of the process, for which everything is fetched and made. Ratios are `xml / engine` and
so on; the goal is at most 1.5 for plain ones of 1,000 machines.

`calls` are the engine's answers for one request. `blocked` is the longest time, in milliseconds, that a bystander
waited for `/health` while the request was served, asked again and again on a connection of its own: so long the
event loop did nothing else. The median of the rounds is shown.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

import aiohttp
import structlog
from bench.gateway import ROUNDS, SIZES, Clients, Row, Work, World, in_turn, show, timed
from bench.stalls import Bystander
from tests.support.processes import PASSWORD, USER

from deltaic.drivers.ovirt.machines import FOLLOW

#: Name of a column: format and query.
ASKED = {
    "xml": ("xml", ""),
    "json": ("json", ""),
    "xml*": ("xml", "?$expand=*"),
    "json*": ("json", "?$expand=*"),
    "page": ("json", "?$first=1&$last=20&$expand=*"),
    "filter": ("json", "?$filter=name='x' and state='STARTED'"),
}


class Cimi:
    """The gateway's machines, asked for over HTTP."""

    def __init__(self, world: World, session: aiohttp.ClientSession) -> None:
        self._root = f"http://{urlsplit(world.url).netloc}"
        self._session = session

    async def ask(self, name: str) -> bytes:
        """One request, by the name of its column."""
        form, query = ASKED[name]
        headers = {
            "Authorization": aiohttp.encode_basic_auth(USER, PASSWORD),
            "Accept": f"application/{form}",
            "Accept-Encoding": "identity",
        }
        async with self._session.get(f"{self._root}/cimi/machines{query}", headers=headers) as response:
            body = await response.read()
            if response.status != 200:
                raise SystemExit(body.decode())
            return body

    async def blocked(self, name: str, rounds: int) -> float:
        """Seconds that a bystander waits while this is asked, the median of some rounds."""
        waits = []
        for _ in range(rounds):
            with Bystander(self._root) as bystander:
                await self.ask(name)
            waits.append(bystander.longest)
        return median(waits)


async def measure(machines: int, folder: Path) -> tuple[Row, Row, Row]:
    """A row of each table."""
    world = World(machines, folder)
    try:
        async with aiohttp.ClientSession() as session:
            clients, cimi = Clients(world, session), Cimi(world, session)
            first = await timed(lambda: cimi.ask("xml"))
            idle = world.memory
            seconds = await _seconds(clients, cimi, ROUNDS if machines <= 1000 else 5)
            times: Row = {"VMs": machines, "first": first * 1000}
            times |= {name: one * 1000 for name, one in seconds.items()}
            base = {"xml": "engine", "json": "engine", "xml*": "engine*", "json*": "engine*"}
            ratios: Row = {"VMs": machines}
            ratios |= {f"{name}/{one}": seconds[name] / seconds[one] for name, one in base.items()}
            costs: Row = {"VMs": machines}
            for name in ASKED:
                costs[f"{name} calls"] = await _calls(clients, cimi, name)
                costs[f"{name} blocked"] = await cimi.blocked(name, 3) * 1000
            costs |= {"RSS first": idle, "RSS MiB": world.memory}
            await clients.close()
    finally:
        world.stop()
    return times, ratios, costs


async def _seconds(clients: Clients, cimi: Cimi, rounds: int) -> dict[str, float]:
    def asking(name: str) -> Work:
        return lambda: cimi.ask(name)

    works: dict[str, Work] = {
        "engine": lambda: clients.fetch(""),
        "engine*": lambda: asyncio.gather(clients.fetch(FOLLOW), clients.fetch_disks()),
    }
    works |= {name: asking(name) for name in ASKED}
    await in_turn(works, 2)
    return {name: min(values) for name, values in (await in_turn(works, rounds)).items()}


async def _calls(clients: Clients, cimi: Cimi, name: str) -> int:
    """The engine's answers for one request, the fewest of three: what runs beside it counts, too."""
    found = []
    for _ in range(3):
        before = await clients.engine_calls()
        await cimi.ask(name)
        found.append(await clients.engine_calls() - before)
    return min(found)


def main() -> None:
    """Measure each size, then print the tables."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    sizes = [int(text) for text in sys.argv[1:]] or list(SIZES)
    with tempfile.TemporaryDirectory() as folder:
        rows = [asyncio.run(measure(machines, Path(folder))) for machines in sizes]
    titles: tuple[tuple[str, Callable[[tuple[Row, Row, Row]], Row]], ...] = (
        ("GET /cimi/machines", lambda row: row[0]),
        ("Ratios", lambda row: row[1]),
        ("Engine calls, time blocked, memory (MiB)", lambda row: row[2]),
    )
    for title, pick in titles:
        show(title, [pick(row) for row in rows])


if __name__ == "__main__":
    main()
