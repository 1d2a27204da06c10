"""The whole path, beside the bare engine: `python -m bench.gateway [machines ...]`.

For each number of machines a simulated engine and a gateway are started as processes of their own.

Reading. The same engine data are fetched three ways in turn, so that a busy machine slows all alike:

- `followed`: machines with their interfaces, disks and addresses, by the driver's own client, decoded;
- `plain`: the same machines without those details;
- `describe`: the whole DescribeInstances of the gateway, over HTTP, its answer read but not parsed. Nothing changes
  between two of them; `first` is the first one of the process, for which everything is fetched and made.

The ratio `describe / followed` is the price of the gateway for the same data; the goal is 1.5 at 1,000 machines.
`calls` are the engine's answers per DescribeInstances. Then as many as `x8` says are asked at once.

Launching. RunInstances for one machine, one after another and eight at once; `calls` are the engine's answers per
launch until the last machine runs.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median
from time import perf_counter

import aiohttp
import psutil
import structlog
from tests.support.processes import PASSWORD, USER, Process, data_folder, url_in

from deltaic.driver import DriverConfig
from deltaic.drivers.ovirt import wire
from deltaic.drivers.ovirt.client import Client
from deltaic.drivers.ovirt.machines import FOLLOW
from deltaic.model.context import Context, Principal, Scope
from deltaic.model.secret import Secret

SIZES = (10, 100, 1000, 5000)
IMAGE = "77ea7521-3017-4ee9-bcdf-d566178991c6"
DESCRIBE = {"Action": "DescribeInstances", "Version": "2016-11-15"}
RUN = {"Action": "RunInstances", "Version": "2016-11-15", "ImageId": IMAGE, "MinCount": "1", "MaxCount": "1"}
ROUNDS = 9
AT_ONCE = 8
LAUNCHES = 40
#: Longer than the gateway ever pauses between two looks at a machine of this engine, whose machines start within 1 s.
QUIET_SECONDS = 2.0

Row = dict[str, float]
Work = Callable[[], Awaitable[object]]


class World:
    """An engine with machines, a gateway before it, and clients of both."""

    def __init__(self, machines: int, folder: Path) -> None:
        self.engine = Process(["engine", "--port", "0", "--vms", str(machines), "--time-factor", "0.1"])
        self.engine_url = url_in(self.engine.ready())
        began = perf_counter()
        self.gateway = Process(
            [
                "serve",
                "--port",
                "0",
                "--provider",
                self.engine_url,
                "--frontends",
                "ec2,cimi,deltacloud",
                "--data",
                data_folder(folder, f"state-{machines}"),
            ]
        )
        self.url = url_in(self.gateway.ready())
        self.start_seconds = perf_counter() - began

    def stop(self) -> None:
        """Stop both processes."""
        self.gateway.stop()
        self.engine.stop()

    @property
    def memory(self) -> float:
        """The gateway's resident memory, MiB."""
        return float(psutil.Process(self.gateway.pid).memory_info().rss) / (1 << 20)


class Clients:
    """One HTTP session to the gateway, and the driver's own client to the engine."""

    def __init__(self, world: World, session: aiohttp.ClientSession) -> None:
        self._world = world
        self._session = session
        self._client = Client(DriverConfig(provider=world.engine_url))
        self._principal = Principal(id="bench", user=USER, password=Secret(PASSWORD))

    async def ask(self, parameters: dict[str, str]) -> bytes:
        """One request to the gateway."""
        # As AWS's own clients ask: without compression.
        headers = {"Authorization": aiohttp.encode_basic_auth(USER, PASSWORD), "Accept-Encoding": "identity"}
        async with self._session.get(self._world.url, params=parameters, headers=headers) as response:
            body = await response.read()
            if response.status != 200:
                raise SystemExit(body.decode())
            return body

    async def fetch(self, follow: str) -> wire.Vms:
        """The engine's machines, decoded."""
        return await self._client.read(self._context(), "vms", wire.Vms, query={"follow": follow})

    async def fetch_disks(self) -> wire.Disks:
        """The engine's disks, decoded."""
        return await self._client.read(self._context(), "disks", wire.Disks)

    def _context(self) -> Context:
        """A context with all its time before it."""
        return Context(principal=self._principal, scope=Scope(), request_id="bench")

    async def engine_calls(self) -> int:
        """How many requests the engine has answered."""
        root = self._world.engine_url.partition("/ovirt-engine/")[0]
        async with self._session.get(f"{root}/ovirt-engine-sim/health") as response:
            calls: int = (await response.json())["calls"]
        return calls

    async def quiet(self) -> int:
        """The same once the gateway asks the engine nothing more: what was launched runs."""
        before, calls = -1, await self.engine_calls()
        while calls > before + 1:
            await asyncio.sleep(QUIET_SECONDS)
            before, calls = calls, await self.engine_calls()
        return calls

    async def close(self) -> None:
        """Close the engine's session."""
        await self._client.close()


