"""`deltaic drivers`: what clouds this installation can talk to."""

from __future__ import annotations

import json

import click
import msgspec

from deltaic.cli.group import Command


@click.command(cls=Command, short_help="List what clouds can be talked to.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with every capability.")
def drivers(as_json: bool) -> None:
    """List the installed drivers, their other names, and what they can do."""
    show(as_json=as_json)


def show(*, as_json: bool = False) -> None:
    """Print the drivers."""
    from deltaic.drivers.registry import factories, unusable

    found = factories()
    for why in unusable():
        click.echo(why, err=True)
    if as_json:
        rows = [
            {
                "name": factory.name,
                "aliases": list(factory.aliases),
                "title": factory.title,
                "capabilities": msgspec.structs.asdict(factory.capability),
            }
            for factory in found
        ]
        click.echo(json.dumps(rows, indent=2))
        return
    for factory in found:
        aliases = [alias for alias in factory.aliases if alias != factory.name]
        also = f" (also {', '.join(aliases)})" if aliases else ""
        facts = msgspec.structs.asdict(factory.capability)
        able = sorted(name for name, value in facts.items() if value is True and "_with_" not in name)
        click.echo(f"{factory.name}{also}: {factory.title}")
        click.echo(click.wrap_text(", ".join(name.replace("_", " ") for name in able), 100, "    ", "    "))
