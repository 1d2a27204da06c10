"""The one file that touches DBOS: launches it, and narrows it to the few calls the adapter needs.

DBOS allows one instance per process and takes over a second to import; the adapter imports this file when it opens.
Journal entries are JSON (DBOS's own form is pickle, which would run code for whoever can write the database).
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from dbos import DBOS, DBOSConfig, Serializer, SetWorkflowID
from dbos._core import WorkflowHandleAsyncTask
from dbos._dbos import _get_dbos_instance
from dbos._utils import INTERNAL_QUEUE_NAME
from msgspec import Struct

from deltaic.operations.sqlite_engine import flush, sqlite_engine

#: Bump when a flow's steps change so that journals of older versions can't be replayed.
APPLICATION_VERSION = "deltaic-flows-5"
UNFINISHED = ("PENDING", "ENQUEUED")
ENDED = ("SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")
_EVERYDAY = ("Exception encountered in", "Workflow ", "Current version", "Asyncio task cancelled")

#: Called with the flow's name, its id in the journal and its input.
Body = Callable[[str, str, str], Awaitable[str]]


class FlowFailed(Exception):
    """Raised by a body to end its flow as failed; the text is an `Outcome`."""


class Entry(Struct, frozen=True):
    """A flow's row in the journal. `text` is its outcome, empty while it runs; moments are Unix milliseconds."""

    id: str
    flow: str
    status: str
    text: str = ""
    began: int = 0
    ended: int = 0


class Left(Struct, frozen=True):
    """A flow that another version of the gateway left unfinished, with its input."""

    id: str
    flow: str
    given: str


class JsonSerializer(Serializer):
    """Plain JSON for values and exceptions."""

    def serialize(self, data: Any) -> str:
        """Write a JSON value or an exception."""
        if isinstance(data, BaseException):
            return json.dumps({"exception": type(data).__name__, "message": str(data)})
        return json.dumps({"value": data})

    def deserialize(self, serialized_data: str) -> Any:
        """Read what `serialize` wrote."""
        record = json.loads(serialized_data)
        if "exception" not in record:
            return record["value"]
        known = FlowFailed if record["exception"] == FlowFailed.__name__ else RuntimeError
        return known(record["message"])

    def name(self) -> str:
        """The form's name in the journal."""
        return "deltaic_json"


