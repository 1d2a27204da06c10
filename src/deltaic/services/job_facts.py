"""What a job's end is derived from: its flows' journal, and the jobs above and below it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from deltaic.model.job import Job
from deltaic.ports.operations import FlowStatus, Operations, attempt_after
from deltaic.ports.store import Store
from deltaic.services.job_ends import Facts, derive


class JobFacts:
    """Reads them, for any number of jobs at once."""

    def __init__(self, store: Store, operations: Operations, grace: timedelta) -> None:
        self._jobs = store.jobs
        self._operations = operations
        self._grace = grace

    async def of(self, jobs: Sequence[Job], at: datetime) -> dict[str, Facts]:
        """What is known of jobs, of their parts and of the parts of these, by the jobs' ids."""
        known, parts = await self._with_parts(jobs)
        above = await self._above(known)
        linked = {link.id for job in (*known, *above.values()) for link in job.flows}
        statuses = await self._operations.statuses(linked) if linked else {}

        def attempts(job: Job) -> list[FlowStatus | None]:
            return [attempt_after(statuses.get(link.id, ()), link.passed) for link in job.flows]

        driving = {job.id for job in above.values() if any(one and one.state == "running" for one in attempts(job))}
        facts: dict[str, Facts] = {}
        for job in reversed(known):
            below = [
                derive(part, facts[part.id], at, self._grace) if part.id in facts else part for part in parts[job.id]
            ]
            facts[job.id] = Facts(attempts(job), below, job.parent in driving)
        return facts

    async def _with_parts(self, jobs: Sequence[Job]) -> tuple[list[Job], dict[str, list[Job]]]:
        """These jobs and all unfinished ones below them, the upper ones first; and the parts of each."""
        known = {job.id: job for job in jobs}
        parts: dict[str, list[Job]] = defaultdict(list)
        waiting = list(jobs)
        while waiting:
            below = await self._jobs.parts([job.id for job in waiting])
            for job in below:
                parts[job.parent].append(job)
            waiting = [job for job in below if not job.final]
            for job in waiting:
                known.pop(job.id, None)
                known[job.id] = job
        return list(known.values()), parts

    async def _above(self, jobs: Sequence[Job]) -> dict[str, Job]:
        """The jobs whose flows may still be about to begin something for an unsettled part."""
        found: dict[str, Job] = {}
        for job in jobs:
            if not job.settled and job.parent and job.parent not in found:
                above = await self._jobs.get(job.owner, job.parent)
                found |= {above.id: above} if above is not None else {}
        return found
