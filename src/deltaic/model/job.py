"""The job: what a request asked for, how far it is, and how it ended."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import Struct


class JobState(StrEnum):
    """Where a job stands; the last three are final."""

    QUEUED = "queued"
    RUNNING = "running"
    STOPPING = "stopping"
    SUCCESS = "success"
    FAILED = "failed"
    STOPPED = "stopped"


#: A job in one of these changes no more.
FINAL_STATES = frozenset({JobState.SUCCESS, JobState.FAILED, JobState.STOPPED})


class FlowLink(Struct, frozen=True):
    """A flow that works for a job, since when. `passed` is the newest attempt under its id that was over before."""

    id: str
    at: datetime
    passed: str = ""


class Job(Struct, frozen=True):
    """One request that changes something, and what goes on of it after the answer.

    `action` is a verb (`add`, `edit`, `delete`, `start` ...). `target` and `affected` are addresses relative to the
    base of the protocol that was spoken (`machines/ID`). `progress` is 0 to 100, and 100 once it is over. `error` is
    the kind of the `Error` that it failed with, `message` that error's sentence. `flows` are the durable flows that
    it is derived from; `settled` tells that the request itself is over. `parent` is the id of the job it is part of.
    """

    id: str
    owner: str
    action: str
    target: str
    created_at: datetime
    changed_at: datetime
    state: JobState = JobState.RUNNING
    affected: tuple[str, ...] = ()
    progress: int = 0
    message: str = ""
    error: str = ""
    parent: str = ""
    flows: tuple[FlowLink, ...] = ()
    settled: bool = False
    name: str = ""
    description: str = ""
    properties: dict[str, str] = {}

    @property
    def final(self) -> bool:
        """Whether it is over."""
        return self.state in FINAL_STATES
