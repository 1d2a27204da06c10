"""Bring the schema up to date, at start, once for all nodes."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, text

from deltaic.model.errors import Error, ErrorKind
from deltaic.store.database import Database

#: The newest revision in `migrations/versions` (a test holds them equal): where it is found, nothing is done.
HEAD = "0004"
MIGRATIONS = Path(__file__).parent / "migrations"
DEADLINE = 120.0
_LOCK = 0x64656C74616963


async def migrate(database: Database) -> None:
    """Apply all migrations that the database lacks. Several nodes may do this at once; they wait for each other.

    Raises Error (UNSUPPORTED) when the database was written by a newer version.
    """
    async with database.begin() as connection:
        current = await connection.run_sync(_current)
    if current == HEAD:
        return
    async with database.begin(DEADLINE) as connection:
        if database.dialect == "sqlite":
            # The driver opens no transaction for DDL by itself; this one also shuts out other processes.
            await connection.execute(text("BEGIN IMMEDIATE"))
        else:
            await connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
        await connection.run_sync(_upgrade)


def _current(connection: Connection) -> str:
    if not connection.dialect.has_table(connection, "alembic_version"):
        return ""
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or ""


def _upgrade(connection: Connection) -> None:
    # Alembic takes a tenth of a second to import, and most starts need none of it.
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise Error(
            ErrorKind.UNSUPPORTED,
            "the database was written by another version of the gateway, whose schema is not known here",
            context={"cause": str(error)},
        ) from None
