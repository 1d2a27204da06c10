"""The connection to SQLite or PostgreSQL: URL, pool, transactions, and database faults as our errors."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Table, event, exc
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from deltaic.model.errors import Error, ErrorKind

#: Seconds that a transaction may take, the wait for a connection included.
DEADLINE = 15.0
BUSY_TIMEOUT = 5.0
#: Seconds that PostgreSQL waits for a gateway inside a transaction.
IDLE_TIMEOUT = 5.0
POOL_SIZE = 5
#: How often an edit begins anew because another one came between its read and its write.
EDIT_TRIES = 50

_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
}
_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    f"PRAGMA busy_timeout = {int(BUSY_TIMEOUT * 1000)}",
)
Insert = sqlite.Insert | postgresql.Insert


class Database:
    """One engine with its pool; `begin` is the only way to it."""

    def __init__(self, url: str) -> None:
        self.url = normalize_url(url)
        self.dialect = self.url.get_backend_name()
        self._engine: AsyncEngine | None = None

    def connect(self) -> None:
        """Set the pool up; connections are made when needed. An SQLite file is made with mode 0600."""
        if self.dialect == "sqlite":
            _prepare_file(self.url)
            self._engine = create_async_engine(self.url, hide_parameters=True, connect_args={"timeout": BUSY_TIMEOUT})
            event.listen(self._engine.sync_engine, "connect", _set_pragmas)
        else:
            self._engine = create_async_engine(
                self.url,
                hide_parameters=True,
                pool_size=POOL_SIZE,
                max_overflow=POOL_SIZE,
                pool_timeout=DEADLINE,
                pool_pre_ping=True,
                connect_args={"connect_timeout": 10, "options": _options(self.url)},
            )

    async def close(self) -> None:
        """Give back all connections."""
        if self._engine is not None:
            await self._engine.dispose()
            self._engine = None

    @asynccontextmanager
    async def begin(self, deadline: float = DEADLINE) -> AsyncIterator[AsyncConnection]:
        """A transaction: committed at the end, rolled back by an exception.

        Raises Error: TIMEOUT after `deadline` seconds, UNAVAILABLE when the database does not answer,
        INVALID for values that can't be stored.
        """
        if self._engine is None:
            raise RuntimeError("the store is not open")
        try:
            async with asyncio.timeout(deadline), self._engine.begin() as connection:
                yield connection
        except TimeoutError:
            raise _fault(ErrorKind.TIMEOUT, "the gateway's database takes too long") from None
        except (exc.OperationalError, exc.InterfaceError, exc.TimeoutError, OSError) as error:
            raise _fault(ErrorKind.UNAVAILABLE, "the gateway's database does not answer", error) from None
        except (exc.DataError, exc.StatementError) as error:
            if isinstance(error, exc.DataError) or isinstance(error.orig, ValueError):
                raise _fault(ErrorKind.INVALID, "a value holds characters that cannot be stored") from None
            raise

    def insert(self, table: Table) -> Any:
        """The dialect's INSERT, which knows ON CONFLICT."""
        return sqlite.insert(table) if self.dialect == "sqlite" else postgresql.insert(table)


def normalize_url(url: str) -> URL:
    """Choose our drivers for a database URL; raises Error (INVALID) for other databases, without its password."""
    try:
        parsed = make_url(url)
    except exc.ArgumentError:
        raise Error(ErrorKind.INVALID, "the database URL cannot be read", field="database_url") from None
    driver = _DRIVERS.get(parsed.drivername.partition("+")[0])
    if driver is None:
        raise Error(
            ErrorKind.INVALID,
            f"'{parsed.drivername}' is not a database this gateway knows: use sqlite or postgresql",
            field="database_url",
        )
    if driver.startswith("sqlite") and parsed.database in (None, "", ":memory:"):
        raise Error(ErrorKind.INVALID, "the database URL must name a file", field="database_url")
    return parsed.set(drivername=driver)


def edited_by_others(resource: str, resource_id: str, what: str = "The tags are") -> Error:
    """The error of an edit that others were always faster than."""
    return Error(ErrorKind.BUSY, f"{what} being changed by others", resource=resource, resource_id=resource_id)


def _options(url: URL) -> str:
    """The server ends what a frozen gateway began, so that others need not wait for its rows."""
    given = url.query.get("options", "")
    limit = f"-c idle_in_transaction_session_timeout={int(IDLE_TIMEOUT * 1000)}"
    return f"{given if isinstance(given, str) else ' '.join(given)} {limit}".strip()


def _prepare_file(url: URL) -> None:
    path = Path(url.database or "")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # SQLite gives its side files the mode of the main one.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))


def _set_pragmas(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _fault(kind: ErrorKind, message: str, cause: Exception | None = None) -> Error:
    context = {"cause": type(cause).__name__} if cause is not None else None
    return Error(kind, message, operation="store", context=context)
