"""Client tokens and what came of them."""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy import ColumnElement, delete, select, update

from deltaic.model.errors import Error, ErrorKind
from deltaic.ports.store import IdempotencyRecord
from deltaic.store.database import Database
from deltaic.store.tables import idempotency

_TRIES = 5


class IdempotencyTable:
    """Implements `deltaic.ports.store.Idempotency`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim(self, record: IdempotencyRecord) -> IdempotencyRecord:
        """Keep the record if (owner, token) is new; return the record that holds the token now. Atomic."""
        insert = self._database.insert(idempotency).values(**msgspec.structs.asdict(record))
        statement = insert.on_conflict_do_nothing().returning(idempotency.c.token)
        query = select(idempotency).where(_is(record.owner, record.token))
        # The holder may release its claim between our two statements; then the token is free again.
        for _ in range(_TRIES):
            async with self._database.begin() as connection:
                added = await connection.execute(statement)
                if added.first() is not None:
                    return record
                row = (await connection.execute(query)).first()
            if row is not None:
                return IdempotencyRecord(
                    owner=row.owner,
                    token=row.token,
                    fingerprint=row.fingerprint,
                    created_at=row.created_at,
                    result=row.result,
                )
        raise Error(ErrorKind.BUSY, "the client token is being claimed and released by others", field="client_token")

    async def finish(self, owner: str, token: str, result: bytes) -> None:
        """Keep the result of a claimed token."""
        async with self._database.begin() as connection:
            await connection.execute(update(idempotency).where(_is(owner, token)).values(result=result))

    async def release(self, record: IdempotencyRecord) -> None:
        """Drop a claim whose request failed before anything was made; a finished one stays, and a later one."""
        same = _is(record.owner, record.token) & (idempotency.c.created_at == record.created_at)
        async with self._database.begin() as connection:
            await connection.execute(delete(idempotency).where(same, idempotency.c.result == b""))

    async def forget_older(self, than: datetime) -> int:
        """Drop records created before; returns how many."""
        async with self._database.begin() as connection:
            return (await connection.execute(delete(idempotency).where(idempotency.c.created_at < than))).rowcount


def _is(owner: str, token: str) -> ColumnElement[bool]:
    return (idempotency.c.owner == owner) & (idempotency.c.token == token)
