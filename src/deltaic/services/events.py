"""What happened in the cloud."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from msgspec import Struct

from deltaic.model.context import Context
from deltaic.model.event import Event
from deltaic.services.identity import Clouds

#: Events that are read of one machine, and of everything in the scope, at most.
OF_INSTANCE: Final = 1000
OF_SCOPE: Final = 5000


class Events(Struct, frozen=True):
    """Events, the newest first; `complete` unless there are older ones that were not read."""

    events: Sequence[Event]
    complete: bool


class EventService:
    """The verbs on the cloud's audit log."""

    def __init__(self, clouds: Clouds) -> None:
        self._clouds = clouds

    async def of_instance(self, context: Context, instance_id: str, since: datetime | None = None) -> Events:
        """The newest events about one machine, which may be gone."""
        return await self._read(context, [instance_id], since, OF_INSTANCE)

    async def of_scope(self, context: Context, since: datetime | None = None) -> Events:
        """The newest events of the scope, in a number of calls that does not depend on its size."""
        return await self._read(context, [], since, OF_SCOPE)

    async def _read(
        self, context: Context, instance_ids: builtins.list[str], since: datetime | None, limit: int
    ) -> Events:
        driver = self._clouds.of(context)
        found = await driver.events.list(context, instance_ids=instance_ids, since=since, limit=limit)
        return Events(found, len(found) < limit)
