"""On whose behalf a flow's step acts: a fresh context per step, from what the journal may hold."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from deltaic.model.context import Context, Principal, Scope
from deltaic.model.errors import Error, ErrorKind
from deltaic.ports.operations import FlowInput
from deltaic.ports.store import Store

#: For how long a flow waits for a caller whose token has ended: each request of theirs renews it.
AWAITED: Final = timedelta(hours=6)


async def context_of(store: Store, given: FlowInput) -> Context:
    """Resolve the caller's credentials (`key:AKIA...` or `user:...`) and give them a new deadline of a minute.

    A key revoked after the request still finishes what the request began, but nothing is done with the token of a key
    that the cloud issued once it has ended: the error is retryable as long as the caller may come back with a newer
    one. UNAUTHENTICATED when nothing is known, or nothing that is still good.
    """
    principal = await _principal(store, given.principal_id)
    if principal is None:
        raise Error(
            ErrorKind.UNAUTHENTICATED,
            "The credentials of an unfinished operation are no longer known",
            context={"principal": given.principal_id},
        )
    late = None if principal.expires_at is None else datetime.now(UTC) - principal.expires_at
    if late is not None and late >= timedelta(0):
        raise Error(
            ErrorKind.UNAUTHENTICATED,
            "The operation took longer than the cloud lets the token of its caller live; ask for it again",
            context={"principal": given.principal_id, "reason": "token_expired"},
            retryable=late < AWAITED,
        )
    scope = Scope(given.provider, given.data_center, given.view)
    return Context(principal, scope, given.request_id, job=given.job)


async def _principal(store: Store, principal_id: str) -> Principal | None:
    kind, _, name = principal_id.partition(":")
    if kind != "key":
        return await store.logins.get(principal_id)
    key = await store.access_keys.get(name)
    return None if key is None else Principal(principal_id, key.user, key.password)
