"""Jobs: every request that changes something has one, and its end is what its flows' journal says."""

from __future__ import annotations

from collections.abc import Sequence

from deltaic.model.context import Context
from deltaic.model.errors import not_found
from deltaic.model.job import Job
from deltaic.ports.operations import Operations
from deltaic.ports.store import Store


class JobService:
    """A caller's jobs: nobody else ever sees them."""

    def __init__(self, store: Store, operations: Operations) -> None:
        self._jobs = store.jobs
        self._operations = operations

    async def list(self, context: Context) -> Sequence[Job]:
        """The caller's jobs, oldest first."""
        return await self._jobs.list(context.owner)

    async def get(self, context: Context, job_id: str) -> Job:
        """One of them; NOT_FOUND."""
        found = await self._jobs.get(context.owner, job_id)
        if found is None:
            raise not_found("job", job_id)
        return found
