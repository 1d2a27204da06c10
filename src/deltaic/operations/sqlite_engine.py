"""The journal's connections to SQLite, as DBOS sets them up, with one flush to disk less per transaction."""

from __future__ import annotations

import os
from typing import Any

import sqlalchemy as sa

#: Milliseconds that a writer waits for another one.
BUSY_MILLISECONDS = 30_000
POOL_SIZE = 8

#: Writing ahead, a transaction survives the death of this process without a flush; only the machine's own death can
#: take the last ones, and leaves the journal whole. A lost step is repeated; a flow's beginning is flushed by itself.
_PRAGMAS = (
    f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}",
    "PRAGMA foreign_keys = ON",
    "PRAGMA synchronous = NORMAL",
)


def sqlite_engine(url: str) -> sa.Engine:
    """An engine for the journal at an SQLite URL. Whoever makes it disposes of it."""
    engine = sa.create_engine(url, pool_size=POOL_SIZE, max_overflow=0, pool_timeout=30)
    sa.event.listen(engine, "connect", _set_up)
    return engine


def flush(url: str) -> None:
    """Bring what was committed so far to disk: one call of the system, whatever number of transactions it was."""
    try:
        log = os.open(f"{sa.make_url(url).database}-wal", os.O_RDONLY)
    except FileNotFoundError:
        return  # everything is in the database's own file, which a checkpoint flushes
    try:
        os.fsync(log)
    finally:
        os.close(log)


def _set_up(connection: Any, _record: Any) -> None:
    connection.isolation_level = "IMMEDIATE"
    for pragma in _PRAGMAS:
        connection.execute(pragma)
