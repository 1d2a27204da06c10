"""Edits of one thing happen one after another, on all gateways that share a store.

A cloud whose changes are read, edited and written as a whole loses one of two edits at the same moment, whichever
process they come from. Who is at it keeps a claim in the store; a claim that nobody gives back is dropped by whoever
has waited for it for too long, so that no gateway that froze holds up the others.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

import structlog

from deltaic.driver import Locks
from deltaic.model.errors import Error
from deltaic.ports.store import IdempotencyRecord, Store
from deltaic.services.identity import now

log = structlog.get_logger(__name__)

OWNER: Final = "turn"
#: Seconds after which an edit counts as dead; it takes a fraction of one.
STALE_SECONDS: Final = 10.0
_FIRST_PAUSE: Final = 0.05
_LONGEST_PAUSE: Final = 0.5

Sleep = Callable[[float], Awaitable[None]]


class Turns:
    """Whoever wants to edit a thing waits for its turn, as long as the caller's deadline lets it."""

    def __init__(self, store: Store, clock: Callable[[], float] = time.monotonic, sleep: Sleep = asyncio.sleep) -> None:
        self._idempotency = store.idempotency
        self._clock = clock
        self._sleep = sleep
        self._here = Locks()

    @asynccontextmanager
    async def alone(self, thing: str) -> AsyncIterator[None]:
        """Nobody else is in such a block for this thing."""
        async with self._here.alone(thing):
            claim = await self._claim(thing)
            try:
                yield
            finally:
                await self._give_back(claim)

    async def _claim(self, thing: str) -> IdempotencyRecord:
        mine = IdempotencyRecord(OWNER, thing, secrets.token_hex(8), now())
        holder, since, pause = "", self._clock(), _FIRST_PAUSE
        while True:
            held = await self._idempotency.claim(mine)
            if held.fingerprint == mine.fingerprint:
                return mine
            if held.fingerprint != holder:
                holder, since = held.fingerprint, self._clock()
            elif self._clock() - since >= STALE_SECONDS:
                log.warning("an edit was not ended", thing=thing)
                await self._idempotency.release(held)
                continue
            await self._sleep(pause)
            pause = min(_LONGEST_PAUSE, pause * 1.5)

    async def _give_back(self, claim: IdempotencyRecord) -> None:
        try:
            await self._idempotency.release(claim)
        except Error as error:
            # The edit is done; the next one waits a little longer.
            log.warning("a turn was not given back", thing=claim.token, kind=error.kind.value)
