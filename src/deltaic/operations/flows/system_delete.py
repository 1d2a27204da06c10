"""The removal of a system: what was made with it goes, what was only put into it stays.

Arguments: `ChangeArguments`. Milestone `accepted`: empty, once the system is marked and no longer shown.

What was made last goes first, as it may use the others. A member that can't be removed is left, and with it the
system, failed, so that nothing is lost from sight.
"""

from __future__ import annotations

from functools import partial

import msgspec
from msgspec.structs import replace

from deltaic.model.errors import Error, ErrorKind
from deltaic.model.system import PLACES, Member, Phase, System
from deltaic.operations.flows import system_parts as parts
from deltaic.operations.flows.apart import apart
from deltaic.operations.flows.tools import Job
from deltaic.ports.members import Part


async def system_delete(job: Job) -> bytes:
    """Remove one system; the result is its id."""
    arguments = msgspec.json.decode(job.given.arguments, type=parts.ChangeArguments)
    await job.step.run("mark", lambda: _mark(job, arguments.id))
    await job.step.publish("accepted", b"")
    await job.step.run("made", lambda: _made(job, arguments.id))
    owned = msgspec.json.decode(await job.step.run("look", lambda: _look(job, arguments.id)), type=list[Member])
    errors: list[Error] = []
    for wave in sorted({member.wave for member in owned}, reverse=True):
        errors += await _remove_all(job, arguments.id, [member for member in owned if member.wave == wave])
    if errors:
        await job.step.run("give up", lambda: _give_up(job, arguments.id, errors[0]))
        raise errors[0]
    await job.step.run("forget", lambda: _forget(job, arguments.id))
    return arguments.id.encode()


async def _mark(job: Job, system_id: str) -> bytes:
    if await parts.change(job, system_id, lambda system: replace(system, phase=Phase.DELETING)) is None:
        raise Error(
            ErrorKind.NOT_FOUND,
            f"The system '{system_id}' does not exist",
            resource="system",
            resource_id=system_id,
        )
    return b""


async def _made(job: Job, system_id: str) -> bytes:
    """Wait until nothing more is made for it: whoever makes it looks at its mark before each member."""
    for pause in job.pace.looks():
        if not await apart(parts.members_of(job).making(system_id)):
            return b""
        await job.pace.pause(pause)
    raise AssertionError("looks never end")


async def _look(job: Job, system_id: str) -> bytes:
    system = await parts.read(job, system_id)
    owned = [member for member in system.members if member.owned] if system else []
    return msgspec.json.encode(owned[::-1])


async def _remove_all(job: Job, system_id: str, members: list[Member]) -> list[Error]:
    """Remove members side by side; what some of them failed with."""
    errors: list[Error] = []
    begun: list[tuple[Member, parts.Begun]] = []
    for member in members:
        part = _part(member)
        try:
            result = await job.step.run(
                f"remove {part.key}", partial(_remove, job, part, member), patience=parts.PATIENCE
            )
        except Error as error:
            await parts.failed(job, part, error)
            errors.append(parts.named(member.kind, member.name or member.target, error))
            continue
        begun.append((member, msgspec.json.decode(result, type=parts.Begun)))
    for member, started in begun:
        if (found := await parts.wait(job, member.id, started.job)) is not None:
            errors.append(parts.named(member.kind, member.name or member.target, found))
            continue
        await job.step.run(f"drop {member.id}", partial(_drop, job, system_id, member.id))
    return errors


async def _remove(job: Job, part: Part, member: Member) -> bytes:
    members = parts.members_of(job)
    context = await apart(members.begin(await job.context(), part))
    await apart(members.remove(context, member.kind, member.target))
    await apart(members.settle(context))
    return parts.begun(context)


def _part(member: Member) -> Part:
    return Part(member.id, "delete", f"{PLACES[member.kind]}/{member.target}")


async def _drop(job: Job, system_id: str, member_id: str) -> bytes:
    def dropped(system: System) -> System:
        return replace(system, members=tuple(one for one in system.members if one.id != member_id))

    await parts.change(job, system_id, dropped)
    return b""


async def _give_up(job: Job, system_id: str, error: Error) -> bytes:
    await parts.change(job, system_id, lambda system: replace(system, phase=Phase.FAILED, failure=error.message))
    return b""


async def _forget(job: Job, system_id: str) -> bytes:
    await job.store.records.delete((await job.context()).owner, parts.RECORD, system_id)
    return b""