class DbosJournal:
    """DBOS, launched. Make and use it in the event loop's thread.

    A body raises `failure` to end as failed. What says that another node has the flow now is no `Exception`.
    """

    failure: type[Exception] = FlowFailed

    def __init__(self, url: str, node: str, flows: Sequence[str], body: Body) -> None:
        _hush()
        config: DBOSConfig = {
            "name": "deltaic",
            "system_database_url": url,
            "application_version": APPLICATION_VERSION,
            "executor_id": node,
            "serializer": JsonSerializer(),
            "log_level": "WARNING",
            "enable_otlp": False,
            "max_executor_threads": 16,
            "sys_db_pool_size": 8,
            "notification_listener_polling_interval_sec": 1.0,
            "scheduler_polling_interval_sec": 3600.0,
        }
        self._url = url
        self._engine = sqlite_engine(url) if url.startswith("sqlite") else None
        if self._engine is not None:
            config["system_database_engine"] = self._engine
        self._dbos = DBOS(config=config)
        self._flows = {name: _workflow(name, body) for name in flows}
        # Launched in the loop's own thread: DBOS then runs recovered flows in this loop, where the drivers live.
        DBOS.launch()

    async def start(self, entry_id: str, flow: str, given: str) -> bool:
        """Write a flow down and start it; False when the id is known: nothing happens, it runs elsewhere or ended."""
        with SetWorkflowID(entry_id):
            handle = await DBOS.start_workflow_async(self._flows[flow], given)
        if self._engine is not None:
            await asyncio.to_thread(flush, self._url)
        return isinstance(handle, WorkflowHandleAsyncTask)

    async def step(self, name: str, action: Callable[[], Awaitable[str]]) -> str:
        """Run a step of the current flow, or take its result from the journal."""

        async def body() -> str:
            return await action()

        return await DBOS.run_step_async({"name": name}, body)

    async def sleep(self, seconds: float) -> None:
        """Wait inside the current flow; a restart waits only for the rest."""
        await DBOS.sleep_async(seconds)

    async def set_event(self, key: str, text: str) -> None:
        """Keep a milestone of the current flow."""
        await DBOS.set_event_async(key, text)

    async def event(self, entry_id: str, key: str) -> str | None:
        """Read a milestone; None when it is not reached."""
        value = await DBOS.get_event_async(entry_id, key, 0)
        return None if value is None else str(value)

    async def latest(self, entry_id: str) -> Entry | None:
        """The newest attempt (`id`, `id~2` ...) at a flow; None when there was none."""
        first = await self._list(workflow_ids=[entry_id], limit=1)
        if not first:
            return None
        again = await self._list(workflow_id_prefix=f"{entry_id}~", sort_desc=True, limit=1)
        # The first attempt may have been forgotten, and its id used again, while later ones are still here.
        return max((*again, *first), key=lambda entry: entry.began)

    async def attempts(self, flow_ids: Sequence[str]) -> list[Entry]:
        """Every attempt at flows, oldest first."""
        prefixes = [f"{flow_id}~" for flow_id in flow_ids]
        found = await self._list(workflow_ids=list(flow_ids)) + await self._list(workflow_id_prefix=prefixes)
        return sorted(found, key=lambda entry: (entry.began, len(entry.id), entry.id))

    async def unfinished(self, flows: Sequence[str] = ()) -> list[Entry]:
        """Every flow (of these names, if given) that has not ended, on any node, oldest first."""
        return await self._list(status=list(UNFINISHED), name=list(flows) or None, load_output=False)

    async def forget(self, before: str, most: int = 500) -> int:
        """Drop flows that ended before an ISO time; returns how many (at most `most`)."""
        entries = await self._list(completed_before=before, status=list(ENDED), limit=most, load_output=False)
        if entries:
            await DBOS.delete_workflows_async([entry.id for entry in entries])
        return len(entries)

    async def resume(self, entry_id: str, node: str) -> None:
        """Bring a node's unfinished flow back into the queue: it goes on after its last kept step.

        Nothing happens to one that another node has taken over.
        """
        database = _get_dbos_instance()._sys_db
        await asyncio.to_thread(database.reenqueue_for_recovery, entry_id, [node], INTERNAL_QUEUE_NAME)

    async def take_over(self, node: str) -> int:
        """Bring the unfinished flows of another, dead node back into the queue; returns how many."""
        return len(await asyncio.to_thread(DBOS._recover_pending_workflows, [node]))

    async def outdated(self, node: str) -> list[Left]:
        """The unfinished flows of a node that have the steps of another version: nobody goes on with them."""
        rows = await DBOS.list_workflows_async(status=list(UNFINISHED), executor_id=node, load_output=False)
        return [
            Left(row.workflow_id, row.name, str(row.input["args"][0]) if row.input else "")
            for row in rows
            if row.app_version not in (None, APPLICATION_VERSION)
        ]

    async def abandon(self, entry_id: str) -> None:
        """End an attempt for which there is another one."""
        await DBOS.cancel_workflow_async(entry_id)

    async def close(self, timeout: float) -> None:  # noqa: ASYNC109
        """Stop DBOS's threads; what is unfinished stays in the journal."""
        loop = asyncio.get_running_loop()
        # DBOS made its pool the loop's default and shuts it down: give the loop one of its own again.
        pool = ThreadPoolExecutor(thread_name_prefix="deltaic")
        loop.set_default_executor(pool)
        ending = loop.run_in_executor(pool, lambda: DBOS.destroy(destroy_registry=True))
        await asyncio.wait([ending], timeout=timeout)
        if self._engine is not None:
            self._engine.dispose()

    async def _list(self, **wanted: Any) -> list[Entry]:
        rows = await DBOS.list_workflows_async(load_input=False, **wanted)
        return [
            Entry(row.workflow_id, row.name, row.status, _text(row), row.created_at or 0, row.completed_at or 0)
            for row in rows
        ]


def _workflow(name: str, body: Body) -> Any:
    # However often it is taken up again: a gateway that can't start, and is started again and again, loses no flow.
    @DBOS.workflow(name=name, max_recovery_attempts=None)
    async def flow(given: str) -> str:
        entry_id = DBOS.workflow_id
        return await body(name, str(entry_id), given)

    return flow


def _text(row: Any) -> str:
    if isinstance(row.error, FlowFailed):
        return str(row.error)
    return row.output if isinstance(row.output, str) else ""


def _hush() -> None:
    """Send DBOS's warnings to the gateway's own log, without those that are everyday events here."""
    logger = logging.getLogger("dbos")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
        logger.addFilter(lambda record: not record.getMessage().startswith(_EVERYDAY))
