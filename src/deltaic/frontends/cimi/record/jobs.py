"""Jobs: what the caller's requests have changed, and what goes on of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from deltaic.frontends.cimi.call import Call
from deltaic.frontends.cimi.common import Document
from deltaic.frontends.cimi.record.job_render import render
from deltaic.frontends.cimi.tree import Owners
from deltaic.frontends.http.pace import paced
from deltaic.model.job import Job
from deltaic.services.jobs import JobChanges

SHOWS = (
    "state",
    "targetResource",
    "affectedResources",
    "action",
    "returnCode",
    "progress",
    "statusMessage",
    "timeOfStatusChange",
    "parentJob",
    "nestedJobs",
)


async def list_jobs(call: Call, owners: Owners) -> Sequence[Document]:
    """The caller's jobs, oldest first."""
    jobs = await call.services.jobs.list(call.context)
    nested = _nested(jobs)
    return [render(call.links, job, nested.get(job.id, ())) async for job in paced(jobs)]


async def get_job(call: Call, owners: Owners, wanted: str) -> Document:
    """One job, or NOT_FOUND."""
    job = await call.services.jobs.get(call.context, wanted)
    nested = _nested(await call.services.jobs.parts(call.context, wanted))
    return render(call.links, job, nested.get(wanted, ()))


async def edit(call: Call, owners: Owners, wanted: str, changes: Document) -> None:
    """Give a job another name, description or properties; None erases."""
    empty: Document = {"name": "", "description": "", "properties": {}}
    given = {name: changes[name] or none for name, none in empty.items() if name in changes}
    await call.services.jobs.edit(call.context, wanted, JobChanges(**given))


async def delete(call: Call, owners: Owners, wanted: str) -> None:
    """Forget a job; one that runs is stopped, or CONFLICT where that can't be."""
    await call.services.jobs.delete(call.context, wanted)


async def stop(call: Call, owners: Owners, wanted: str, asked: Document) -> None:
    """Call a job off; CONFLICT where that can't be."""
    await call.services.jobs.stop(call.context, wanted)


def _nested(jobs: Sequence[Job]) -> Mapping[str, list[str]]:
    nested: dict[str, list[str]] = defaultdict(list)
    for job in jobs:
        nested[job.parent].append(job.id)
    return nested
