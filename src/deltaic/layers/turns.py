"""Edits of one thing's annotation wait for each other, also those of other processes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

from deltaic.layers.base import Call, Next

#: Lets one caller at a time into its block, by what is edited.
Alone = Callable[[str], AbstractAsyncContextManager[None]]


class TurnsLayer:
    """Every `annotate` is a reading, an edit and a writing that nobody may come between."""

    def __init__(self, alone: Alone) -> None:
        self._alone = alone

    async def __call__(self, call: Call, proceed: Next) -> Any:
        """Pass on, an annotation's edit in its turn."""
        if not call.verb.endswith(".annotate"):
            return await proceed()
        # Ids are found in one cloud only.
        async with self._alone(str(next(iter(call.arguments.values())))):
            return await proceed()
