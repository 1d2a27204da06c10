"""`deltaic engine`: the simulated oVirt Engine alone."""

from __future__ import annotations

import os
from pathlib import Path

import click

from deltaic.cli.group import Command
from deltaic.cli.run import run, say_ready
from deltaic.settings import LogSettings


@click.command(cls=Command, short_help="Run a simulated oVirt Engine.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to bind.")
@click.option(
    "--port", default=8080, show_default=True, type=click.IntRange(0, 65535), help="Port; 0 takes a free one."
)
@click.option(
    "--time-factor",
    default=1.0,
    show_default=True,
    type=click.FloatRange(0, 1000),
    help="The engine's durations are multiplied by it: 0.2 is five times faster.",
)
@click.option(
    "--inventory",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="World to start with, JSON or TOML. Default: a small one with two data centers.",
)
@click.option("--vms", type=click.IntRange(0, 5000), metavar="N", help="Add N generated machines to the small world.")
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Keep the engine's state under DIR (DELTAIC_DATA), so that it survives a restart. Default: memory only.",
)
@click.option("-V", "--verbose", is_flag=True, help="Log more.")
def engine(
    host: str,
    port: int,
    time_factor: float,
    inventory: Path | None,
    vms: int | None,
    data: Path | None,
    verbose: bool,
) -> None:
    """Run a simulated oVirt Engine: user admin@internal, password deltaic.

    Prints one line that begins with "ready" when it answers; stops cleanly on SIGTERM. Its API is at
    http://HOST:PORT/ovirt-engine/api.
    """
    if inventory is not None and vms is not None:
        raise click.UsageError("give either --inventory FILE or --vms N")
    if data is None and os.environ.get("DELTAIC_DATA"):
        data = Path(os.environ["DELTAIC_DATA"])
    run(_serve(host, port, time_factor, inventory, vms, data), LogSettings(level="debug" if verbose else "warning"))


async def _serve(
    host: str, port: int, factor: float, inventory: Path | None, vms: int | None, data: Path | None
) -> None:
    from deltaic.cli.simulator import simulated
    from deltaic.server import stop_event

    stop = stop_event(9.0)
    async with simulated(host=host, port=port, time_factor=factor, inventory=inventory, vms=vms, data=data) as url:
        say_ready(url)
        await stop.wait()
