"""Access keys: what a key stands for is sealed; who made it and when is not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Row, select, update

from deltaic.model.access_key import AccessKey, AccessKeyInfo
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.secret import Secret
from deltaic.store.cache import VersionedCache
from deltaic.store.database import Database
from deltaic.store.sealing import KeyRing
from deltaic.store.tables import access_keys

KIND = "access_key"


class _Sealed(Struct, frozen=True):
    """The sealed part. User, provider and view are in it too: whoever can write to the database must not be able
    to send somebody's password elsewhere."""

    secret_key: str
    user: str
    password: str
    provider: str
    view: str = ""


class AccessKeyTable:
    """Implements `deltaic.ports.store.AccessKeys`."""

    def __init__(self, database: Database, ring: KeyRing, cache: VersionedCache[AccessKey]) -> None:
        self._database = database
        self._ring = ring
        self._cache = cache

    async def create(self, key: AccessKey) -> None:
        """Seal and keep a key; ALREADY_EXISTS when its id is taken."""
        part = _Sealed(key.secret_key.reveal(), key.user, key.password.reveal(), key.provider, key.view)
        statement = self._database.insert(access_keys).values(
            id=key.id,
            user_name=key.user,
            provider=key.provider,
            view_name=key.view,
            description=key.description,
            sealed=self._ring.seal(KIND, key.id, msgspec.json.encode(part)),
            created_at=key.created_at,
            revoked_at=key.revoked_at,
        )
        async with self._database.begin() as connection:
            added = await connection.execute(statement.on_conflict_do_nothing().returning(access_keys.c.id))
            if added.first() is None:
                raise Error(
                    ErrorKind.ALREADY_EXISTS,
                    f"The access key '{key.id}' already exists",
                    resource="access_key",
                    resource_id=key.id,
                )
            await self._cache.bump(connection)
        self._cache.drop()

    async def get(self, key_id: str) -> AccessKey | None:
        """Unseal a key, revoked ones too; None when unknown."""
        return await self._cache.get(key_id, lambda: self._load(key_id))

    async def list(self) -> Sequence[AccessKeyInfo]:
        """All keys without their secrets, by creation time."""
        async with self._database.begin() as connection:
            rows = (await connection.execute(select(access_keys))).all()
        return sorted((_info(row) for row in rows), key=lambda info: (info.created_at, info.id))

    async def revoke(self, key_id: str, at: datetime) -> bool:
        """Mark a key as revoked; False when unknown. Repeating keeps the first time."""
        mark = (
            update(access_keys)
            .where(access_keys.c.id == key_id, access_keys.c.revoked_at.is_(None))
            .values(revoked_at=at)
        )
        async with self._database.begin() as connection:
            marked = (await connection.execute(mark)).rowcount > 0
            if marked:
                await self._cache.bump(connection)
            known = (
                marked or (await connection.execute(select(access_keys.c.id).where(access_keys.c.id == key_id))).first()
            )
        self._cache.drop()
        return bool(known)

    async def _load(self, key_id: str) -> AccessKey | None:
        async with self._database.begin() as connection:
            row = (await connection.execute(select(access_keys).where(access_keys.c.id == key_id))).first()
        if row is None:
            return None
        part = msgspec.json.decode(self._ring.open(KIND, row.id, row.sealed), type=_Sealed)
        return AccessKey(
            id=row.id,
            secret_key=Secret(part.secret_key),
            user=part.user,
            password=Secret(part.password),
            provider=part.provider,
            created_at=row.created_at,
            revoked_at=row.revoked_at,
            description=row.description,
            view=part.view,
        )


def _info(row: Row[Any]) -> AccessKeyInfo:
    return AccessKeyInfo(
        id=row.id,
        user=row.user_name,
        provider=row.provider,
        created_at=row.created_at,
        revoked_at=row.revoked_at,
        description=row.description,
        view=row.view_name,
    )
