"""Jobs: one row each; what is asked for by a query has a column beside the body."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import ColumnElement, delete, select, true, update

from deltaic.model.errors import Error, ErrorKind, not_found
from deltaic.model.job import FlowLink, Job
from deltaic.ports.store import JobEdit
from deltaic.store.database import EDIT_TRIES, Database, edited_by_others
from deltaic.store.tables import jobs

#: Ids per query, well under what either database allows as parameters.
BATCH = 500
_DECODER = msgspec.json.Decoder(Job)


class JobTable:
    """Implements `deltaic.ports.store.Jobs`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, job: Job) -> None:
        """Keep a job; ALREADY_EXISTS when its id is taken."""
        statement = self._database.insert(jobs).values(
            id=job.id, owner=job.owner, parent=job.parent, created_at=job.created_at, **_mutable(job)
        )
        async with self._database.begin() as connection:
            added = await connection.execute(statement.on_conflict_do_nothing().returning(jobs.c.id))
        if added.first() is None:
            raise Error(
                ErrorKind.ALREADY_EXISTS, f"The job '{job.id}' already exists", resource="job", resource_id=job.id
            )

    async def get(self, owner: str, job_id: str) -> Job | None:
        """One of the owner's jobs; None when there is none."""
        async with self._database.begin() as connection:
            query = select(jobs.c.body).where(jobs.c.id == job_id, jobs.c.owner == owner)
            body = (await connection.execute(query)).scalar()
        return None if body is None else _DECODER.decode(body)

    async def list(self, owner: str) -> Sequence[Job]:
        """The owner's jobs by creation time and id."""
        return await self._all(jobs.c.owner == owner)

    async def parts(self, job_ids: Collection[str]) -> Sequence[Job]:
        """The jobs that are part of these, by creation time and id."""
        found: dict[str, Job] = {}
        wanted = sorted(job_ids)
        for at in range(0, len(wanted), BATCH):
            found |= {job.id: job for job in await self._all(jobs.c.parent.in_(wanted[at : at + BATCH]))}
        return sorted(found.values(), key=lambda job: (job.created_at, job.id))

    async def edit(self, owner: str, job_id: str, edit: JobEdit) -> Job:
        """Change one through `edit`; the job as it is then. NOT_FOUND when unknown. Atomic."""
        job = await self._change(job_id, jobs.c.owner == owner, edit)
        if job is None:
            raise not_found("job", job_id)
        return job

    async def link(self, job_id: str, link: FlowLink) -> None:
        """Let a job be derived from a flow, too; repeating changes nothing, neither does an unknown job. Atomic."""

        def linked(job: Job) -> Job:
            known = any(other.id == link.id for other in job.flows)
            return job if known else replace(job, flows=(*job.flows, link))

        await self._change(job_id, true(), linked)

    async def delete(self, owner: str, job_id: str) -> bool:
        """Remove one; False when there was none."""
        async with self._database.begin() as connection:
            removed = await connection.execute(delete(jobs).where(jobs.c.id == job_id, jobs.c.owner == owner))
            return removed.rowcount > 0

    async def unfinished(self, limit: int, after: str = "") -> Sequence[Job]:
        """Jobs of any owner that are not over, by id, from the one after `after` on."""
        query = select(jobs.c.body).where(jobs.c.final.is_(False), jobs.c.id > after).order_by(jobs.c.id).limit(limit)
        async with self._database.begin() as connection:
            return [_DECODER.decode(body) for body in (await connection.execute(query)).scalars()]

    async def forget_older(self, than: datetime) -> int:
        """Drop jobs that were over before; returns how many."""
        async with self._database.begin() as connection:
            old = await connection.execute(delete(jobs).where(jobs.c.final.is_(True), jobs.c.changed_at < than))
            return old.rowcount

    async def keep_newest(self, owner: str, most: int) -> int:
        """Drop an owner's oldest finished jobs beyond `most` jobs; returns how many."""
        newest = select(jobs.c.id).where(jobs.c.owner == owner)
        newest = newest.order_by(jobs.c.created_at.desc(), jobs.c.id.desc()).limit(most)
        surplus = delete(jobs).where(jobs.c.owner == owner, jobs.c.final.is_(True), jobs.c.id.not_in(newest))
        async with self._database.begin() as connection:
            return (await connection.execute(surplus)).rowcount

    async def _all(self, condition: ColumnElement[bool]) -> Sequence[Job]:
        query = select(jobs.c.body).where(condition).order_by(jobs.c.created_at, jobs.c.id)
        async with self._database.begin() as connection:
            return [_DECODER.decode(body) for body in (await connection.execute(query)).scalars()]

    async def _change(self, job_id: str, condition: ColumnElement[bool], edit: JobEdit) -> Job | None:
        query = select(jobs.c.body).where(jobs.c.id == job_id, condition)
        for _ in range(EDIT_TRIES):
            async with self._database.begin() as connection:
                body = (await connection.execute(query)).scalar()
                if body is None:
                    return None
                old = _DECODER.decode(body)
                new = edit(old)
                if new == old:
                    return old
                change = update(jobs).where(jobs.c.id == job_id, jobs.c.body == body).values(**_mutable(new))
                if (await connection.execute(change)).rowcount > 0:
                    return new
        raise edited_by_others("job", job_id, "The job is")


def _mutable(job: Job) -> dict[str, Any]:
    return {"changed_at": job.changed_at, "final": job.final, "body": msgspec.json.encode(job)}
