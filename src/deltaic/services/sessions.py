"""Sessions: a login of a person at a browser, kept while they work."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime
from typing import Final

import msgspec
from msgspec import Struct

from deltaic.model.context import Principal, Scope
from deltaic.model.secret import Secret
from deltaic.ports.sessions import KIND, LONGEST
from deltaic.ports.store import Record, Store
from deltaic.services.identity import now

#: Sessions of one user at one cloud; beyond them the oldest ends.
MOST: Final = 20


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
    """The verbs on sessions. What a browser holds is a signed random token; the login stays here, sealed.

    The token is `<drawer>.<random>.<signature>`: the drawer says under which user the session is kept, and tells
    nobody else who that is.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    async def open(self, principal: Principal, scope: Scope) -> str:
        """Begin a session for a login that the cloud accepted; the token that stands for it, always a new one."""
        token = secrets.token_urlsafe(32)
        at = now()
        kept = _Kept(
            principal.id, principal.user, principal.password.reveal(), scope, secrets.token_urlsafe(24), at + LONGEST
        )
        drawer = (await self._signature(f"drawer\0{scope.provider}\0{principal.user}"))[:32]
        owner = _owner(drawer)
        await self._store.records.create(Record(owner, KIND, _key(token), msgspec.json.encode(kept), at, at))
        for old in (await self._store.records.list(owner, KIND))[:-MOST]:
            await self._store.records.delete(owner, KIND, old.id)
        return f"{drawer}.{token}.{await self._signature(f'{drawer}.{token}')}"

    async def find(self, signed: str) -> Session | None:
        """The session that a token stands for; None for one that is forged, over or unknown."""
        owner, key = await self._checked(signed)
        record = await self._store.records.get(owner, KIND, key) if key else None
        if record is None:
            return None
        kept = msgspec.json.decode(record.content, type=_Kept)
        if kept.expires_at <= now():
            await self._store.records.delete(owner, KIND, key)
            return None
        principal = Principal(kept.principal_id, kept.user, Secret(kept.password))
        return Session(principal, kept.scope, kept.csrf, kept.expires_at)

    async def look_at(self, signed: str, scope: Scope) -> None:
        """Let the session look at another data center."""
        owner, key = await self._checked(signed)

        def edit(content: bytes) -> bytes:
            kept = msgspec.json.decode(content, type=_Kept)
            return msgspec.json.encode(msgspec.structs.replace(kept, scope=scope))

        if key:
            await self._store.records.edit(owner, KIND, key, edit, now())

    async def close(self, signed: str) -> None:
        """End a session; repeating does nothing."""
        owner, key = await self._checked(signed)
        if key:
            await self._store.records.delete(owner, KIND, key)

    async def _checked(self, signed: str) -> tuple[str, str]:
        """Under which owner and id the session is kept, both empty for a token that was not made here."""
        said, _, signature = signed.rpartition(".")
        drawer, _, token = said.partition(".")
        if len(signed) > 200 or not signed.isascii() or not token:
            return "", ""
        if not hmac.compare_digest(signature, await self._signature(said)):
            return "", ""
        return _owner(drawer), _key(token)

    async def _signature(self, text: str) -> str:
        secret = await self._store.secret("session")
        return hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()


def _owner(drawer: str) -> str:
    return f"session/{drawer}"


def _key(token: str) -> str:
    """Whoever reads the database learns no token from it."""
    return hashlib.sha256(token.encode()).hexdigest()
