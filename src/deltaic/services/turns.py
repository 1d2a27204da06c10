"""Edits of one thing happen one after another, on all gateways that share a store.

A cloud whose changes are read, edited and written as a whole loses one of two edits at the same moment, whichever
process they come from. Who is at it keeps a claim in the store; a claim that nobody gives back is dropped by a process
that has seen it for too long, in one wait or in several, so that no gateway that froze or died holds up the others.
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
#: Claims of others that are remembered.
_MOST_SEEN: Final = 1000

Sleep = Callable[[float], Awaitable[None]]


class Turns:
    """Whoever wants to edit a thing waits for its turn, as long as the caller's deadline lets it."""

    def __init__(self, store: Store, clock: Callable[[], float] = time.monotonic, sleep: Sleep = asyncio.sleep) -> None:
        self._idempotency = store.idempotency
        self._clock = clock
        self._sleep = sleep
        self._here = Locks()
        #: By thing: whose claim was seen, and when first. Waits may be shorter than a dead claim's life.
        self._seen: dict[str, tuple[str, float]] = {}
        self._leaving: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def alone(self, thing: str) -> AsyncIterator[None]:
        """Nobody else is in such a block for this thing."""
        async with self._here.alone(thing):
            claim = await self._claim(thing)
            try:
                yield
            finally:
                # Whoever is cut off over that, or over asking for the turn, still gives it back.
                await asyncio.shield(self._giving_back(claim))

    async def _claim(self, thing: str) -> IdempotencyRecord:
        mine = IdempotencyRecord(OWNER, thing, secrets.token_hex(8), now())
        pause = _FIRST_PAUSE
        while True:
            held = await self._asked(mine)
            if held.fingerprint == mine.fingerprint:
                self._seen.pop(thing, None)
                return mine
            if self._clock() - self._since(held) >= STALE_SECONDS:
                log.warning("an edit was not ended", thing=thing)
                await self._idempotency.release(held)
                continue
            await self._sleep(pause)
            pause = min(_LONGEST_PAUSE, pause * 1.5)

    async def _asked(self, mine: IdempotencyRecord) -> IdempotencyRecord:
        try:
            return await self._idempotency.claim(mine)
        except BaseException:
            self._giving_back(mine)
            raise

    def _since(self, held: IdempotencyRecord) -> float:
        """When this process first saw a claim."""
        fingerprint, since = self._seen.get(held.token, ("", 0.0))
        if fingerprint != held.fingerprint:
            since = self._clock()
            if len(self._seen) >= _MOST_SEEN:
                del self._seen[next(iter(self._seen))]
            self._seen[held.token] = held.fingerprint, since
        return since

    def _giving_back(self, claim: IdempotencyRecord) -> asyncio.Task[None]:
        task = asyncio.create_task(self._give_back(claim))
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)
        return task

    async def _give_back(self, claim: IdempotencyRecord) -> None:
        try:
            await self._idempotency.release(claim)
        except Error as error:
            # The edit is done; the next one waits a little longer.
            log.warning("a turn was not given back", thing=claim.token, kind=error.kind.value)
