"""The port of events."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from deltaic.model.context import Context
from deltaic.model.event import Event


class Events(Protocol):
    """The cloud's audit log."""

    async def list(
        self,
        context: Context,
        *,
        instance_ids: Sequence[str] = (),
        since: datetime | None = None,
        limit: int = 1000,
        after: str = "",
    ) -> Sequence[Event]:
        """List the newest events of the scope, the newest first; those about `instance_ids` when given.

        At most `limit` events, none older than `since`, none up to the id `after`. Those about machines that are
        gone are found as well. The number of calls grows with `limit` alone.
        """
