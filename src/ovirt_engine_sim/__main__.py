"""`python -m ovirt_engine_sim`: the simulator as a process of its own."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from pathlib import Path

from ovirt_engine_sim.clock import RealClock
from ovirt_engine_sim.engine import Engine
from ovirt_engine_sim.inventory import Inventory, InventoryError, generate, load_inventory, seed_inventory
from ovirt_engine_sim.server import running


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("ovirt_engine_sim", description="An oVirt Engine simulator (REST API v4).")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=8080, help="port to listen on; 0 takes a free one")
    parser.add_argument("--time-factor", type=float, default=1.0, help="multiplies the engine's durations")
    world = parser.add_mutually_exclusive_group()
    world.add_argument("--inventory", type=Path, help="inventory file, JSON or TOML")
    world.add_argument("--vms", type=int, help="the built-in world with so many more VMs")
    parser.add_argument("--data", type=Path, help="folder that keeps the engine's state")
    parser.add_argument("--native-json", action="store_true", help="write integers and booleans as JSON has them")
    return parser.parse_args(argv)


def _inventory(arguments: argparse.Namespace) -> Inventory:
    if arguments.inventory is not None:
        return load_inventory(arguments.inventory)
    if arguments.vms is not None:
        return generate(arguments.vms)
    return seed_inventory()


async def _serve(engine: Engine, arguments: argparse.Namespace) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with running(engine, arguments.host, arguments.port) as server:
        sys.stdout.write(f"ready: oVirt Engine simulator at {server.url}\n")
        sys.stdout.flush()
        await stop.wait()


def main(argv: list[str] | None = None) -> int:
    """Run until SIGTERM or SIGINT; returns the exit status."""
    arguments = _arguments(argv)
    # One password for all users of the inventory may come from the environment; the default is the demo's.
    password = os.environ.get("OVIRT_ENGINE_SIM_PASSWORD", "deltaic")
    try:
        clock = RealClock(arguments.time_factor)
        inventory = _inventory(arguments)
        users = {"admin@internal": password, **{user.name: password for user in inventory.users}}
        engine = Engine(inventory, clock=clock, users=users, data_dir=arguments.data, native_json=arguments.native_json)
        asyncio.run(_serve(engine, arguments))
    except (InventoryError, OSError, ValueError) as error:
        sys.stderr.write(f"ovirt_engine_sim: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
