"""Drops what nobody asks for any more."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import structlog

from deltaic.model.errors import Error
from deltaic.model.tombstone import TOMBSTONE_SECONDS
from deltaic.ports import sessions
from deltaic.ports.store import Store

log = structlog.get_logger(__name__)

INTERVAL_SECONDS = 600.0
#: Client tokens must hold at least 24 hours.
TOKENS_KEPT = timedelta(hours=48)
#: No flow runs longer: sealed logins of callers without an access key go after it.
LOGINS_KEPT = timedelta(hours=26)
TOMBSTONES_KEPT = timedelta(seconds=2 * TOMBSTONE_SECONDS)


async def sweep(store: Store, now: datetime) -> dict[str, int]:
    """Drop old client tokens, tombstones, logins and sessions; returns how many of each."""
    return {
        "tokens": await store.idempotency.forget_older(now - TOKENS_KEPT),
        "tombstones": await store.tombstones.forget_older(now - TOMBSTONES_KEPT),
        "logins": await store.logins.forget_older(now - LOGINS_KEPT),
        "sessions": await store.records.forget_older(sessions.KIND, now - sessions.LONGEST),
    }


async def keep_house(store: Store) -> None:
    """Sweep until cancelled; what fails is tried again at the next round."""
    while True:
        try:
            log.debug("swept", **await sweep(store, datetime.now(UTC)))
        except Exception as fault:
            log.warning("sweep failed", error=fault.message if isinstance(fault, Error) else type(fault).__name__)
        await asyncio.sleep(INTERVAL_SECONDS)
