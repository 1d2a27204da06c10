"""How a job stands, derived from its flows' journal and from the jobs that are part of it. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from deltaic.model.errors import Error, ErrorKind
from deltaic.model.job import Job, JobState
from deltaic.ports.operations import CALLED_OFF, FlowStatus

#: A request is over after so long, and what it linked has begun, unless its gateway died. For the usual time-out.
GRACE: Final = timedelta(seconds=90)

#: Flows that make one thing and end with its id.
_MAKERS: Final = frozenset({"launch", "image-capture", "volume-create", "network-create", "system-create"})

_LOST: Final = Error(
    ErrorKind.UNAVAILABLE, "The gateway was stopped before this was begun or written down; nothing goes on of it"
)


class Facts(Struct, frozen=True):
    """What is known beside a job: the attempts at its flows in their order (None: not known), and its parts.

    `driven` tells that a flow of the job above may still begin something for it.
    """

    flows: Sequence[FlowStatus | None] = ()
    parts: Sequence[Job] = ()
    driven: bool = False


def derive(job: Job, facts: Facts, at: datetime, grace: timedelta = GRACE) -> Job:
    """The job as it stands at a moment; one that is over stays as it is. `grace` is longer than any request."""
    if job.final:
        return job
    if _goes_on(job, facts, at, grace):
        return replace(job, progress=_progress(job, facts))
    return _over(job, facts, at)


def over(job: Job, state: JobState, at: datetime, error: Error | None = None) -> Job:
    """A job at its end."""
    known = replace(job, state=state, progress=100, changed_at=max(job.created_at, at), settled=True)
    return known if error is None else replace(known, error=error.kind.value, message=error.message)


def _goes_on(job: Job, facts: Facts, at: datetime, grace: timedelta) -> bool:
    if not job.settled and (facts.driven or at - job.created_at < grace):
        return True
    for link, status in zip(job.flows, facts.flows, strict=True):
        if at - link.at < grace if status is None else status.state == "running":
            return True
    return any(not part.final for part in facts.parts)


def _progress(job: Job, facts: Facts) -> int:
    """The request itself, every flow and every part count alike."""
    done = sum(100 for status in facts.flows if status is not None and status.state != "running")
    done += sum(part.progress for part in facts.parts) + (100 if job.settled else 0)
    return min(99, done // (1 + len(facts.flows) + len(facts.parts)))


def _over(job: Job, facts: Facts, at: datetime) -> Job:
    known = [status for status in facts.flows if status is not None]
    moments = [status.ended for status in known if status.ended is not None]
    moments += [part.changed_at for part in facts.parts]
    ended = max(moments, default=at)
    error = _failure(job, facts)
    if error is not None:
        return over(job, JobState.FAILED, ended, error)
    if any(status.result == CALLED_OFF for status in known):
        stopped = Error(ErrorKind.CONFLICT, "It was called off")
        return replace(over(job, JobState.STOPPED, ended), message=stopped.message)
    return over(replace(job, affected=job.affected or _made(job, known)), JobState.SUCCESS, ended)


def _failure(job: Job, facts: Facts) -> Error | None:
    for status in facts.flows:
        if status is None:
            return _LOST
        if status.state == "failed":
            return Error(ErrorKind(status.kind), status.error)
    unfit = [part for part in facts.parts if part.state is not JobState.SUCCESS]
    if unfit:
        first = unfit[0]
        kind = ErrorKind(first.error) if first.error else ErrorKind.CONFLICT
        return Error(kind, f"{len(unfit)} of {len(facts.parts)} parts did not succeed: {first.message}")
    return None if job.settled or facts.flows or facts.parts else _LOST


def _made(job: Job, known: Sequence[FlowStatus]) -> tuple[str, ...]:
    """What a request made that did not live to tell it."""
    if job.action != "add" or len(known) != 1 or known[0].flow not in _MAKERS:
        return ()
    return (f"{job.target}/{known[0].result.decode()}",)
