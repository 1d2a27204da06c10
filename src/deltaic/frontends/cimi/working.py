"""The job round every request that changes something."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Final
from urllib.parse import unquote

import structlog

from deltaic.frontends.cimi.call import Call
from deltaic.frontends.cimi.exchange import Exchange
from deltaic.frontends.cimi.world import World
from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind
from deltaic.services.jobs import JobService

log = structlog.get_logger("deltaic.cimi")

JOBS: Final = "jobs"


class Work:
    """What the handler of a request is given instead of its call; it notes in `affected` what came of it.

    `note` is what the client should know beside the answer.
    """

    def __init__(self, call: Call) -> None:
        self.call = call
        self.affected: tuple[str, ...] = ()
        self.note = ""

    def made(self, uri: str) -> None:
        """Note what was made, by its absolute URI."""
        self.affected = (unquote(uri.removeprefix(self.call.links.base + "/")),)


@asynccontextmanager
async def working(exchange: Exchange, call: Call, action: str, segments: tuple[str, ...]) -> AsyncIterator[Work]:
    """Begin a job of that verb on a resource, and end it as the request ends; requests about jobs have none.

    The exchange learns of a job that is there afterwards: also where a request ran out of time and its work goes on.
    """
    if segments[0] == JOBS:
        yield Work(call)
        return
    jobs = call.services.jobs
    context = await jobs.begin(call.context, action, "/".join(segments))
    work = Work(replace(call, context=context, world=World(call.services, context)))
    try:
        yield work
    except Exception as fault:
        error = fault if isinstance(fault, Error) else Error(ErrorKind.INTERNAL, "The request failed")
        if await _noted(jobs.fail(context, error), context.request_id):
            exchange.job = context.job
        raise
    except BaseException:
        jobs.drop(context)
        raise
    if await _noted(_settled(jobs, context, work), context.request_id):
        exchange.job = context.job


async def _settled(jobs: JobService, context: Context, work: Work) -> bool:
    await jobs.settle(context, work.affected, work.note)
    return True


async def _noted(writing: Awaitable[bool], request_id: str) -> bool:
    """Whether there is a job now; what the cloud did stands, whatever becomes of the job."""
    try:
        return await writing
    except Error as error:
        log.warning("job not written", request_id=request_id, error=error.message)
        return False
