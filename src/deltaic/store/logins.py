"""Logins of callers without an access key, sealed, for the flows that they started.

Every step of a flow asks for its caller, so what was written or read is believed for a while before the database is
asked again: another node may have learned a newer password.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime

import msgspec
from msgspec import Struct
from sqlalchemy import delete, select, update

from deltaic.model.context import Principal
from deltaic.model.secret import Secret
from deltaic.store.database import Database
from deltaic.store.sealing import KeyRing
from deltaic.store.tables import logins

KIND = "login"
#: Seconds for which a login is believed, and how many are kept at most.
BELIEVED_SECONDS = 60.0
MOST_KEPT = 1024


class _Sealed(Struct, frozen=True, omit_defaults=True):
    user: str
    password: str
    token: bool = False
    expires_at: datetime | None = None


class _Belief(Struct, frozen=True):
    """A login, since when it is believed, and when it was written from here (never: long ago)."""

    principal: Principal
    since: float
    written_at: float = float("-inf")


class LoginTable:
    """Implements `deltaic.ports.store.Logins`."""

    def __init__(
        self,
        database: Database,
        ring: KeyRing,
        now: Callable[[], datetime],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._ring = ring
        self._now = now
        self._clock = clock
        self._believed: OrderedDict[str, _Belief] = OrderedDict()

    async def remember(self, principal: Principal) -> None:
        """Keep a login under its id; repeating overwrites, and writes nothing for a while after it was written.

        Having been read is not enough: a login that flows read all day long would count as old for all that.
        """
        asked = self._clock()
        known = self._believed.get(principal.id)
        if known is not None and known.principal == principal and asked - known.written_at < BELIEVED_SECONDS:
            return
        self._believed.pop(principal.id, None)
        values = {"sealed": self._seal(principal), "remembered_at": self._now()}
        statement = self._database.insert(logins).values(id=principal.id, **values)
        async with self._database.begin() as connection:
            await connection.execute(statement.on_conflict_do_update(index_elements=[logins.c.id], set_=values))
        self._believe(_Belief(principal, asked, asked))

    async def renew(self, principal: Principal) -> None:
        """Exchange the password of a login that is remembered, for work under way; nothing for an unknown one."""
        asked = self._clock()
        known = update(logins).where(logins.c.id == principal.id)
        async with self._database.begin() as connection:
            changed = (await connection.execute(known.values(sealed=self._seal(principal)))).rowcount
        if changed:
            self._believe(_Belief(principal, asked))

    async def touch(self, principal_id: str) -> None:
        """Count a login as remembered now, whatever its password is; nothing for an unknown one."""
        known = update(logins).where(logins.c.id == principal_id)
        async with self._database.begin() as connection:
            await connection.execute(known.values(remembered_at=self._now()))

    async def get(self, principal_id: str) -> Principal | None:
        """Unseal a login."""
        known = self._known(principal_id)
        if known is not None:
            return known
        asked = self._clock()
        async with self._database.begin() as connection:
            row = (await connection.execute(select(logins).where(logins.c.id == principal_id))).first()
        if row is None:
            return None
        part = msgspec.json.decode(self._ring.open(KIND, row.id, row.sealed), type=_Sealed)
        found = Principal(row.id, part.user, Secret(part.password), part.token, part.expires_at)
        # A login that was remembered while we read is the newer one.
        return self._known(principal_id) or self._believe(_Belief(found, asked, self._written_at(found)))

    async def forget_older(self, than: datetime) -> int:
        """Drop logins not remembered since; returns how many."""
        self._believed.clear()
        async with self._database.begin() as connection:
            return (await connection.execute(delete(logins).where(logins.c.remembered_at < than))).rowcount

    def _seal(self, principal: Principal) -> bytes:
        part = _Sealed(principal.user, principal.password.reveal(), principal.token, principal.expires_at)
        return self._ring.seal(KIND, principal.id, msgspec.json.encode(part))

    def _known(self, principal_id: str) -> Principal | None:
        belief = self._believed.get(principal_id)
        return belief.principal if belief is not None and self._clock() - belief.since < BELIEVED_SECONDS else None

    def _written_at(self, principal: Principal) -> float:
        belief = self._believed.get(principal.id)
        return belief.written_at if belief is not None and belief.principal == principal else float("-inf")

    def _believe(self, belief: _Belief) -> Principal:
        self._believed[belief.principal.id] = belief
        self._believed.move_to_end(belief.principal.id)
        while len(self._believed) > MOST_KEPT:
            self._believed.popitem(last=False)
        return belief.principal
