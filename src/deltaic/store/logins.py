"""Logins of callers without an access key, sealed, for the flows that they started."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import msgspec
from msgspec import Struct
from sqlalchemy import delete, select

from deltaic.model.context import Principal
from deltaic.model.secret import Secret
from deltaic.store.database import Database
from deltaic.store.sealing import KeyRing
from deltaic.store.tables import logins

KIND = "login"


class _Sealed(Struct, frozen=True):
    user: str
    password: str


class LoginTable:
    """Implements `deltaic.ports.store.Logins`."""

    def __init__(self, database: Database, ring: KeyRing, now: Callable[[], datetime]) -> None:
        self._database = database
        self._ring = ring
        self._now = now

    async def remember(self, principal: Principal) -> None:
        """Keep a login under its id; repeating overwrites and counts nothing."""
        part = _Sealed(principal.user, principal.password.reveal())
        values = {
            "sealed": self._ring.seal(KIND, principal.id, msgspec.json.encode(part)),
            "remembered_at": self._now(),
        }
        statement = self._database.insert(logins).values(id=principal.id, **values)
        async with self._database.begin() as connection:
            await connection.execute(statement.on_conflict_do_update(index_elements=[logins.c.id], set_=values))

    async def get(self, principal_id: str) -> Principal | None:
        """Unseal a login."""
        async with self._database.begin() as connection:
            row = (await connection.execute(select(logins).where(logins.c.id == principal_id))).first()
        if row is None:
            return None
        part = msgspec.json.decode(self._ring.open(KIND, row.id, row.sealed), type=_Sealed)
        return Principal(id=row.id, user=part.user, password=Secret(part.password))

    async def forget_older(self, than: datetime) -> int:
        """Drop logins not remembered since; returns how many."""
        async with self._database.begin() as connection:
            return (await connection.execute(delete(logins).where(logins.c.remembered_at < than))).rowcount
