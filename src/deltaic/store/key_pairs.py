"""Public SSH keys, per owner."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Row, delete, select, update

from deltaic.model.errors import Error, ErrorKind, not_found
from deltaic.model.key_pair import KeyPair
from deltaic.ports.store import TagEdit
from deltaic.store.database import EDIT_TRIES, Database, edited_by_others
from deltaic.store.tables import key_pairs


class KeyPairTable:
    """Implements `deltaic.ports.store.KeyPairs`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, key_pair: KeyPair) -> None:
        """Keep a key pair; ALREADY_EXISTS when the owner has the name."""
        values = msgspec.structs.asdict(key_pair) | {"tags": msgspec.json.encode(key_pair.tags)}
        statement = self._database.insert(key_pairs).values(**values)
        async with self._database.begin() as connection:
            added = await connection.execute(statement.on_conflict_do_nothing().returning(key_pairs.c.id))
        if added.first() is None:
            raise Error(
                ErrorKind.ALREADY_EXISTS,
                f"The key pair '{key_pair.name}' already exists",
                resource="key_pair",
                resource_id=key_pair.name,
            )

    async def list(self, owner: str) -> Sequence[KeyPair]:
        """The owner's key pairs by name."""
        async with self._database.begin() as connection:
            rows = (await connection.execute(select(key_pairs).where(key_pairs.c.owner == owner))).all()
        return sorted((_key_pair(row) for row in rows), key=lambda pair: pair.name)

    async def delete(self, owner: str, name: str) -> KeyPair | None:
        """Remove one; None when there was none."""
        removal = (
            delete(key_pairs).where(key_pairs.c.owner == owner, key_pairs.c.name == name).returning(*key_pairs.columns)
        )
        async with self._database.begin() as connection:
            row = (await connection.execute(removal)).first()
        return None if row is None else _key_pair(row)

    async def edit_tags(self, owner: str, key_pair_id: str, edit: TagEdit) -> None:
        """Change the tags of one through `edit`; NOT_FOUND when unknown."""
        own = (key_pairs.c.owner == owner) & (key_pairs.c.id == key_pair_id)
        for _ in range(EDIT_TRIES):
            async with self._database.begin() as connection:
                old = (await connection.execute(select(key_pairs.c.tags).where(own))).scalar()
                if old is None:
                    raise not_found("key_pair", key_pair_id)
                new = msgspec.json.encode(edit(msgspec.json.decode(old, type=dict[str, str])))
                change = update(key_pairs).where(own, key_pairs.c.tags == old).values(tags=new)
                if (await connection.execute(change)).rowcount > 0:
                    return
        raise edited_by_others("key_pair", key_pair_id)


def _key_pair(row: Row[Any]) -> KeyPair:
    return KeyPair(
        id=row.id,
        name=row.name,
        public_key=row.public_key,
        fingerprint=row.fingerprint,
        key_type=row.key_type,
        created_at=row.created_at,
        owner=row.owner,
        tags=msgspec.json.decode(row.tags, type=dict[str, str]),
    )
