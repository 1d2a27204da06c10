"""Edits of one thing wait for each other, also those of other processes."""

from __future__ import annotations

from typing import Any

from deltaic.driver import Alone, Rewrites
from deltaic.layers.base import Call, Next


class TurnsLayer:
    """Every `annotate`, and every use of the driver's `rewrites`, is something that nobody may come between."""

    def __init__(self, alone: Alone, rewrites: Rewrites) -> None:
        self._alone = alone
        self._rewrites = rewrites

    async def __call__(self, call: Call, proceed: Next) -> Any:
        """Pass on, an edit in its turn."""
        if not self._is_edit(call):
            return await proceed()
        # Ids are found in one cloud only.
        async with self._alone(str(next(iter(call.arguments.values()))).lower()):
            return await proceed()

    def _is_edit(self, call: Call) -> bool:
        if call.verb.endswith(".annotate"):
            return True
        members = self._rewrites.get(call.verb)
        if not members:
            return members is not None
        return any(getattr(call.arguments["changes"], member) is not None for member in members)
