"""Ends unfinished jobs whether or not somebody looks at them, and forgets old ones."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Final

import structlog

from deltaic.model.errors import Error
from deltaic.services.jobs import JobService

log = structlog.get_logger(__name__)

INTERVAL_SECONDS: Final = 60.0


async def keep_jobs(jobs: JobService, retention: timedelta) -> None:
    """Sweep until cancelled; what fails is tried again at the next round."""
    while True:
        try:
            log.debug("jobs swept", ended=await jobs.sweep(retention))
        except Exception as fault:
            log.warning("job sweep failed", error=fault.message if isinstance(fault, Error) else type(fault).__name__)
        await asyncio.sleep(INTERVAL_SECONDS)
