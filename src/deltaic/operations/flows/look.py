"""Looks at machines for many flows at once: looks asked for at about the same time share one list call."""

from __future__ import annotations

import asyncio

from deltaic.driver import Driver
from deltaic.model.context import Context, Scope
from deltaic.model.errors import Error, ErrorKind, not_found
from deltaic.model.instance import Instance

_MOST_IDS = 100

_Key = tuple[str, Scope]
_Batch = dict[str, asyncio.Future[Instance | None]]


class Looker:
    """Reads single machines (without details) through lists, so that polling costs the cloud little.

    A look waits `gather` seconds for others to join it.
    """

    def __init__(self, gather: float = 0.02) -> None:
        self._gather = gather
        self._batches: dict[_Key, _Batch] = {}
        self._flushes: set[asyncio.Task[None]] = set()

    async def look(self, driver: Driver, context: Context, instance_id: str) -> Instance:
        """The machine as it is now; NOT_FOUND when it is gone."""
        key = (context.principal.id, context.scope)
        batch = self._batches.get(key)
        if batch is None or len(batch) >= _MOST_IDS:
            batch = self._batches[key] = {}
            task = asyncio.create_task(self._flush(key, batch, driver, context))
            self._flushes.add(task)
            task.add_done_callback(self._flushes.discard)
        if instance_id not in batch:
            batch[instance_id] = asyncio.get_running_loop().create_future()
        found = await asyncio.shield(batch[instance_id])
        if found is None:
            raise not_found("instance", instance_id)
        return found

    async def _flush(self, key: _Key, batch: _Batch, driver: Driver, context: Context) -> None:
        await asyncio.sleep(self._gather)
        if self._batches.get(key) is batch:
            del self._batches[key]
        try:
            found = {each.id: each for each in await driver.instances.list(context, ids=list(batch), details=False)}
            for instance_id, future in batch.items():
                future.set_result(found.get(instance_id))
        except asyncio.CancelledError:
            for future in batch.values():
                future.cancel()
            raise
        except Exception as fault:
            error = fault if isinstance(fault, Error) else Error(ErrorKind.INTERNAL, "An internal error has occurred")
            for future in batch.values():
                future.set_exception(error)
                future.exception()  # a waiter that was cancelled leaves it unread
