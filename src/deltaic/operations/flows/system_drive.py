"""Starting, stopping, restarting or suspending all machines of a system and of the systems in it.

Arguments: `ChangeArguments`. Milestone `accepted`: empty, once it is known which machines are meant.
A machine that refuses is left as it is, and the others are driven all the same.
"""

from __future__ import annotations

import msgspec

from deltaic.model.context import Context
from deltaic.model.system import Member, MemberKind
from deltaic.operations.flows import system_parts as parts
from deltaic.operations.flows.apart import apart
from deltaic.operations.flows.tools import Job


async def system_drive(job: Job) -> bytes:
    """Drive one system; the result is its id."""
    arguments = msgspec.json.decode(job.given.arguments, type=parts.ChangeArguments)
    driven = msgspec.json.decode(await job.step.run("look", lambda: _look(job, arguments.id)), type=list[Member])
    await job.step.publish("accepted", b"")

    async def ask(context: Context, member: Member) -> None:
        await apart(parts.members_of(job).drive(context, member.target, arguments.verb, arguments.force))

    changes = parts.change_each(job, "drive", arguments.verb, driven, ask)
    errors = [error async for _, error in changes if error is not None]
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