async def timed(work: Work) -> float:
    """Seconds of one run."""
    began = perf_counter()
    await work()
    return perf_counter() - began


async def in_turn(works: dict[str, Work], rounds: int) -> dict[str, list[float]]:
    """Seconds of every run of every work, run one after the other, round by round."""
    seconds: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            seconds[name].append(await timed(work))
    return seconds


async def at_once(work: Work, count: int, width: int) -> tuple[float, list[float]]:
    """(runs per second, seconds of each run) of `count` runs, `width` at a time."""
    latencies: list[float] = []
    todo = iter(range(count))

    async def worker() -> None:
        for _ in todo:
            latencies.append(await timed(work))

    began = perf_counter()
    await asyncio.gather(*(worker() for _ in range(width)))
    return count / (perf_counter() - began), latencies


def percentile(values: list[float], share: float) -> float:
    """The value below which `share` of the values lie."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


async def read(clients: Clients, machines: int) -> Row:
    """The figures of DescribeInstances."""
    first = await timed(lambda: clients.ask(DESCRIBE))
    rounds = ROUNDS if machines <= 1000 else 5
    works: dict[str, Work] = {
        "followed": lambda: clients.fetch(FOLLOW),
        "plain": lambda: clients.fetch(""),
        "describe": lambda: clients.ask(DESCRIBE),
    }
    await in_turn(works, 2)
    seconds = await in_turn(works, rounds)
    before = await clients.engine_calls()
    await clients.ask(DESCRIBE)
    calls = await clients.engine_calls() - before
    one_rate, one = await at_once(lambda: clients.ask(DESCRIBE), rounds * 2, 1)
    many_rate, many = await at_once(lambda: clients.ask(DESCRIBE), rounds * 4, AT_ONCE)
    bare, plain, describe = (median(seconds[name]) for name in works)
    return {
        "VMs": machines,
        "first": first * 1000,
        "followed": bare * 1000,
        "plain": plain * 1000,
        "describe": describe * 1000,
        "/followed": describe / bare,
        "/plain": describe / plain,
        "calls": calls,
        **figures("x1", one_rate, one),
        **figures(f"x{AT_ONCE}", many_rate, many),
    }


async def launch(clients: Clients, machines: int) -> Row:
    """The figures of RunInstances."""
    before = await clients.engine_calls()
    one_rate, one = await at_once(lambda: clients.ask(RUN), LAUNCHES // 2, 1)
    one_calls = await clients.quiet() - before
    before = await clients.engine_calls()
    many_rate, many = await at_once(lambda: clients.ask(RUN), LAUNCHES, AT_ONCE)
    many_calls = await clients.quiet() - before
    return {
        "VMs": machines,
        **figures("x1", one_rate, one),
        "x1 calls": one_calls / len(one),
        **figures(f"x{AT_ONCE}", many_rate, many),
        f"x{AT_ONCE} calls": many_calls / len(many),
    }


def figures(name: str, rate: float, latencies: list[float]) -> Row:
    """Runs per second and the milliseconds of one."""
    return {
        f"{name} /s": rate,
        f"{name} p50": percentile(latencies, 0.5) * 1000,
        f"{name} p95": percentile(latencies, 0.95) * 1000,
    }


async def measure(machines: int, folder: Path) -> tuple[Row, Row]:
    """A row of each table."""
    world = World(machines, folder)
    try:
        async with aiohttp.ClientSession() as session:
            clients = Clients(world, session)
            reading = await read(clients, machines)
            reading |= {"start s": world.start_seconds, "RSS MiB": world.memory}
            launching = await launch(clients, machines)
            launching |= {"RSS MiB": world.memory}
            await clients.close()
    finally:
        world.stop()
    return reading, launching


def show(title: str, rows: list[Row]) -> None:
    """Print rows in columns as wide as their titles."""
    print(f"\n{title}, milliseconds where nothing else is said")
    widths = {name: max(len(name), 8) for name in rows[0]}
    print("  ".join(f"{name:>{width}}" for name, width in widths.items()))
    for row in rows:
        cells = (f"{value:>{widths[name]}{'' if isinstance(value, int) else '.2f'}}" for name, value in row.items())
        print("  ".join(cells), flush=True)


def main() -> None:
    """Measure each size, then print both tables."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    sizes = [int(text) for text in sys.argv[1:]] or list(SIZES)
    with tempfile.TemporaryDirectory() as folder:
        rows = [asyncio.run(measure(machines, Path(folder))) for machines in sizes]
    show("DescribeInstances", [reading for reading, _ in rows])
    show("RunInstances", [launching for _, launching in rows])


if __name__ == "__main__":
    main()
