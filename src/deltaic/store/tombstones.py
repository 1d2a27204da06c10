"""Deleted instances that are still shown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
import structlog
from msgspec import Struct
from sqlalchemy import delete, select

from deltaic.model.tombstone import Tombstone
from deltaic.store.database import Database
from deltaic.store.tables import tombstones

_log = structlog.get_logger(__name__)


class _Row(Struct, frozen=True):
    data_center_id: str
    deleted_at: datetime
    tombstone: Tombstone


class TombstoneTable:
    """Implements `deltaic.ports.store.Tombstones`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._alone = database.dialect == "sqlite"
        self._kept: Sequence[_Row] | None = None
        self._changes = 0

    async def put(self, tombstone: Tombstone) -> None:
        """Keep a tombstone; the first one of an instance id stays."""
        statement = self._database.insert(tombstones).values(
            instance_id=tombstone.instance.id,
            data_center_id=tombstone.instance.data_center_id,
            deleted_at=tombstone.deleted_at,
            body=msgspec.json.encode(tombstone),
        )
        try:
            async with self._database.begin() as connection:
                await connection.execute(statement.on_conflict_do_nothing())
        finally:
            self._changed()

    async def list(self, data_center_id: str, since: datetime) -> Sequence[Tombstone]:
        """Tombstones of a data center (all when empty) set since then, oldest first."""
        return [
            row.tombstone
            for row in await self._rows(since)
            if row.deleted_at >= since and data_center_id in ("", row.data_center_id)
        ]

    async def _rows(self, since: datetime) -> Sequence[_Row]:
        """The rows set since then, or more; on SQLite from memory, for there only this process changes them."""
        if self._kept is not None:
            return self._kept
        changes = self._changes
        query = select(tombstones).order_by(tombstones.c.deleted_at, tombstones.c.instance_id)
        if not self._alone:
            query = query.where(tombstones.c.deleted_at >= since)
        async with self._database.begin() as connection:
            found = (await connection.execute(query)).all()
        rows = [
            _Row(row.data_center_id, row.deleted_at, stone)
            for row in found
            if (stone := _decode(row.instance_id, row.body)) is not None
        ]
        if self._alone and changes == self._changes:
            self._kept = rows
        return rows

    def _changed(self) -> None:
        self._changes += 1
        self._kept = None

    async def forget_older(self, than: datetime) -> int:
        """Drop old tombstones; returns how many."""
        try:
            async with self._database.begin() as connection:
                return (await connection.execute(delete(tombstones).where(tombstones.c.deleted_at < than))).rowcount
        finally:
            self._changed()


def _decode(instance_id: str, body: bytes) -> Tombstone | None:
    try:
        return msgspec.json.decode(body, type=Tombstone)
    except msgspec.MsgspecError:
        # Written by another version within the last hour: one line less is better than no list at all.
        _log.warning("tombstone_unreadable", instance_id=instance_id)
        return None
