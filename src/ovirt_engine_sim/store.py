"""Optional persistence: every entity and timer in one SQLite file, committed before the answer leaves."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import msgspec

Row = tuple[str, str, str, str, bytes | None]

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS entities (
    kind TEXT NOT NULL, key TEXT NOT NULL, id TEXT NOT NULL, parent TEXT NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (kind, key)
)
"""
_UPSERT: Final = (
    "INSERT INTO entities (kind, key, id, parent, body) VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT (kind, key) DO UPDATE SET body = excluded.body, parent = excluded.parent"
)


class StoreError(OSError):
    """A state folder that cannot be used; the text names the file and the reason."""


class Store:
    """Rows of (kind, key, id, parent, JSON body or None for deleted); written in order by one thread."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "engine.sqlite3"
        self._connection = sqlite3.connect(path, check_same_thread=False, timeout=2)
        try:
            # One engine per folder: a second process must not write into the same state.
            self._connection.execute("PRAGMA locking_mode=EXCLUSIVE")
            self._connection.execute("PRAGMA journal_mode=WAL")
            # NORMAL survives the death of the process; only a power failure may lose the last commits.
            self._connection.execute("PRAGMA synchronous=NORMAL")
            self._connection.execute(_SCHEMA)
            self._connection.commit()
        except sqlite3.DatabaseError as error:
            self._connection.close()
            raise StoreError(f"{path}: {error}; is another engine using this folder?") from None
        self._thread = ThreadPoolExecutor(1, "engine-store")

    def load(self) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
        """Yield (kind, id, parent, body) of everything stored, in the order it was first written."""
        rows = self._connection.execute("SELECT kind, id, parent, body FROM entities ORDER BY rowid")
        for kind, identity, parent, body in rows:
            yield kind, identity, parent, msgspec.json.decode(body)

    async def write(self, rows: list[Row]) -> None:
        """Commit `rows` in one transaction."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self.write_now, rows)

    def write_now(self, rows: list[Row]) -> None:
        """Commit `rows` in one transaction, in the calling thread."""
        with self._connection:
            for kind, key, identity, parent, body in rows:
                if body is None:
                    self._connection.execute("DELETE FROM entities WHERE kind = ? AND key = ?", (kind, key))
                else:
                    self._connection.execute(_UPSERT, (kind, key, identity, parent, body))

    def close(self) -> None:
        """Wait for what is being written and close the file."""
        self._thread.shutdown(wait=True)
        self._connection.close()
