"""The job round every request that changes something."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Final
from urllib.parse import unquote

import structlog
from starlette.responses import Response

from deltaic.frontends.cimi.call import Call
from deltaic.frontends.cimi.world import World
from deltaic.model.errors import Error, ErrorKind

log = structlog.get_logger("deltaic.cimi")

PATH: Final = "jobs"
HEADER: Final = "CIMI-Job-URI"


class Work:
    """What the handler of a request is given instead of its call; it notes in `affected` what came of it.

    `note` is what the client should know beside the answer.
    """

    def __init__(self, call: Call) -> None:
        self.call = call
        self.affected: tuple[str, ...] = ()
        self.note = ""
        self._kept = False

    def made(self, uri: str) -> None:
        """Note what was made, by its absolute URI."""
        self.affected = (unquote(uri.removeprefix(self.call.links.base + "/")),)

    def kept(self) -> None:
        """Note that the job can be looked at."""
        self._kept = True

    def answer(self, response: Response) -> Response:
        """The answer, with the address of the job."""
        if self._kept:
            response.headers[HEADER] = self.call.links.to(PATH, self.call.context.job)
        return response


@asynccontextmanager
async def working(call: Call, action: str, segments: tuple[str, ...]) -> AsyncIterator[Work]:
    """Begin a job of that verb on a resource, and end it as the request ends; requests about jobs have none."""
    if segments[0] == PATH:
        yield Work(call)
        return
    jobs = call.services.jobs
    context = await jobs.begin(call.context, action, "/".join(segments))
    work = Work(replace(call, context=context, world=World(call.services, context)))
    try:
        yield work
    except Exception as fault:
        error = fault if isinstance(fault, Error) else Error(ErrorKind.INTERNAL, "The request failed")
        await _noted(jobs.fail(context, error), context.request_id)
        raise
    except BaseException:
        jobs.drop(context)
        raise
    if await _noted(jobs.settle(context, work.affected, work.note), context.request_id):
        work.kept()


async def _noted(writing: Awaitable[None], request_id: str) -> bool:
    """Whether it could be written down: what the cloud did stands, whatever becomes of the job."""
    try:
        await writing
    except Error as error:
        log.warning("job not written", request_id=request_id, error=error.message)
        return False
    return True
