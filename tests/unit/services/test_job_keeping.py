"""The sweeper of jobs outlives what goes wrong with one round."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from deltaic.model.errors import Error, ErrorKind
from deltaic.services import job_keeping
from deltaic.services.job_keeping import keep_jobs
from deltaic.services.jobs import JobService
from tests.fakes.inline import InlineOperations
from tests.fakes.store import FakeStore


class FailingOnce(JobService):
    """Its first sweep fails, its third tells that it was reached."""

    def __init__(self) -> None:
        super().__init__(FakeStore(), InlineOperations())
        self.retentions: list[timedelta] = []
        self.done = asyncio.Event()

    async def sweep(self, forget: timedelta) -> int:
        self.retentions.append(forget)
        if len(self.retentions) == 1:
            raise Error(ErrorKind.UNAVAILABLE, "the gateway's database does not answer")
        if len(self.retentions) == 2:
            raise KeyError
        self.done.set()
        return 0


async def test_a_failed_sweep_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_keeping, "INTERVAL_SECONDS", 0.0)
    jobs = FailingOnce()
    keeping = asyncio.create_task(keep_jobs(jobs, timedelta(minutes=5)))
    async with asyncio.timeout(10):
        await jobs.done.wait()
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
    assert jobs.retentions[:3] == [timedelta(minutes=5)] * 3
