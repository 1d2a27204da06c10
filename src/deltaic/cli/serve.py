"""`deltaic serve`: the gateway."""

from __future__ import annotations

import click
import msgspec

from deltaic.cli.frontends import PLACES, choose
from deltaic.cli.group import Command
from deltaic.cli.options import CLOUD, LISTEN, LOG, STORE, need_cloud, takes_settings
from deltaic.cli.run import run, say_ready, state_folder
from deltaic.settings import Settings

SERVE_OPTIONS = (*CLOUD, *LISTEN, *STORE, *LOG)


@click.command(cls=Command)
@takes_settings(SERVE_OPTIONS)
@click.option("-s", "--ssl", is_flag=True, help="Serve TLS; needs -C and, unless it holds the key too, -k.")
def serve(settings: Settings, ssl: bool) -> None:
    """Serve the configured clouds to EC2 and CIMI clients.

    Prints one line that begins with "ready" when it answers; stops cleanly on SIGTERM.
    """
    serve_forever(settings, ssl=ssl)


def serve_forever(settings: Settings, *, ssl: bool) -> None:
    """Check what can be checked before anything starts, then serve until a signal."""
    if ssl and not settings.server.tls_certificate:
        raise click.UsageError("-s needs a certificate: give -C FILE, and -k FILE unless it holds the key too")
    settings = msgspec.structs.replace(need_cloud(settings), frontends=choose(settings.frontends))
    state_folder(settings.data)
    from deltaic.server import serve as serve_until_signal

    run(serve_until_signal(settings, lambda url: say_ready(_where(settings, url))), settings.log)


def _where(settings: Settings, url: str) -> str:
    base = settings.server.public_url.rstrip("/") or url
    return " ".join(f"{base}{PLACES[name]}" for name in settings.frontends)
