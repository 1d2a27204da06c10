"""The port of consoles."""

from __future__ import annotations

from typing import Protocol

from deltaic.model.context import Context


class Consoles(Protocol):
    """What the cloud keeps of a machine's console, and the way to it."""

    async def output(self, context: Context, instance_id: str, *, lines: int = 0) -> bytes:
        """The newest lines that the serial console printed, all that are kept when `lines` is 0; NOT_FOUND, BUSY."""

    async def url(self, context: Context, instance_id: str) -> str:
        """A web page with the console, good for a while for whoever has it.

        CONFLICT while the machine does not run, UNSUPPORTED for one without a graphical console.
        """
