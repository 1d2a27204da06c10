"""Every test of the store runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest

from deltaic.store.key_file import KeySource
from deltaic.store.store import SqlStore

from .postgres_server import postgres_server


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    with postgres_server() as folder:
        yield folder


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/state/deltaic.sqlite"
    folder = request.getfixturevalue("postgres")
    name = f"t{uuid.uuid4().hex}"
    with psycopg.connect(f"host={folder} user=deltaic dbname=postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return f"postgresql://deltaic@/{name}?host={folder}"


@pytest.fixture
def key_source(tmp_path: Path) -> KeySource:
    return KeySource(tmp_path / "sealing.key", environment={})


@pytest.fixture
async def store(database_url: str, key_source: KeySource) -> AsyncIterator[SqlStore]:
    opened = SqlStore(database_url, key_source)
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
async def second_store(store: SqlStore, database_url: str, key_source: KeySource) -> AsyncIterator[SqlStore]:
    """Another node on the same database, whose cache never believes what it knows."""
    opened = SqlStore(database_url, key_source, cache_age=0)
    await opened.open()
    yield opened
    await opened.close()
