"""A job as clients see it: pure functions from the model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from deltaic.frontends.cimi.common import Document, common, operation
from deltaic.frontends.cimi.links import Links
from deltaic.frontends.cimi.working import PATH
from deltaic.model.errors import ErrorKind
from deltaic.model.job import Job, JobState
from deltaic.protocols.cimi.errors import STATUS
from deltaic.protocols.cimi.kinds import NAMESPACE
from deltaic.services.jobs import stoppable

STATES: Final = {state: state.value.upper() for state in JobState}
#: What `returnCode` says of a success; of a failure it is the HTTP status that the same error has at once.
_SUCCESS: Final = 0


def render(links: Links, job: Job, nested: Sequence[str]) -> Document:
    """One job with the ids of those that are part of it. An address may be that of what is there no more."""
    uri = links.to(PATH, job.id)
    document = common(uri, job.name, job.description, job.created_at, job.properties)
    document |= {
        "updated": job.changed_at,
        "state": STATES[job.state],
        "targetResource": _at(links, job.target),
        "affectedResources": [_at(links, address) for address in job.affected],
        "action": f"{NAMESPACE}/action/{job.action}",
        "progress": job.progress,
        "timeOfStatusChange": job.changed_at,
        "nestedJobs": [links.ref(PATH, part) for part in nested],
        "operations": [operation(verb, uri) for verb in _verbs(job)],
    }
    if job.final:
        document["returnCode"] = STATUS[ErrorKind(job.error)] if job.error else _SUCCESS
    if job.message:
        document["statusMessage"] = job.message
    if job.parent:
        document["parentJob"] = links.ref(PATH, job.parent)
    return document


def _verbs(job: Job) -> tuple[str, ...]:
    if job.final:
        return ("edit", "delete")
    return ("edit", "delete", "stop") if stoppable(job) else ("edit",)


def _at(links: Links, address: str) -> Document:
    return links.ref(*address.split("/"))
