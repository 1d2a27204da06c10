"""`deltaic demo`: a gateway and a simulated engine in one process, with a key that is already there."""

from __future__ import annotations

import contextlib
import socket
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from math import ceil
from pathlib import Path

import click

from deltaic.cli.group import Command
from deltaic.cli.run import run, say_ready, state_folder
from deltaic.cli.simulator import PASSWORD, USER, simulated
from deltaic.settings import CloudTable, LogSettings, MeterSettings, ServerSettings, Settings

ACCESS_KEY = "AKIADELTAICDEMO00001"
SECRET_KEY = "deltaic-demo-secret-key-for-local-use-01"  # noqa: S105 - public on purpose, loopback only

#: Where the engine of the talk listened.
ENGINE_PORT = 8080

_GREETING = """\
This is a demo: a gateway and a simulated oVirt Engine, on this machine's loopback address only.
Its passwords and keys are public. State is kept in {data}.

AWS CLI:

  export AWS_ACCESS_KEY_ID={access_key} AWS_SECRET_ACCESS_KEY={secret_key}
  export AWS_DEFAULT_REGION=us-east-1
  aws --endpoint-url {endpoint} ec2 describe-images --query 'Images[].[ImageId,Name]' --output text
  aws --endpoint-url {endpoint} ec2 describe-instances --output table

curl:

  curl -u {user}:{password} '{endpoint}?Action=DescribeAvailabilityZones'
  curl -u {user}:{password} '{endpoint}?Action=DescribeInstances'
  curl -u {user}:{password} -H 'Accept: application/xml' '{cimi}/machines'
  curl -u {user}:{password} -H 'Accept: application/xml' '{deltacloud}/instances'

Browser: {deltacloud} (log in as {user}, password {password})

The engine behind it: {engine}
"""


@click.command(cls=Command, short_help="Run gateway and simulated engine on this machine.")
@click.option("--port", default=3001, show_default=True, type=click.IntRange(0, 65535), help="Port of the gateway.")
@click.option(
    "--engine-port",
    type=click.IntRange(0, 65535),
    show_default=f"{ENGINE_PORT}, or a free one when that is taken",
    help="Port of the engine.",
)
@click.option(
    "--time-factor",
    default=1.0,
    show_default=True,
    type=click.FloatRange(0, 1000),
    help="The engine's durations are multiplied by it: 0.2 is five times faster.",
)
@click.option("--vms", type=click.IntRange(0, 5000), metavar="N", help="Add N generated machines.")
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Keep state in DIR. Default: a temporary folder that is removed at the end.",
)
@click.option("-V", "--verbose", is_flag=True, help="Log what happens.")
def demo(
    port: int, engine_port: int | None, time_factor: float, vms: int | None, data: Path | None, verbose: bool
) -> None:
    """Run gateway and simulated engine on loopback, for trying out and for tests of clients.

    Prints commands to copy, then one line that begins with "ready" once both answer. Ctrl-C ends it.
    """
    with _folder(data) as folder:
        wanted = free_port(ENGINE_PORT) if engine_port is None else engine_port
        run(_demo(port, wanted, time_factor, vms, folder), LogSettings(level="debug" if verbose else "warning"))


def free_port(wanted: int) -> int:
    """The wanted port, or 0 (any) when something else listens there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            return 0
    return wanted


@contextlib.contextmanager
def _folder(data: Path | None) -> Iterator[Path]:
    if data is not None:
        yield state_folder(data.absolute())
        return
    with tempfile.TemporaryDirectory(prefix="deltaic-demo-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


async def _demo(port: int, engine_port: int, factor: float, vms: int | None, folder: Path) -> None:
    from deltaic.app import build
    from deltaic.server import closing, listening, stop_event

    stop = stop_event(9.0)
    async with simulated(port=engine_port, time_factor=factor, vms=vms, data=folder) as engine:
        settings = Settings(
            data=folder,
            frontends=("ec2", "cimi", "deltacloud"),
            server=ServerSettings(port=port),
            # The engine measures as much faster as it does everything else.
            meters=MeterSettings(shortest_interval=max(1, ceil(15 * factor))),
            cloud=(CloudTable(provider=engine),),
        )
        await _put_key(settings)
        application = build(settings)
        async with closing(application, settings.server):
            await application.open()
            async with listening(application.asgi, settings.server) as url:
                endpoint = f"{url}/ec2/"
                await _answers(endpoint)
                click.echo(
                    _GREETING.format(
                        data=folder,
                        access_key=ACCESS_KEY,
                        secret_key=SECRET_KEY,
                        endpoint=endpoint,
                        cimi=f"{url}/cimi",
                        deltacloud=f"{url}/api",
                        user=USER,
                        password=PASSWORD,
                        engine=engine,
                    )
                )
                say_ready(f"{url} gateway, {engine} engine")
                await stop.wait()


async def _put_key(settings: Settings) -> None:
    from deltaic.cli.parts import opened_store
    from deltaic.model.access_key import AccessKey
    from deltaic.model.secret import Secret

    key = AccessKey(
        id=ACCESS_KEY,
        secret_key=Secret(SECRET_KEY),
        user=USER,
        password=Secret(PASSWORD),
        provider=settings.clouds[0].name,
        created_at=datetime.now(UTC),
        description="the demo's own key",
    )
    async with opened_store(settings) as store:
        if await store.access_keys.get(ACCESS_KEY) is None:
            await store.access_keys.create(key)


async def _answers(endpoint: str) -> None:
    """Ask the gateway a question that only the engine can answer."""
    import aiohttp

    query = {"Action": "DescribeAvailabilityZones", "Version": "2016-11-15"}
    timeout = aiohttp.ClientTimeout(total=30)
    async with (
        aiohttp.ClientSession(auth=aiohttp.BasicAuth(USER, PASSWORD), timeout=timeout) as session,
        session.get(endpoint, params=query) as response,
    ):
        if response.status != 200:
            raise click.ClickException(f"the gateway answered {response.status}: {(await response.text())[:300]}")
