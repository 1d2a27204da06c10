"""Systems: things that are made, driven and removed as one. A system is a record; its members are the cloud's."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind, invalid, not_found
from deltaic.model.system import Member, MemberKind, Phase, System
from deltaic.ports.members import MemberRequest
from deltaic.services.flows import FlowStarter
from deltaic.services.identity import now
from deltaic.services.records import RecordService
from deltaic.services.system_plan import MAX_MEMBERS, check_nesting

#: The kind of the records that hold systems.
RECORD: Final = "System"
#: What can be done to the machines of a system.
VERBS: Final = ("start", "stop", "restart", "suspend")


class SystemRequest(Struct, frozen=True):
    """A system to make: what it is called, and its members in the order of their waves."""

    name: str = ""
    description: str = ""
    properties: dict[str, str] = {}
    members: tuple[MemberRequest, ...] = ()


class SystemService:
    """The verbs on systems. A caller sees their own; one that is being removed is gone for them."""

    def __init__(self, records: RecordService, flows: FlowStarter) -> None:
        self._records = records
        self._flows = flows

    async def list(self, context: Context) -> Sequence[System]:
        """The caller's systems, oldest first."""
        found = [_decoded(record.content) for record in await self._records.list(context, RECORD)]
        return [system for system in found if system.phase is not Phase.DELETING]

    async def get(self, context: Context, system_id: str) -> System:
        """One of them; NOT_FOUND."""
        system = _decoded((await self._records.get(context, RECORD, system_id)).content)
        if system.phase is Phase.DELETING:
            raise not_found("system", system_id)
        return system

    async def create(self, context: Context, request: SystemRequest, system_id: str = "") -> System:
        """Begin to make a system; it is there, with the phase `creating`, when this returns.

        The same `system_id` (a UUID) again is the same system, and nothing is made twice.
        """
        at = now()
        system = System(
            id=system_id or str(uuid.uuid4()),
            name=request.name,
            description=request.description,
            properties=request.properties,
            created_at=at,
            updated_at=at,
        )
        given = {"system": system, "members": request.members}
        flow_id = f"system-create:{system.id}"
        await self._flows.start(context, "system-create", flow_id, given)
        await self._flows.accepted(context, flow_id)
        return system

    async def making(self, system_id: str) -> bool:
        """Whether members of a system are being made now."""
        return f"system-create:{system_id}" in await self._flows.unfinished()

    async def edit(self, context: Context, system_id: str, **changes: object) -> System:
        """Change name, description or properties; NOT_FOUND."""
        return await self._change(context, system_id, lambda system: replace(system, **changes))

    async def add(self, context: Context, system_id: str, kind: MemberKind, target: str, name: str = "") -> Member:
        """Put a thing into a system without making it the system's own. ALREADY_EXISTS, CONFLICT while it is made."""
        if kind is MemberKind.SYSTEM:
            await self._check_circle(context, system_id, target)
        member = Member(str(uuid.uuid4()), kind, target, name=name, added_at=now())
        await self._change(context, system_id, partial(_with_member, member))
        return member

    async def release(self, context: Context, system_id: str, member_id: str) -> None:
        """Take a thing out of a system; it stays, whoever made it. NOT_FOUND, CONFLICT while the system is made."""
        await self._change(context, system_id, partial(_without_member, member_id))

    async def delete(self, context: Context, system_id: str) -> None:
        """Remove a system with what was made with it, durably; it is no longer shown when this returns."""
        await self.get(context, system_id)
        flow_id = f"system-delete:{system_id}"
        await self._flows.start(context, "system-delete", flow_id, {"id": system_id})
        await self._flows.accepted(context, flow_id)

    async def drive(self, context: Context, system_id: str, verb: str, *, force: bool = False) -> None:
        """Do one of `VERBS` to all machines of a system, durably. CONFLICT while it is being made."""
        if verb not in VERBS:
            raise invalid("action", f"A system knows the actions {', '.join(VERBS)}")
        system = await self.get(context, system_id)
        if system.phase is Phase.CREATING:
            raise _being_made(system)
        flow_id = f"system-drive:{system_id}:{context.job or context.request_id}"
        given = {"id": system_id, "verb": verb, "force": force}
        await self._flows.start(context, "system-drive", flow_id, given)
        await self._flows.accepted(context, flow_id)

    async def inside(self, context: Context, systems: Sequence[System]) -> dict[str, System]:
        """The systems that are in others, in whatever depth, and these themselves, by id; what is gone is left out."""
        known = {system.id: system for system in await self.list(context)}
        found: dict[str, System] = {}
        waiting = [system.id for system in systems]
        while waiting:
            system = known.get(waiting.pop())
            if system is not None and system.id not in found:
                found[system.id] = system
                waiting += [member.target for member in system.of(MemberKind.SYSTEM)]
        return found

    async def _check_circle(self, context: Context, system_id: str, target: str) -> None:
        inner = await self.inside(context, [await self.get(context, target)])
        if system_id in inner:
            raise invalid("system", "A system can't be in itself", resource="system")
        check_nesting(_depth(inner, target))

    async def _change(self, context: Context, system_id: str, edit: Callable[[System], System]) -> System:
        def changed(content: bytes) -> bytes:
            system = _decoded(content)
            if system.phase is Phase.DELETING:
                raise not_found("system", system_id)
            return msgspec.json.encode(replace(edit(system), updated_at=now()))

        return _decoded((await self._records.edit(context, RECORD, system_id, changed)).content)


def _decoded(content: bytes) -> System:
    return msgspec.json.decode(content, type=System)


def _with_member(member: Member, system: System) -> System:
    if system.phase is Phase.CREATING:
        raise _being_made(system)
    if any(one.kind is member.kind and one.target == member.target for one in system.members):
        raise Error(
            ErrorKind.ALREADY_EXISTS,
            f"The {member.kind.value.replace('_', ' ')} '{member.target}' is in the system already",
            resource=member.kind.value,
            resource_id=member.target,
        )
    if len(system.members) >= MAX_MEMBERS:
        raise Error(ErrorKind.QUOTA, f"A system has at most {MAX_MEMBERS} members", resource="system")
    return replace(system, members=(*system.members, member))


def _without_member(member_id: str, system: System) -> System:
    if system.phase is Phase.CREATING:
        raise _being_made(system)
    left = tuple(one for one in system.members if one.id != member_id)
    if len(left) == len(system.members):
        raise not_found("system_member", member_id)
    return replace(system, members=left)


def _being_made(system: System) -> Error:
    return Error(
        ErrorKind.CONFLICT,
        f"The system '{system.id}' is still being made",
        resource="system",
        resource_id=system.id,
        context={"state": system.phase.value},
    )


def _depth(systems: Mapping[str, System], system_id: str) -> int:
    """How many systems are inside each other, from this one down."""
    system = systems.get(system_id)
    inner = [_depth(systems, member.target) for member in system.of(MemberKind.SYSTEM)] if system else []
    return 1 + max(inner, default=0)
