"""The console script `deltacloud`: the classic server's command line, word for word."""

from __future__ import annotations

import click

from deltaic.cli.group import Command
from deltaic.cli.options import takes_settings
from deltaic.cli.serve import SERVE_OPTIONS, serve_forever
from deltaic.settings import Settings


@click.command(
    "deltacloud",
    cls=Command,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@takes_settings(SERVE_OPTIONS)
@click.option("-s", "--ssl", is_flag=True, help="Serve TLS; needs -C and, unless it holds the key too, -k.")
@click.option("-l", "--list-drivers", is_flag=True, help="List the drivers and exit.")
@click.option(
    "-e",
    "--env",
    type=click.Choice(["development", "production"]),
    help="Accepted for old scripts; there is only one environment.",
)
@click.version_option(package_name="deltaic", prog_name="deltacloud")
def command(settings: Settings, ssl: bool, list_drivers: bool, env: str | None) -> None:
    """Serve a cloud under the classic command line; the same as `deltaic serve`.

    \b
    API_PROVIDER="URL;DATACENTER" deltacloud -i rhevm -f cimi,ec2,deltacloud
    """
    if list_drivers:
        from deltaic.cli.drivers import show

        show()
        return
    serve_forever(settings, ssl=ssl)
