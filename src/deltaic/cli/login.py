"""Asks for an engine login in ways that leave no trace in the process list or the shell's history."""

from __future__ import annotations

import sys

import click

from deltaic.model.secret import Secret
from deltaic.settings import Settings

_MAX_PASSWORD = 4096


def ask_if_possible(settings: Settings, user: str | None, *, password_stdin: bool) -> tuple[str, Secret] | None:
    """As `ask`; None where nobody is there to answer a prompt."""
    try:
        return ask(settings, user, password_stdin=password_stdin)
    except click.Abort:
        if sys.stdin.isatty():
            raise
        click.echo()
        return None


def ask(settings: Settings, user: str | None, *, password_stdin: bool) -> tuple[str, Secret]:
    """The user and password: as given, as configured, else by prompt.

    A configured password belongs to the configured user only.
    """
    configured = settings.login
    user = user or configured.user or str(click.prompt("User (name@profile)"))
    if password_stdin:
        line = sys.stdin.readline(_MAX_PASSWORD).rstrip("\r\n")
        if not line:
            raise click.UsageError("--password-stdin: nothing came on standard input")
        return user, Secret(line)
    if configured.password.reveal() and user == configured.user:
        return user, configured.password
    return user, Secret(str(click.prompt(f"Password of {user}", hide_input=True)))
