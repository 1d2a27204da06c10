"""The whole path, beside the bare engine: `python -m bench.gateway [machines ...]`.

For each number of machines a simulated engine and a gateway are started as processes of their own. The same engine
data are then fetched three ways in turn, so that a busy machine slows all alike:

- `followed`: machines with their interfaces, disks and addresses, by the driver's own client, decoded;
- `plain`: the same machines without those details;
- `describe`: the whole DescribeInstances of the gateway, over HTTP, its answer read but not parsed.

The ratio `describe / followed` is the price of the gateway for the same data; the goal is 1.5 at 1,000 machines.
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
from typing import Any

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

Work = Callable[[], Awaitable[object]]


class World:
    """An engine with machines, a gateway before it, and clients of both."""

    def __init__(self, machines: int, folder: Path) -> None:
        self.engine = Process(["engine", "--port", "0", "--vms", str(machines), "--time-factor", "0.1"])
        self.engine_url = url_in(self.engine.ready())
        began = perf_counter()
        self.gateway = Process(
            ["serve", "--port", "0", "--provider", self.engine_url, "--data", data_folder(folder, f"state-{machines}")]
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
        self._context = Context(
            principal=Principal(id="bench", user=USER, password=Secret(PASSWORD)), scope=Scope(), request_id="bench"
        )

    async def ask(self, parameters: dict[str, str]) -> bytes:
        """One request to the gateway."""
        headers = {"Authorization": aiohttp.encode_basic_auth(USER, PASSWORD)}
        async with self._session.get(self._world.url, params=parameters, headers=headers) as response:
            body = await response.read()
            if response.status != 200:
                raise SystemExit(body.decode())
            return body

    async def fetch(self, follow: str) -> wire.Vms:
        """The engine's machines, decoded."""
        return await self._client.read(self._context, "vms", wire.Vms, query={"follow": follow})

    async def engine_calls(self) -> int:
        """How many requests the engine has answered."""
        root = self._world.engine_url.partition("/ovirt-engine/")[0]
        async with self._session.get(f"{root}/ovirt-engine-sim/health") as response:
            calls: int = (await response.json())["calls"]
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


async def measure(machines: int, folder: Path) -> dict[str, Any]:
    """One row of the table."""
    world = World(machines, folder)
    try:
        async with aiohttp.ClientSession() as session:
            clients = Clients(world, session)
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
            calls = await clients.engine_calls() - before - 1
            wide, latencies = await at_once(lambda: clients.ask(DESCRIBE), rounds * 4, AT_ONCE)
            before = await clients.engine_calls()
            launches, launched = await at_once(lambda: clients.ask(RUN), LAUNCHES, AT_ONCE)
            run_calls = (await clients.engine_calls() - before) / LAUNCHES
            await clients.close()
        bare, plain, describe = (median(seconds[name]) for name in ("followed", "plain", "describe"))
        return {
            "VMs": machines,
            "start s": world.start_seconds,
            "first ms": first * 1000,
            "followed ms": bare * 1000,
            "plain ms": plain * 1000,
            "describe ms": describe * 1000,
            "p95 ms": percentile(seconds["describe"], 0.95) * 1000,
            "/followed": describe / bare,
            "/plain": describe / plain,
            "calls": calls,
            f"x{AT_ONCE} /s": wide,
            f"x{AT_ONCE} p95 ms": percentile(latencies, 0.95) * 1000,
            "run /s": launches,
            "run p50 ms": median(launched) * 1000,
            "run p95 ms": percentile(launched, 0.95) * 1000,
            "run calls": run_calls,
            "RSS MiB": world.memory,
        }
    finally:
        world.stop()


def show(row: dict[str, Any], *, header: bool) -> None:
    """Print a row in columns as wide as their titles."""
    if header:
        print("  ".join(f"{name:>9}" for name in row))
    print(
        "  ".join(f"{value:>9}" if isinstance(value, int) else f"{value:>9.2f}" for value in row.values()), flush=True
    )


def main() -> None:
    """Measure each size and print its row."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    sizes = [int(text) for text in sys.argv[1:]] or list(SIZES)
    with tempfile.TemporaryDirectory() as folder:
        for number, machines in enumerate(sizes):
            show(asyncio.run(measure(machines, Path(folder))), header=number == 0)


if __name__ == "__main__":
    main()
