"""The making of a system: one member after the other, each by the verb that makes such things alone.

Arguments: `CreateArguments`. Milestone `accepted`: empty, once the system's record is there.

Every step may be repeated: a member's token is made of the system's id and the member's key, so that the verb finds
what it made before; ids of jobs and of memberships are computed likewise. When a member fails, no further ones are
begun, those begun are waited for, and the system stays, failed, with what was made: whoever asked looks at it and
deletes it. A system that is deleted in the meantime gets no more members.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import partial
from itertools import groupby

import msgspec
import structlog
from msgspec.structs import replace

from deltaic.model.errors import Error, ErrorKind
from deltaic.model.system import PLACES, Member, Phase, System
from deltaic.operations.flows import system_parts as parts
from deltaic.operations.flows.apart import apart
from deltaic.operations.flows.tools import Job
from deltaic.ports.members import MemberRequest, Part
from deltaic.ports.store import Record

log = structlog.get_logger(__name__)


async def system_create(job: Job) -> bytes:
    """Make one system; the result is its id."""
    arguments = msgspec.json.decode(job.given.arguments, type=parts.CreateArguments)
    system = arguments.system
    await job.step.run("keep", lambda: _keep(job, system))
    await job.step.publish("accepted", b"")
    error = await _Making(job, arguments).all()
    await job.step.run("finish", lambda: _finish(job, system.id, error))
    if error is not None:
        log.warning("a system was not completed", system=system.id, kind=error.kind.value, error=error.message)
        raise error
    return system.id.encode()


async def _keep(job: Job, system: System) -> bytes:
    at = system.created_at or datetime.fromtimestamp(job.clock(), UTC)
    owner = (await job.context()).owner
    try:
        await job.store.records.create(Record(owner, parts.RECORD, system.id, msgspec.json.encode(system), at, at))
    except Error as error:
        if error.kind is not ErrorKind.ALREADY_EXISTS:
            raise
    return b""


async def _finish(job: Job, system_id: str, error: Error | None) -> bytes:
    def finished(system: System) -> System:
        if system.phase is not Phase.CREATING:
            return system
        return replace(system, phase=Phase.FAILED if error else Phase.READY, failure=error.message if error else "")

    await parts.change(job, system_id, finished)
    return b""


class _Making:
    """The making of the members of one system."""

    def __init__(self, job: Job, arguments: parts.CreateArguments) -> None:
        self._job = job
        self._system = arguments.system
        self._members = arguments.members
        self._ids: dict[str, str] = {}

    async def all(self) -> Error | None:
        """Make them, wave by wave; what kept it from being complete."""
        for _, wave in groupby(self._members, lambda member: member.wave):
            error = await self._wave(wave)
            if error is not None:
                return error
        return None

    async def _wave(self, wave: Iterable[MemberRequest]) -> Error | None:
        begun: list[tuple[MemberRequest, parts.Begun]] = []
        errors: list[Error] = []
        for request in wave:
            made = await self._begin(request)
            if isinstance(made, Error):
                errors.append(made)
                break
            begun.append((request, made))
        for request, made in begun:
            error = await parts.wait(self._job, request.key, made.job)
            if error is not None:
                errors.append(_named(request, error))
        return errors[0] if errors else None

    async def _begin(self, request: MemberRequest) -> parts.Begun | Error:
        try:
            result = await self._job.step.run(
                f"make {request.key}", partial(self._make, request), patience=parts.PATIENCE
            )
        except Error as error:
            await parts.failed(self._job, self._part(request), error)
            return _named(request, error)
        made = msgspec.json.decode(result, type=parts.Begun)
        self._ids[request.placeholder] = made.target
        return made

    async def _make(self, request: MemberRequest) -> bytes:
        system = await parts.read(self._job, self._system.id)
        if system is None or system.phase is not Phase.CREATING:
            raise Error(ErrorKind.CONFLICT, "The system was deleted while it was being made")
        members = parts.members_of(self._job)
        context = await apart(members.begin(await self._job.context(), self._part(request)))
        token = f"system:{self._system.id}:{request.key}"
        target = await apart(members.make(context, request.kind, self._filled(request), token))
        await parts.change(self._job, self._system.id, partial(_with_member, self._member(request, target)))
        await apart(members.settle(context, affected=f"{PLACES[request.kind]}/{target}"))
        return parts.begun(context, target)

    def _filled(self, request: MemberRequest) -> bytes:
        """What to make, with the ids of members in the place of their placeholders."""
        content = bytes(request.content)
        for placeholder, target in self._ids.items():
            if placeholder:
                content = content.replace(placeholder.encode(), json.dumps(target)[1:-1].encode())
        return content

    def _member(self, request: MemberRequest, target: str) -> Member:
        member_id = str(uuid.uuid5(uuid.UUID(self._system.id), request.key))
        at = datetime.fromtimestamp(self._job.clock(), UTC)
        return Member(member_id, request.kind, target, True, request.name, request.wave, at)

    def _part(self, request: MemberRequest) -> Part:
        return Part(request.key, "add", PLACES[request.kind])


def _with_member(member: Member, system: System) -> System:
    known = any(one.id == member.id for one in system.members)
    return system if known else replace(system, members=(*system.members, member))


def _named(request: MemberRequest, error: Error) -> Error:
    return parts.named(request.kind, request.name or request.key, error)
