"""Which gateways live: a heartbeat table beside the journal, so that others take over a dead one's flows."""

from __future__ import annotations

import asyncio
import time

import sqlalchemy as sa

_TABLE = sa.Table(
    "deltaic_nodes",
    sa.MetaData(),
    sa.Column("node", sa.String(255), primary_key=True),
    sa.Column("seen_at", sa.Float, nullable=False),
)
INTERVAL_SECONDS = 15.0
SILENCE_SECONDS = 60.0


class Nodes:
    """Beats for this node and claims silent ones; on SQLite there is only one node and nothing to do.

    Times are the database's, so that the nodes' clocks need not agree.
    """

    def __init__(self, url: str, node: str, *, interval: float = INTERVAL_SECONDS, silence: float = SILENCE_SECONDS):
        self.interval = interval
        self._node = node
        self._silence = silence
        self._url = None if url.startswith("sqlite") else sa.make_url(url).set(drivername="postgresql+psycopg")
        self._engine: sa.Engine | None = None

    async def beat(self) -> list[str]:
        """Show that this node lives; the nodes that this call found silent and claimed."""
        return await asyncio.to_thread(self._beat) if self._url is not None else []

    def _beat(self) -> list[str]:
        if self._engine is None:
            assert self._url is not None
            self._engine = sa.create_engine(self._url, pool_size=1, max_overflow=0)
            _TABLE.create(self._engine, checkfirst=True)
        with self._engine.begin() as connection:
            now = float(connection.scalar(sa.text("SELECT extract(epoch FROM now())")) or time.time())
            seen = connection.execute(_TABLE.update().where(_TABLE.c.node == self._node).values(seen_at=now))
            if seen.rowcount == 0:
                connection.execute(_TABLE.insert().values(node=self._node, seen_at=now))
            # Deleting the row is the claim: of several living nodes exactly one gets it back.
            silent = _TABLE.delete().where(_TABLE.c.seen_at < now - self._silence).returning(_TABLE.c.node)
            return [str(node) for node in connection.scalars(silent)]
