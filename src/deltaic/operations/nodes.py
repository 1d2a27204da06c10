"""Which gateways live: a heartbeat table beside the journal, so that others take over a dead one's flows."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final, TypeVar

import sqlalchemy as sa
import structlog

log = structlog.get_logger(__name__)

T = TypeVar("T")

_TABLE = sa.Table(
    "deltaic_nodes",
    sa.MetaData(),
    sa.Column("node", sa.String(255), primary_key=True),
    sa.Column("seen_at", sa.Float, nullable=False),
)
_NOW = sa.cast(sa.extract("epoch", sa.func.now()), sa.Float)
SILENCE_SECONDS = 60.0
#: What part of the silence a node goes on with its flows; the rest is for what it asked the cloud for just before.
_LEASE: Final = 2 / 3


def with_short_transactions(url: str, seconds: float) -> str:
    """A PostgreSQL URL whose transactions the server ends once nothing happened in them for so long.

    A node that froze, or that the network lost, would keep its rows locked, and nobody could take its flows over.
    """
    parsed = sa.make_url(url)
    given = parsed.query.get("options", "")
    options = given if isinstance(given, str) else " ".join(given)
    limit = f"-c idle_in_transaction_session_timeout={int(seconds * 1000)}"
    changed = parsed.update_query_dict({"options": f"{options} {limit}".strip()})
    return changed.render_as_string(hide_password=False)


class Nodes:
    """Beats for this node and tells silent ones; on SQLite there is only one node and nothing to do.

    Times are the database's, so that the nodes' clocks need not agree.
    """

    def __init__(self, url: str, node: str, silence: float = SILENCE_SECONDS) -> None:
        self.interval = silence / 4
        self._node = node
        self._silence = silence
        self._url = None if url.startswith("sqlite") else sa.make_url(url).set(drivername="postgresql+psycopg")
        self._engine: sa.Engine | None = None
        self._until = math.inf if self._url is None else time.monotonic() + silence * _LEASE
        self._lapses = 0
        self._beaten = False
        # Its own thread: those of the loop may all be waiting for the journal.
        self._thread = ThreadPoolExecutor(1, "deltaic-heartbeat")

    def until(self) -> float:
        """Until when (`time.monotonic()`) this node's flows are surely its own; a process that froze has missed it."""
        return self._until

    def lease(self) -> Callable[[], float]:
        """`until` for a flow that this node begins or takes up now: over for good once others took the node for dead.

        They may have the flow by then, however alive the node is again.
        """
        lapses = self._lapses
        return lambda: self._until if self._lapses == lapses else -math.inf

    async def keep_beating(self) -> None:
        """Beat until cancelled."""
        while self._url is not None:
            try:
                await self.beat()
            except Exception as fault:
                log.warning("heartbeat failed", error=type(fault).__name__)
            await asyncio.sleep(self.interval)

    async def beat(self) -> list[str]:
        """Show that this node lives; the nodes that have been silent for too long."""
        if self._url is None:
            return []
        begun = time.monotonic()
        kept, silent = await self._run(self._beat)
        if not kept and (self._beaten or time.monotonic() >= self._until):
            self._lapses += 1
        self._beaten = True
        self._until = max(self._until, begun + self._silence * _LEASE)
        return silent

    async def forget(self, node: str) -> None:
        """Drop a silent node whose flows were taken over; not one that came back in the meantime."""
        await self._run(partial(self._forget, node))

    async def close(self) -> None:
        """Give back connections."""
        if self._engine is not None:
            await self._run(self._engine.dispose)
        self._thread.shutdown(wait=False)

    async def _run(self, action: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, action)

    def _beat(self) -> tuple[bool, list[str]]:
        """Whether this node was known as alive until now, and the silent ones."""
        own = _TABLE.update().where(_TABLE.c.node == self._node).values(seen_at=_NOW)
        with self._connect().begin() as connection:
            kept = connection.execute(own.where(~self._silent())).rowcount > 0
            if not kept and connection.execute(own).rowcount == 0:
                connection.execute(_TABLE.insert().values(node=self._node, seen_at=_NOW))
            silent = connection.scalars(sa.select(_TABLE.c.node).where(self._silent()))
            return kept, [str(node) for node in silent]

    def _forget(self, node: str) -> None:
        with self._connect().begin() as connection:
            connection.execute(_TABLE.delete().where(_TABLE.c.node == node, self._silent()))

    def _silent(self) -> sa.ColumnElement[bool]:
        return _TABLE.c.seen_at < _NOW - self._silence

    def _connect(self) -> sa.Engine:
        if self._engine is None:
            assert self._url is not None
            self._engine = sa.create_engine(self._url, pool_size=1, max_overflow=0, pool_pre_ping=True)
            _TABLE.create(self._engine, checkfirst=True)
        return self._engine
