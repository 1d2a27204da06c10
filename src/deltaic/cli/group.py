"""Click classes of ours: commands that are imported when used, and errors that are told in one line."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Mapping
from typing import Any

import click


class WrongSettings(click.ClickException):
    """A wrong configuration: the same exit code as a wrong command line."""

    exit_code = 2


class Command(click.Command):
    """A command whose expected failures end in one line on standard error instead of a stack trace."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; wrong settings exit with 2, what the cloud or the database refuses with 1."""
        from deltaic.model.errors import Error
        from deltaic.settings import SettingsError

        try:
            return super().invoke(ctx)
        except SettingsError as error:
            raise WrongSettings(str(error)) from None
        except Error as error:
            raise click.ClickException(error.message) from None
        except Exception as error:
            if isinstance(error, click.exceptions.Exit | click.Abort | click.ClickException):
                raise
            from deltaic.store.key_file import SealingKeyError

            if isinstance(error, SealingKeyError):
                raise WrongSettings(f"sealing key: {error}") from None
            raise


class LazyGroup(click.Group):
    """A group that imports `deltaic.cli.<module>` when a command of it is asked for."""

    command_class = Command

    def __init__(self, *args: Any, commands: Mapping[str, tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._lazy = dict(commands)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names in the order in which a newcomer needs them."""
        return list(self._lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command; None when there is none of that name."""
        if cmd_name not in self._lazy:
            return None
        module, attribute = self._lazy[cmd_name]
        command = getattr(importlib.import_module(f"deltaic.cli.{module}"), attribute)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """Find the command of the arguments, with a suggestion for a misspelt one."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            close = difflib.get_close_matches(args[0], self._lazy, n=1)
            text = error.format_message()
            if not close or "Did you mean" in text:
                raise
            raise click.UsageError(f"{text} Did you mean '{close[0]}'?", ctx) from None
