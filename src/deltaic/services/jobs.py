"""Jobs: every request that changes something has one, and its end is what its flows' journal says."""

from __future__ import annotations

import asyncio
import uuid
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import msgspec
from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind, invalid, not_found
from deltaic.model.job import FlowLink, Job, JobState
from deltaic.ports.operations import Operations
from deltaic.ports.store import JobEdit, Store
from deltaic.services.identity import now
from deltaic.services.job_ends import GRACE, derive, over
from deltaic.services.job_facts import JobFacts

#: An owner's finished jobs beyond so many are forgotten early, the oldest first; how many may come in between.
MOST_JOBS: Final = 2000
_UNTRIMMED: Final = 64
#: Bytes of a job's name, description and properties.
_MOST_BYTES: Final = 16 * 1024
#: Jobs in one look of the sweeper.
_BATCH: Final = 200
#: Names the ids of parts, which are computed so that a repeated flow finds its own.
_PARTS: Final = uuid.UUID("0f0b7d0a-5a57-4b0e-8b4c-5f2f5c7a0b11")


class JobChanges(Struct, frozen=True):
    """What a caller may change of a job; what is left out stays."""

    name: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    properties: dict[str, str] | UnsetType = UNSET


class _Begun:
    """A job whose request is under way here; `written` once it is in the store."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.written = False
        self.writing = asyncio.Lock()


class JobService:
    """A caller's jobs: nobody else ever sees them.

    A job is written down with its first flow or when its request is over, whichever comes first: a refused request
    leaves none. After `grace`, which is longer than any request, what is not answered was left by a dead gateway.
    """

    def __init__(self, store: Store, operations: Operations, grace: timedelta = GRACE) -> None:
        self._jobs = store.jobs
        self._operations = operations
        self._grace = grace
        self._facts = JobFacts(store, operations, grace)
        self._begun: dict[str, _Begun] = {}
        self._untrimmed: dict[str, int] = defaultdict(int)

    async def begin(self, context: Context, action: str, target: str, *, part: str = "") -> Context:
        """The context of a new job: hand it to whatever works for it, then `settle` or `fail` it.

        `target` is an address relative to the base, `machines/ID`. With a `part`, which tells it from others, it is a
        part of the context's job; repeated, it is the same one, and is written down at once.
        """
        at = now()
        if not part:
            job = Job(str(uuid.uuid4()), context.owner, action, target, at, at)
            self._begun[job.id] = _Begun(job)
            return replace(context, job=job.id)
        job_id = str(uuid.uuid5(_PARTS, f"{context.job or context.request_id}/{part}"))
        if await self._jobs.get(context.owner, job_id) is None:
            try:
                await self._jobs.create(Job(job_id, context.owner, action, target, at, at, parent=context.job))
            except Error as error:
                if error.kind is not ErrorKind.ALREADY_EXISTS:
                    raise
        return replace(context, job=job_id)

    async def link(self, context: Context, flow: str, flow_id: str) -> None:
        """Let the context's job be derived from a flow that is about to start or runs already."""
        if not context.job:
            return
        link = FlowLink(flow_id, now(), await self._operations.passed(flow, flow_id))
        begun = self._begun.get(context.job)
        if begun is not None:
            async with begun.writing:
                if not begun.written:
                    await self._jobs.create(replace(begun.job, flows=(link,)))
                    begun.written = True
                    return
        await self._jobs.link(context.job, link)

    async def settle(self, context: Context, affected: Sequence[str] = (), message: str = "") -> None:
        """The request is over and was answered well: what goes on are its flows and parts. Safe to repeat.

        `message` is what its caller should know, failed or not.
        """
        begun = self._begun.pop(context.job, None)
        if begun is not None and not begun.written:
            await self._jobs.create(over(_told(begun.job, affected, message), JobState.SUCCESS, now()))
            await self._trim(context.owner)
            return

        def settled(old: Job) -> Job:
            return old if old.final else replace(_told(old, affected, message), settled=True)

        await self._edit_if_there(context, settled)
        await self._trim(context.owner)

    async def fail(self, context: Context, error: Error) -> None:
        """The request failed. What goes on of it all the same keeps its job, as a part does; others leave none."""
        begun = self._begun.pop(context.job, None)
        if begun is not None and not begun.written:
            return
        job = await self._jobs.get(context.owner, context.job)
        if job is None:
            return
        facts = (await self._facts.of([job], now()))[job.id]
        if any(status is not None and status.state == "running" for status in facts.flows):
            await self._edit_if_there(context, lambda old: old if old.final else replace(old, settled=True))
        elif job.parent or facts.parts:
            at = now()
            await self._edit_if_there(context, lambda old: old if old.final else over(old, JobState.FAILED, at, error))
        else:
            await self._jobs.delete(context.owner, job.id)

    def drop(self, context: Context) -> None:
        """Forget a job whose request ended in no orderly way, if nothing was begun for it."""
        self._begun.pop(context.job, None)

    async def look(self, context: Context) -> Job:
        """The context's own job as it stands now; NOT_FOUND."""
        return await self.get(context, context.job)

    async def list(self, context: Context) -> Sequence[Job]:
        """The caller's jobs as they stand now, oldest first."""
        return await self._current(await self._jobs.list(context.owner))

    async def get(self, context: Context, job_id: str) -> Job:
        """One of them; NOT_FOUND."""
        found = await self._jobs.get(context.owner, job_id)
        if found is None:
            raise not_found("job", job_id)
        return (await self._current([found]))[0]

    async def parts(self, context: Context, job_id: str) -> Sequence[Job]:
        """The jobs that are part of one, oldest first; their ends are those written down."""
        return [job for job in await self._jobs.parts([job_id]) if job.owner == context.owner]

    async def edit(self, context: Context, job_id: str, changes: JobChanges) -> None:
        """Change a job's name, description or properties; NOT_FOUND, INVALID when they are too long."""
        wanted = {name: value for name in changes.__struct_fields__ if (value := getattr(changes, name)) is not UNSET}
        if len(msgspec.json.encode(wanted)) > _MOST_BYTES:
            raise invalid("properties", f"Name, description and properties are limited to {_MOST_BYTES} bytes")
        await self._jobs.edit(context.owner, job_id, lambda old: replace(old, **wanted))

    async def stop(self, context: Context, job_id: str) -> None:
        """Call a job off; CONFLICT when it is over or can't be stopped, NOT_FOUND."""
        job = await self.get(context, job_id)
        if not stoppable(job):
            raise _refused(job, "is over" if job.final else "can't be stopped")
        at = now()

        def stopping(old: Job) -> Job:
            return replace(old, state=JobState.STOPPING, changed_at=at) if stoppable(old) else old

        await self._jobs.edit(context.owner, job_id, stopping)

    async def delete(self, context: Context, job_id: str) -> None:
        """Forget a job and its parts; one that runs is stopped for it. CONFLICT when that can't be, NOT_FOUND."""
        job = await self.get(context, job_id)
        if job.parent and (above := await self._jobs.get(context.owner, job.parent)) is not None and not above.final:
            raise _refused(job, "is part of one that is not over")
        if not job.final and job.state is not JobState.STOPPING:
            await self.stop(context, job_id)
        for part in await self._jobs.parts([job_id]):
            await self.delete(context, part.id)
        await self._jobs.delete(context.owner, job_id)

    async def sweep(self, forget: timedelta) -> int:
        """Look at every unfinished job, so that it ends even if nobody asks; forget what ended long ago."""
        after, ended = "", 0
        while batch := await self._jobs.unfinished(_BATCH, after):
            after = batch[-1].id
            ended += sum(job.final for job in await self._current(batch))
        await self._jobs.forget_older(now() - forget)
        return ended

    async def _current(self, jobs: Sequence[Job]) -> Sequence[Job]:
        """Jobs as they stand now; those that have ended are written down so."""
        at = now()
        facts = await self._facts.of([job for job in jobs if not job.final], at)
        return [
            await self._kept(job, derive(job, facts[job.id], at, self._grace)) if job.id in facts else job
            for job in jobs
        ]

    async def _kept(self, old: Job, new: Job) -> Job:
        if not new.final or old.final:
            return new

        def ended(stored: Job) -> Job:
            if stored.final:
                return stored
            return replace(new, name=stored.name, description=stored.description, properties=stored.properties)

        return await self._edited(old.owner, old.id, ended) or new

    async def _edit_if_there(self, context: Context, edit: JobEdit) -> None:
        await self._edited(context.owner, context.job, edit)

    async def _edited(self, owner: str, job_id: str, edit: JobEdit) -> Job | None:
        """The changed job; None when it was forgotten meanwhile."""
        try:
            return await self._jobs.edit(owner, job_id, edit)
        except Error as error:
            if error.kind is not ErrorKind.NOT_FOUND:
                raise
            return None

    async def _trim(self, owner: str) -> None:
        self._untrimmed[owner] += 1
        if self._untrimmed[owner] >= _UNTRIMMED:
            del self._untrimmed[owner]
            await self._jobs.keep_newest(owner, MOST_JOBS)


def stoppable(job: Job) -> bool:
    """Whether stopping works: a launch can be called off as long as its machine is not up."""
    return job.state is JobState.RUNNING and bool(job.flows) and all(is_launch(link.id) for link in job.flows)


def is_launch(flow_id: str) -> bool:
    """Whether a flow's id is that of a launch."""
    return flow_id.startswith("launch:")


def _refused(job: Job, reason: str) -> Error:
    return Error(ErrorKind.CONFLICT, f"The job '{job.id}' {reason}", resource="job", resource_id=job.id)


def _told(job: Job, affected: Sequence[str], message: str) -> Job:
    return replace(job, affected=tuple(affected) or job.affected, message=message or job.message)
