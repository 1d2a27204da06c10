"""Documents and jobs in memory: parts of the store."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from msgspec.structs import replace

from deltaic.model.errors import Error, ErrorKind, not_found
from deltaic.model.job import FlowLink, Job
from deltaic.ports.store import MOST_RECORD_BYTES, MOST_RECORDS, ContentEdit, JobEdit, Record


class FakeRecords:
    def __init__(self) -> None:
        self.rows: dict[tuple[str, str, str], Record] = {}

    async def create(self, record: Record) -> None:
        key = (record.owner, record.kind, record.id)
        if key in self.rows:
            raise Error(ErrorKind.ALREADY_EXISTS, f"The {record.kind} '{record.id}' exists", resource=record.kind)
        self._put(record)

    async def get(self, owner: str, kind: str, id: str) -> Record | None:
        return self.rows.get((owner, kind, id))

    async def list(self, owner: str, kind: str) -> Sequence[Record]:
        found = [row for key, row in self.rows.items() if key[:2] == (owner, kind)]
        return sorted(found, key=lambda row: (row.created_at, row.id))

    async def edit(self, owner: str, kind: str, id: str, edit: ContentEdit, at: datetime) -> Record:
        old = self.rows.get((owner, kind, id))
        if old is None:
            raise not_found(kind, id)
        new = replace(old, content=edit(old.content), updated_at=at)
        self._put(new)
        return new

    async def delete(self, owner: str, kind: str, id: str) -> bool:
        return self.rows.pop((owner, kind, id), None) is not None

    async def forget_older(self, kind: str, than: datetime) -> int:
        old = [key for key, row in self.rows.items() if key[1] == kind and row.created_at < than]
        for key in old:
            del self.rows[key]
        return len(old)

    def _put(self, record: Record) -> None:
        key = (record.owner, record.kind, record.id)
        others = [row for at, row in self.rows.items() if at[:2] == key[:2] and at != key]
        size = len(record.content) + sum(len(row.content) for row in others)
        if len(others) >= MOST_RECORDS or size > MOST_RECORD_BYTES:
            raise Error(ErrorKind.QUOTA, f"No more than {MOST_RECORDS} can be kept", resource=record.kind)
        self.rows[key] = record


class FakeJobs:
    def __init__(self) -> None:
        self.rows: dict[str, Job] = {}

    async def create(self, job: Job) -> None:
        if job.id in self.rows:
            raise Error(ErrorKind.ALREADY_EXISTS, f"The job '{job.id}' exists", resource="job", resource_id=job.id)
        self.rows[job.id] = job

    async def get(self, owner: str, job_id: str) -> Job | None:
        job = self.rows.get(job_id)
        return job if job is not None and job.owner == owner else None

    async def list(self, owner: str) -> Sequence[Job]:
        return self._sorted(job for job in self.rows.values() if job.owner == owner)

    async def parts(self, job_ids: Collection[str]) -> Sequence[Job]:
        return self._sorted(job for job in self.rows.values() if job.parent in job_ids)

    async def edit(self, owner: str, job_id: str, edit: JobEdit) -> Job:
        job = await self.get(owner, job_id)
        if job is None:
            raise not_found("job", job_id)
        self.rows[job_id] = edit(job)
        return self.rows[job_id]

    async def link(self, job_id: str, link: FlowLink) -> None:
        job = self.rows.get(job_id)
        if job is not None and all(other.id != link.id for other in job.flows):
            self.rows[job_id] = replace(job, flows=(*job.flows, link))

    async def delete(self, owner: str, job_id: str) -> bool:
        return await self.get(owner, job_id) is not None and self.rows.pop(job_id) is not None

    async def unfinished(self, limit: int, after: str = "") -> Sequence[Job]:
        found = [job for job in self.rows.values() if not job.final and job.id > after]
        return sorted(found, key=lambda job: job.id)[:limit]

    async def forget_older(self, than: datetime) -> int:
        return self._drop(job for job in self.rows.values() if job.final and job.changed_at < than)

    async def keep_newest(self, owner: str, most: int) -> int:
        surplus = list(await self.list(owner))[:-most]
        return self._drop(job for job in surplus if job.final)

    def _drop(self, found: Iterable[Job]) -> int:
        old = [job.id for job in found]
        for job_id in old:
            del self.rows[job_id]
        return len(old)

    def _sorted(self, found: Iterable[Job]) -> Sequence[Job]:
        return sorted(found, key=lambda job: (job.created_at, job.id))
