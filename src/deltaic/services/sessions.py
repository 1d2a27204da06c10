"""Sessions: a login of a person at a browser, kept while they work."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import Final

import msgspec
from msgspec import Struct

from deltaic.model.context import Principal, Scope
from deltaic.model.secret import Secret
from deltaic.ports.store import Record, Store
from deltaic.services.identity import now

#: A session ends so long after its login, used or not.
LONGEST: Final = timedelta(hours=12)
_KIND: Final = "Session"


class Session(Struct, frozen=True):
    """Who is logged in and where they look. `csrf` must come with each change that a page asks for."""

    principal: Principal
    scope: Scope
    csrf: str
    expires_at: datetime


class _Kept(Struct, frozen=True):
    principal_id: str
    user: str
    password: str
    scope: Scope
    csrf: str
    expires_at: datetime


class SessionService:
    """The verbs on sessions. What a browser holds is a signed random token; the login stays here, sealed."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def open(self, principal: Principal, scope: Scope) -> str:
        """Begin a session for a login that the cloud accepted; the token that stands for it, always a new one."""
        token = secrets.token_urlsafe(32)
        at = now()
        kept = _Kept(
            principal.id, principal.user, principal.password.reveal(), scope, secrets.token_urlsafe(24), at + LONGEST
        )
        key = _key(token)
        await self._store.records.create(Record(key, _KIND, key, msgspec.json.encode(kept), at, at))
        return f"{token}.{await self._signature(token)}"

    async def find(self, signed: str) -> Session | None:
        """The session that a token stands for; None for one that is forged, over or unknown."""
        key = await self._checked(signed)
        record = await self._store.records.get(key, _KIND, key) if key else None
        if record is None:
            return None
        kept = msgspec.json.decode(record.content, type=_Kept)
        if kept.expires_at <= now():
            await self._store.records.delete(key, _KIND, key)
            return None
        principal = Principal(kept.principal_id, kept.user, Secret(kept.password))
        return Session(principal, kept.scope, kept.csrf, kept.expires_at)

    async def look_at(self, signed: str, scope: Scope) -> None:
        """Let the session look at another data center."""
        key = await self._checked(signed)

        def edit(content: bytes) -> bytes:
            kept = msgspec.json.decode(content, type=_Kept)
            return msgspec.json.encode(msgspec.structs.replace(kept, scope=scope))

        if key:
            await self._store.records.edit(key, _KIND, key, edit, now())

    async def close(self, signed: str) -> None:
        """End a session; repeating does nothing."""
        key = await self._checked(signed)
        if key:
            await self._store.records.delete(key, _KIND, key)

    async def _checked(self, signed: str) -> str:
        """Under what the session is kept, empty for a token that was not made here."""
        token, _, signature = signed.partition(".")
        if len(signed) > 200 or not signed.isascii() or not token:
            return ""
        return _key(token) if hmac.compare_digest(signature, await self._signature(token)) else ""

    async def _signature(self, token: str) -> str:
        secret = await self._store.secret("session")
        return hmac.new(secret, token.encode(), hashlib.sha256).hexdigest()


def _key(token: str) -> str:
    """Whoever reads the database learns no token from it."""
    return f"session/{hashlib.sha256(token.encode()).hexdigest()}"
