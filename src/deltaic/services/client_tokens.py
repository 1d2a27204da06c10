"""Requests that carry a client's token: carried out once, however often they are repeated."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind
from deltaic.ports.store import IdempotencyRecord, Store
from deltaic.services.identity import now
from deltaic.services.names import launch_id


class ClientTokens:
    """Remembers under each token what it was used for and what came of it. A token belongs to its verb and region."""

    def __init__(self, store: Store) -> None:
        self._idempotency = store.idempotency

    async def once(
        self, context: Context, verb: str, token: str, fingerprint: str, make: Callable[[str], Awaitable[bytes]]
    ) -> bytes:
        """The answer of `make`, which is given a marker: the same one as long as the token's request may be under way.

        A token that was used before gives the answer of then; IDEMPOTENCY_MISMATCH when it was for another request.
        Without a token every call makes something.
        """
        owner = f"{context.client_token_scope}/{verb}"
        if not token:
            return await make(launch_id(owner, "", ""))
        mine = IdempotencyRecord(owner, token, fingerprint, now())
        record = await self._idempotency.claim(mine)
        if record.fingerprint != fingerprint:
            message = "The client token was used before with other arguments"
            raise Error(ErrorKind.IDEMPOTENCY_MISMATCH, message, field="client_token")
        if record.result:
            return record.result
        try:
            made = await make(launch_id(owner, token, record.created_at.isoformat()))
        except Error as error:
            # When time is up it goes on: whoever repeats the token shall meet it, not begin another one.
            if error.kind is not ErrorKind.TIMEOUT:
                await self._idempotency.release(record)
            raise
        await self._idempotency.finish(owner, token, made)
        return made
