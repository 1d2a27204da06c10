"""Which frontends can be asked for."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Final

import click

#: Where each of them is; Deltacloud's clients add to theirs without a slash at the end.
PLACES: Final = {"ec2": "/ec2/", "cimi": "/cimi/", "deltacloud": "/api"}
FRONTENDS: Final = tuple(PLACES)


def choose(names: Sequence[str]) -> tuple[str, ...]:
    """The frontends to serve, in the order asked for and each once.

    None at all, and a name that nobody knows, are usage errors.
    """
    asked = tuple(dict.fromkeys(name.lower() for name in names))
    if not asked:
        raise click.UsageError(f"no frontend is named; there are {', '.join(FRONTENDS)}")
    for name in asked:
        if name not in FRONTENDS:
            close = difflib.get_close_matches(name, FRONTENDS, n=1)
            hint = f"; did you mean '{close[0]}'?" if close else f"; there are {', '.join(FRONTENDS)}"
            raise click.UsageError(f"unknown frontend '{name}'{hint}")
    return asked
