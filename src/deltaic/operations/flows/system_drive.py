"""Starting, stopping, restarting or suspending all machines of a system and of the systems in it.

Arguments: `ChangeArguments`. Milestone `accepted`: empty, once it is known which machines are meant.
A machine that refuses is left as it is, and the others are driven all the same.
"""

from __future__ import annotations

from functools import partial

import msgspec

from deltaic.model.errors import Error
from deltaic.model.system import PLACES, Member, MemberKind
from deltaic.operations.flows import system_parts as parts
from deltaic.operations.flows.apart import apart
from deltaic.operations.flows.tools import Job
from deltaic.ports.members import Part


async def system_drive(job: Job) -> bytes:
    """Drive one system; the result is its id."""
    arguments = msgspec.json.decode(job.given.arguments, type=parts.ChangeArguments)
    driven = msgspec.json.decode(await job.step.run("look", lambda: _look(job, arguments.id)), type=list[Member])
    await job.step.publish("accepted", b"")
    errors: list[Error] = []
    begun: list[tuple[Member, parts.Begun]] = []
    for member in driven:
        part = _part(arguments, member)
        try:
            step = partial(_drive, job, arguments, part, member)
            result = await job.step.run(f"drive {part.key}", step, patience=parts.PATIENCE)
        except Error as error:
            await parts.failed(job, part, error)
            errors.append(parts.named(member.kind, member.name or member.target, error))
            continue
        begun.append((member, msgspec.json.decode(result, type=parts.Begun)))
    for member, started in begun:
        if (found := await parts.wait(job, member.id, started.job)) is not None:
            errors.append(parts.named(member.kind, member.name or member.target, found))
    if errors:
        raise errors[0]
    return arguments.id.encode()


async def _look(job: Job, system_id: str) -> bytes:
    """The machines of the system and of those in it; each of them once, also where systems are in a circle."""
    machines: dict[str, Member] = {}
    seen: set[str] = set()
    waiting = [system_id]
    while waiting:
        if (inner := waiting.pop(0)) in seen:
            continue
        seen.add(inner)
        system = await parts.read(job, inner)
        for member in system.members if system else ():
            if member.kind is MemberKind.MACHINE:
                machines.setdefault(member.target, member)
            elif member.kind is MemberKind.SYSTEM:
                waiting.append(member.target)
    return msgspec.json.encode(list(machines.values()))


async def _drive(job: Job, arguments: parts.ChangeArguments, part: Part, member: Member) -> bytes:
    members = parts.members_of(job)
    context = await apart(members.begin(await job.context(), part))
    await apart(members.drive(context, member.target, arguments.verb, arguments.force))
    await apart(members.settle(context))
    return parts.begun(context)


def _part(arguments: parts.ChangeArguments, member: Member) -> Part:
    return Part(member.id, arguments.verb, f"{PLACES[member.kind]}/{member.target}")
