"""Deleted instances that are still shown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
import structlog
from sqlalchemy import delete, select

from deltaic.model.tombstone import Tombstone
from deltaic.store.database import Database
from deltaic.store.tables import tombstones

_log = structlog.get_logger(__name__)


class TombstoneTable:
    """Implements `deltaic.ports.store.Tombstones`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, tombstone: Tombstone) -> None:
        """Keep a tombstone; the first one of an instance id stays."""
        statement = self._database.insert(tombstones).values(
            instance_id=tombstone.instance.id,
            data_center_id=tombstone.instance.data_center_id,
            deleted_at=tombstone.deleted_at,
            body=msgspec.json.encode(tombstone),
        )
        async with self._database.begin() as connection:
            await connection.execute(statement.on_conflict_do_nothing())

    async def list(self, data_center_id: str, since: datetime) -> Sequence[Tombstone]:
        """Tombstones of a data center (all when empty) set since then, oldest first."""
        query = select(tombstones.c.instance_id, tombstones.c.body).where(tombstones.c.deleted_at >= since)
        if data_center_id:
            query = query.where(tombstones.c.data_center_id == data_center_id)
        query = query.order_by(tombstones.c.deleted_at, tombstones.c.instance_id)
        async with self._database.begin() as connection:
            rows = (await connection.execute(query)).all()
        return [stone for row in rows if (stone := _decode(row.instance_id, row.body)) is not None]

    async def forget_older(self, than: datetime) -> int:
        """Drop old tombstones; returns how many."""
        async with self._database.begin() as connection:
            return (await connection.execute(delete(tombstones).where(tombstones.c.deleted_at < than))).rowcount


def _decode(instance_id: str, body: bytes) -> Tombstone | None:
    try:
        return msgspec.json.decode(body, type=Tombstone)
    except msgspec.MsgspecError:
        # Written by another version within the last hour: one line less is better than no list at all.
        _log.warning("tombstone_unreadable", instance_id=instance_id)
        return None
