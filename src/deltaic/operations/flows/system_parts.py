"""What the flows of systems share: their arguments, parts that are jobs of their own, the system's record."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.system import MemberKind, System
from deltaic.operations.flows.apart import apart
from deltaic.operations.flows.tools import Job
from deltaic.ports.members import MemberRequest, Members, Part

#: The kind of the records that hold systems.
RECORD: Final = "System"
#: How long a part is tried while the cloud does not answer or something is in its way, seconds.
PATIENCE: Final = 600.0


class CreateArguments(Struct, frozen=True):
    """Of `system-create`: the system as it is at first, and its members in the order of their waves."""

    system: System
    members: tuple[MemberRequest, ...]


class Begun(Struct, frozen=True):
    """A part that was begun: the id of its job, and of what it makes."""

    job: str
    target: str = ""


class ChangeArguments(Struct, frozen=True):
    """Of `system-delete` and `system-drive`; `verb` and `force` are what to do to the machines."""

    id: str
    verb: str = ""
    force: bool = False


def members_of(job: Job) -> Members:
    """The verbs on members; INTERNAL where nobody gave this gateway's flows any."""
    if job.members is None:
        raise Error(ErrorKind.INTERNAL, "This gateway's flows can't work on systems")
    return job.members


async def read(job: Job, system_id: str) -> System | None:
    """The system as it is now."""
    record = await job.store.records.get((await job.context()).owner, RECORD, system_id)
    return None if record is None else msgspec.json.decode(record.content, type=System)


async def change(job: Job, system_id: str, edit: Callable[[System], System]) -> System | None:
    """Change a system that is there through a pure function; None when it is gone."""
    owner, at = (await job.context()).owner, datetime.fromtimestamp(job.clock(), UTC)
    try:
        record = await job.store.records.edit(owner, RECORD, system_id, partial(_edited, edit), at)
    except Error as error:
        if error.kind is ErrorKind.NOT_FOUND:
            return None
        raise
    return msgspec.json.decode(record.content, type=System)


def _edited(edit: Callable[[System], System], content: bytes) -> bytes:
    return msgspec.json.encode(edit(msgspec.json.decode(content, type=System)))


async def failed(job: Job, part: Part, error: Error) -> None:
    """Let a part's job say what it failed with."""

    async def settle() -> bytes:
        members = members_of(job)
        await apart(members.settle(await apart(members.begin(await job.context(), part)), error))
        return b""

    await job.step.run(f"failed {part.key}", settle)


async def wait(job: Job, key: str, job_id: str) -> Error | None:
    """Wait until a part is over, however long it takes; what it failed with. `job_id` is that of the part's job."""

    async def look() -> bytes:
        members = members_of(job)
        for pause in job.pace.looks():
            if await apart(members.finished(replace(await job.context(), job=job_id))):
                return b""
            await job.pace.pause(pause)
        raise AssertionError("looks never end")

    try:
        await job.step.run(f"wait {key}", look)
    except Error as error:
        return error
    return None


def begun(context: Context, target: str = "") -> bytes:
    """The result of a step that began a part."""
    return msgspec.json.encode(Begun(context.job, target))


def named(kind: MemberKind, name: str, error: Error) -> Error:
    """The error of a member as that of its system; `name` is what the member is called, or its id."""
    noun = kind.value.replace("_", " ")
    return Error(
        error.kind,
        f"The {noun} '{name}' failed: {error.message}",
        resource=error.resource,
        resource_id=error.resource_id,
        field=error.field,
        retryable=False,
    )
