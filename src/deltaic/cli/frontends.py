"""Which frontends can be asked for, and which of them exist."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

import click

#: Name -> whether it is built.
FRONTENDS = {"ec2": True, "cimi": True, "deltacloud": True}


def choose(names: Sequence[str]) -> tuple[str, ...]:
    """The frontends to serve, in the order asked for and each once.

    One that is not built yet is refused with a line on standard error, and the others are served; when nothing is
    left, and for a name that nobody knows, this is a usage error.
    """
    asked = list(dict.fromkeys(name.lower() for name in names))
    for name in asked:
        if name not in FRONTENDS:
            close = difflib.get_close_matches(name, FRONTENDS, n=1)
            hint = f"; did you mean '{close[0]}'?" if close else f"; there are {', '.join(FRONTENDS)}"
            raise click.UsageError(f"unknown frontend '{name}'{hint}")
    built = tuple(name for name in asked if FRONTENDS[name])
    refused = [name for name in asked if not FRONTENDS[name]]
    if not built:
        raise click.UsageError(f"{_not_built(refused)}; nothing is left to serve (built: {_built()})")
    if refused:
        click.echo(f"Refused: {_not_built(refused)}. Serving: {', '.join(built)}.", err=True)
    return built


def _not_built(names: Sequence[str]) -> str:
    noun = "frontend" if len(names) == 1 else "frontends"
    return f"{noun} not built yet: {', '.join(names) or 'none named'}"


def _built() -> str:
    return ", ".join(name for name, built in FRONTENDS.items() if built)
