"""The database itself: URLs, files, schema and faults."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from deltaic.model.errors import Error, ErrorKind
from deltaic.store import migrate as migrate_module
from deltaic.store.database import Database, normalize_url
from deltaic.store.key_file import KeySource
from deltaic.store.store import SqlStore
from deltaic.store.tables import metadata

from .records import access_key


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("sqlite:////var/lib/deltaic.sqlite", "sqlite+aiosqlite:////var/lib/deltaic.sqlite"),
        ("postgresql://u@h/d", "postgresql+psycopg://u@h/d"),
        ("postgres://u@h/d", "postgresql+psycopg://u@h/d"),
        ("postgresql+asyncpg://u@h/d", "postgresql+psycopg://u@h/d"),
    ],
)
def test_urls(given: str, used: str) -> None:
    assert normalize_url(given).render_as_string() == used


@pytest.mark.parametrize("url", ["mysql://u:hidden@h/d", "sqlite://", "sqlite:///:memory:", "hidden", ""])
def test_other_urls_are_refused_without_their_password(url: str) -> None:
    with pytest.raises(Error) as refused:
        normalize_url(url)
    assert (refused.value.kind, refused.value.field) == (ErrorKind.INVALID, "database_url")
    assert "hidden" not in refused.value.message


async def test_migrations_make_the_declared_schema(store: SqlStore) -> None:
    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, metadata))

    async with store.database.begin() as connection:
        assert await connection.run_sync(differences) == []
        assert (
            await connection.execute(text("SELECT version_num FROM alembic_version"))
        ).scalar() == migrate_module.HEAD


def test_head_is_the_newest_revision() -> None:
    config = Config()
    config.set_main_option("script_location", str(migrate_module.MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [migrate_module.HEAD]


async def test_many_nodes_may_start_at_once(database_url: str, key_source: KeySource) -> None:
    nodes = [SqlStore(database_url, key_source) for _ in range(4)]
    await asyncio.gather(*(node.open() for node in nodes))
    secrets = await asyncio.gather(*(node.secret("paging") for node in nodes))
    assert len(set(secrets)) == 1
    for node in nodes:
        await node.close()


async def test_records_outlive_a_restart(database_url: str, key_source: KeySource) -> None:
    for expected in (None, access_key()):
        store = SqlStore(database_url, key_source)
        await store.open()
        assert await store.access_keys.get("AKIAONE") == expected
        if expected is None:
            await store.access_keys.create(access_key())
        await store.close()


async def test_schema_of_a_newer_version_is_refused(store: SqlStore, database_url: str) -> None:
    async with store.database.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    other = SqlStore(database_url, store.key_source)
    with pytest.raises(Error) as refused:
        await other.open()
    assert refused.value.kind is ErrorKind.UNSUPPORTED
    await other.close()


async def test_exceptions_roll_back(store: SqlStore) -> None:
    async def insert_and_fail() -> None:
        async with store.database.begin() as connection:
            await connection.execute(text("INSERT INTO versions (name, number) VALUES ('x', 1)"))
            raise KeyError

    with pytest.raises(KeyError):
        await insert_and_fail()
    async with store.database.begin() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM versions WHERE name = 'x'"))).scalar() == 0


async def test_faults_do_not_show_values(tmp_path: Path) -> None:
    """A defect's text reaches the log; what callers keep must not."""
    tmp_path.chmod(0o700)
    store = SqlStore(f"sqlite:///{tmp_path / 'd.sqlite'}", KeySource.in_folder(tmp_path))
    await store.open()
    with pytest.raises(IntegrityError) as fault:
        async with store.database.begin() as connection:
            await connection.execute(
                text("INSERT INTO versions (name, number) VALUES (:name, NULL)"), {"name": "hunter2"}
            )
    await store.close()
    assert "hunter2" not in str(fault.value)


async def test_transactions_have_a_deadline(store: SqlStore) -> None:
    with pytest.raises(Error) as refused:
        async with store.database.begin(deadline=0.01):
            await asyncio.Event().wait()
    assert (refused.value.kind, refused.value.retryable) == (ErrorKind.TIMEOUT, True)
    assert await store.access_keys.get("AKIAONE") is None


async def test_concurrent_writers_wait_for_each_other(store: SqlStore, second_store: SqlStore) -> None:
    nodes = (store, second_store)
    await asyncio.gather(
        *(nodes[n % 2].resource_tags.edit("volume", f"v{n}", lambda _, n=n: {"n": str(n)}) for n in range(60))
    )
    assert len(await store.resource_tags.get()) == 60


async def test_sqlite_files_are_private_and_in_wal_mode(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/state/d.sqlite")
    old = os.umask(0)
    try:
        database.connect()
        async with database.begin() as connection:
            assert (await connection.execute(text("PRAGMA journal_mode"))).scalar() == "wal"
            assert (await connection.execute(text("PRAGMA busy_timeout"))).scalar() == 5000
            await connection.execute(text("CREATE TABLE t (x int)"))
        modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "state").iterdir()}
    finally:
        os.umask(old)
    await database.close()
    assert set(modes.values()) == {0o600}


async def test_unreachable_database_is_unavailable(tmp_path: Path) -> None:
    database = Database(f"postgresql://user:hidden@/d?host={tmp_path}")
    database.connect()
    with pytest.raises(Error) as refused:
        async with database.begin() as connection:
            await connection.execute(text("SELECT 1"))
    assert (refused.value.kind, refused.value.retryable) == (ErrorKind.UNAVAILABLE, True)
    assert "hidden" not in f"{refused.value} {refused.value.context}"
    await database.close()


async def test_a_store_that_is_not_open_says_so(key_source: KeySource) -> None:
    with pytest.raises(RuntimeError, match="not open"):
        await SqlStore("sqlite:////nowhere/x", key_source).access_keys.list()


async def test_a_restarted_postgresql_is_reached_again(postgres: str, key_source: KeySource) -> None:
    store = SqlStore(f"postgresql://deltaic@/postgres?host={postgres}", key_source)
    await store.open()
    async with store.database.begin() as connection:
        mine = (await connection.execute(text("SELECT pg_backend_pid()"))).scalar()
    with psycopg.connect(f"host={postgres} user=deltaic dbname=postgres", autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", (mine,))
    await store.resource_tags.edit("volume", "v1", lambda _: {"a": "1"})
    assert await store.resource_tags.get(["v1"]) == {"v1": {"a": "1"}}
    await store.close()
