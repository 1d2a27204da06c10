"""Access keys: AWS-style credentials that a caller makes for tools, each standing for their login at the cloud."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from deltaic.model.access_key import AccessKey, AccessKeyInfo, new_access_key, new_secret_key
from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind, invalid, not_found
from deltaic.model.secret import Secret
from deltaic.ports.store import Store
from deltaic.services.identity import now

#: Active keys of one user on one cloud.
MOST_KEYS: Final = 20
_LONGEST: Final = 200


class AccessKeyService:
    """The verbs on a caller's own access keys."""

    def __init__(self, store: Store) -> None:
        self._keys = store.access_keys

    async def list(self, context: Context) -> Sequence[AccessKeyInfo]:
        """The caller's keys on their cloud, the newest first; revoked ones too."""
        own = [key for key in await self._keys.list() if _belongs(key, context)]
        return sorted(own, key=lambda key: key.created_at, reverse=True)

    async def create(self, context: Context, description: str = "") -> AccessKey:
        """Make a key for the login with which the caller is here; its secret is told this once. QUOTA, FORBIDDEN."""
        if context.principal.token:
            # Such a key would work for an hour, and then no more.
            raise Error(ErrorKind.FORBIDDEN, "An access key is made by somebody who logs in with a password")
        if len(description) > _LONGEST or not (description.isprintable() or not description):
            raise invalid("description", f"A description has at most {_LONGEST} printable characters")
        if sum(key.revoked_at is None for key in await self.list(context)) >= MOST_KEYS:
            raise Error(ErrorKind.QUOTA, f"A user has at most {MOST_KEYS} access keys", resource="access_key")
        key = AccessKey(
            id=new_access_key(),
            secret_key=Secret(new_secret_key()),
            user=context.principal.user,
            password=context.principal.password,
            provider=context.scope.provider,
            created_at=now(),
            description=description,
            view=context.scope.view,
        )
        await self._keys.create(key)
        return key

    async def revoke(self, context: Context, key_id: str) -> None:
        """End a key of the caller; gateways notice within seconds. NOT_FOUND for somebody else's."""
        if key_id not in {key.id for key in await self.list(context)}:
            raise not_found("access_key", key_id)
        await self._keys.revoke(key_id, now())


def _belongs(key: AccessKeyInfo, context: Context) -> bool:
    return (key.user, key.provider) == (context.principal.user, context.scope.provider)
