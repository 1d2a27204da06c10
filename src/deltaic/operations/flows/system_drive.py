"""Starting, stopping, restarting or suspending all machines of a system, and of the systems in it.

Arguments: `ChangeArguments`. Milestone `accepted`: empty, once it is known which members are meant.
A member that refuses is left as it is, and the others are driven all the same.
"""

from __future__ import annotations

from functools import partial

import msgspec

from deltaic.model.errors import Error
from deltaic.model.system import Member, MemberKind
from deltaic.operations.flows import system_parts as parts
from deltaic.operations.flows.apart import apart
from deltaic.operations.flows.tools import Job
from deltaic.ports.members import Part

_DRIVEN = frozenset({MemberKind.MACHINE, MemberKind.SYSTEM})


async def system_drive(job: Job) -> bytes:
    """Drive one system; the result is its id."""
    arguments = msgspec.json.decode(job.given.arguments, type=parts.ChangeArguments)
    driven = msgspec.json.decode(await job.step.run("look", lambda: _look(job, arguments.id)), type=list[Member])
    await job.step.publish("accepted", b"")
    errors, begun = [], []
    for member in driven:
        part = _part(arguments, member)
        try:
            step = partial(_drive, job, arguments, part, member)
            await job.step.run(f"drive {part.key}", step, patience=parts.PATIENCE)
        except Error as error:
            await parts.failed(job, part, error)
            errors.append(parts.named(member.kind, member.name or member.target, error))
            continue
        begun.append(member)
    for member in begun:
        if (found := await parts.wait(job, _part(arguments, member))) is not None:
            errors.append(parts.named(member.kind, member.name or member.target, found))
    if errors:
        raise errors[0]
    return arguments.id.encode()


async def _look(job: Job, system_id: str) -> bytes:
    system = await parts.read(job, system_id)
    members = system.members if system else ()
    return msgspec.json.encode([member for member in members if member.kind in _DRIVEN])


async def _drive(job: Job, arguments: parts.ChangeArguments, part: Part, member: Member) -> bytes:
    members = parts.members_of(job)
    context = await apart(members.begin(await job.context(), part))
    await apart(members.drive(context, member.kind, member.target, arguments.verb, arguments.force))
    await apart(members.settle(context))
    return b""


def _part(arguments: parts.ChangeArguments, member: Member) -> Part:
    place = arguments.places.get(member.kind, member.kind.value)
    return Part(member.id, arguments.verb, f"{place}/{member.target}")
