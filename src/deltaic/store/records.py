"""Documents per owner and kind, sealed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from deltaic.model.errors import Error, ErrorKind, not_found
from deltaic.ports.store import MOST_RECORD_BYTES, MOST_RECORDS, ContentEdit, Record
from deltaic.store.database import EDIT_TRIES, Database, edited_by_others
from deltaic.store.sealing import KeyRing
from deltaic.store.tables import records

KIND = "record"


class RecordTable:
    """Implements `deltaic.ports.store.Records`."""

    def __init__(self, database: Database, ring: KeyRing) -> None:
        self._database = database
        self._ring = ring

    async def create(self, record: Record) -> None:
        """Keep one; ALREADY_EXISTS when the owner has its kind and id, QUOTA when they have too many."""
        key = _key(record.owner, record.kind, record.id)
        statement = self._database.insert(records).values(
            key=key,
            owner=record.owner,
            kind=record.kind,
            id=record.id,
            created_at=record.created_at,
            updated_at=record.updated_at,
            size=len(record.content),
            sealed=self._ring.seal(KIND, key, record.content),
        )
        async with self._database.begin() as connection:
            added = await connection.execute(statement.on_conflict_do_nothing().returning(records.c.key))
            if added.first() is None:
                raise Error(
                    ErrorKind.ALREADY_EXISTS,
                    f"The {record.kind} '{record.id}' already exists",
                    resource=record.kind,
                    resource_id=record.id,
                )
            await _check_quota(connection, record.owner, record.kind)

    async def get(self, owner: str, kind: str, id: str) -> Record | None:
        """One of them; None when there is none."""
        query = select(records).where(records.c.key == _key(owner, kind, id))
        async with self._database.begin() as connection:
            row = (await connection.execute(query)).first()
        return None if row is None else self._record(row)

    async def list(self, owner: str, kind: str) -> Sequence[Record]:
        """The owner's records of a kind, by creation time and id."""
        query = select(records).where(records.c.owner == owner, records.c.kind == kind)
        async with self._database.begin() as connection:
            rows = (await connection.execute(query.order_by(records.c.created_at, records.c.id))).all()
        return [self._record(row) for row in rows]

    async def edit(self, owner: str, kind: str, id: str, edit: ContentEdit, at: datetime) -> Record:
        """Change the content of one through `edit`; the record as it is then. NOT_FOUND when unknown, QUOTA."""
        key = _key(owner, kind, id)
        for _ in range(EDIT_TRIES):
            async with self._database.begin() as connection:
                row = (await connection.execute(select(records).where(records.c.key == key))).first()
                if row is None:
                    raise not_found(kind, id)
                old = self._record(row)
                content = edit(old.content)
                change = update(records).where(records.c.key == key, records.c.sealed == row.sealed)
                values = {"sealed": self._ring.seal(KIND, key, content), "size": len(content), "updated_at": at}
                if (await connection.execute(change.values(**values))).rowcount > 0:
                    if len(content) > len(old.content):
                        await _check_quota(connection, owner, kind)
                    return Record(owner, kind, id, content, old.created_at, at)
        raise edited_by_others(kind, id, f"The {kind} is")

    async def delete(self, owner: str, kind: str, id: str) -> bool:
        """Remove one; False when there was none."""
        async with self._database.begin() as connection:
            removed = await connection.execute(delete(records).where(records.c.key == _key(owner, kind, id)))
            return removed.rowcount > 0

    async def forget_older(self, kind: str, than: datetime) -> int:
        """Drop everybody's records of a kind that were made before; returns how many."""
        old = delete(records).where(records.c.kind == kind, records.c.created_at < than)
        async with self._database.begin() as connection:
            return (await connection.execute(old)).rowcount

    def _record(self, row: Row[Any]) -> Record:
        content = self._ring.open(KIND, row.key, row.sealed)
        return Record(row.owner, row.kind, row.id, content, row.created_at, row.updated_at)


async def _check_quota(connection: AsyncConnection, owner: str, kind: str) -> None:
    query = select(func.count(), func.coalesce(func.sum(records.c.size), 0)).where(
        records.c.owner == owner, records.c.kind == kind
    )
    number, size = (await connection.execute(query)).one()
    if number > MOST_RECORDS or size > MOST_RECORD_BYTES:
        raise Error(ErrorKind.QUOTA, f"No more than {MOST_RECORDS} of these can be kept", resource=kind)


def _key(owner: str, kind: str, record_id: str) -> str:
    return hashlib.sha256("\0".join((owner, kind, record_id)).encode()).hexdigest()
