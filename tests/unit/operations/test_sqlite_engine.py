"""How the journal writes to SQLite."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from deltaic.operations.lock import sqlite_url
from deltaic.operations.sqlite_engine import BUSY_MILLISECONDS, sqlite_engine


def test_it_writes_ahead_and_flushes_at_checkpoints_only(tmp_path: Path) -> None:
    engine = sqlite_engine(sqlite_url(tmp_path))
    with engine.connect() as connection:
        found = [
            connection.execute(sa.text(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "synchronous", "busy_timeout", "foreign_keys")
        ]
    engine.dispose()
    assert found == ["wal", 1, BUSY_MILLISECONDS, 1]


def test_side_files_are_closed_to_others(tmp_path: Path) -> None:
    engine = sqlite_engine(sqlite_url(tmp_path))
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE t (a INTEGER)"))
        modes = {path.name: oct(path.stat().st_mode & 0o777) for path in tmp_path.iterdir()}
    engine.dispose()
    assert set(modes.values()) == {"0o600"}
    assert "operations.sqlite-wal" in modes
