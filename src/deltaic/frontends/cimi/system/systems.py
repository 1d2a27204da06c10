"""Reading, changing, driving and removing systems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from deltaic.frontends.cimi.call import Call
from deltaic.frontends.cimi.common import Document
from deltaic.frontends.cimi.machine.actions import FROM
from deltaic.frontends.cimi.machine.render import STATES
from deltaic.frontends.cimi.system import render
from deltaic.frontends.cimi.system.members import KINDS
from deltaic.frontends.cimi.tree import Action, Owners
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.system import MemberKind, Phase, System


async def systems(call: Call, owners: Owners) -> Sequence[Document]:
    """The caller's systems."""
    return await _rendered(call, await _all(call))


async def system(call: Call, owners: Owners, wanted: str) -> Document:
    """One system."""
    return await one(call, await call.services.systems.get(call.context, wanted))


async def one(call: Call, found: System) -> Document:
    """A system as its reader sees it."""
    return (await _rendered(call, [found]))[0]


async def edit(call: Call, owners: Owners, wanted: str, changes: Document) -> None:
    """Change what a system is called and what is said of it."""
    new: Document = {name: str(changes[name] or "") for name in ("name", "description") if name in changes}
    if "properties" in changes:
        new["properties"] = {str(key): str(value) for key, value in (changes["properties"] or {}).items()}
    await call.services.systems.edit(call.context, wanted, **new)


async def delete(call: Call, owners: Owners, wanted: str) -> None:
    """Remove a system with what was made with it; it is no longer shown as soon as this returns."""
    await call.services.systems.delete(call.context, wanted)


async def _act(verb: str, call: Call, wanted: str, action: Document) -> None:
    found = await call.services.systems.get(call.context, wanted)
    states = (await _machine_states(call, [found]))[found.id]
    if states and not any(state in FROM[verb] for state in states):
        raise Error(
            ErrorKind.CONFLICT,
            f"No machine of the system is in a state that takes a {verb}",
            resource="system",
            resource_id=wanted,
            context={"state": render.state(found, states)},
        )
    await call.services.systems.drive(call.context, wanted, verb, force=bool(action.get("force")))


async def start(call: Call, owners: Owners, wanted: str, action: Document) -> None:
    """Start or resume all machines."""
    await _act("start", call, wanted, action)


async def stop(call: Call, owners: Owners, wanted: str, action: Document) -> None:
    """Shut all machines down; with `force` cut the power."""
    await _act("stop", call, wanted, action)


async def restart(call: Call, owners: Owners, wanted: str, action: Document) -> None:
    """Restart all machines; with `force` by cutting their power."""
    await _act("restart", call, wanted, action)


async def suspend(call: Call, owners: Owners, wanted: str, action: Document) -> None:
    """Save the memory of all machines and leave their hosts."""
    await _act("suspend", call, wanted, action)


ACTIONS: Final[dict[str, Action]] = {"start": start, "stop": stop, "restart": restart, "suspend": suspend}


async def _all(call: Call) -> Sequence[System]:
    return await call.world.once("systems", lambda: call.services.systems.list(call.context))


async def _rendered(call: Call, found: Sequence[System]) -> list[Document]:
    states = await _machine_states(call, found)
    return [render.system(call.links, one, states[one.id], KINDS, call.capability) for one in found]


async def _machine_states(call: Call, found: Sequence[System]) -> Mapping[str, list[str]]:
    """The states of all machines that are in systems or in the systems in them; those that are gone are left out."""
    nested = any(one.of(MemberKind.SYSTEM) for one in found)
    known = {one.id: one for one in (await _all(call) if nested else found)}
    machines = {one.id: _machines(known, one) for one in found}
    if not any(machines.values()):
        return {system_id: [] for system_id in machines}
    there = {view.instance.id: STATES[view.instance.state] for view in await call.world.machines()}
    return {
        system_id: [there[wanted] for wanted in sorted(wanted) if wanted in there]
        for system_id, wanted in machines.items()
    }


def _machines(known: Mapping[str, System], top: System) -> set[str]:
    """The ids of a system's machines, in whatever depth."""
    found: set[str] = set()
    seen: set[str] = set()
    waiting = [top]
    while waiting:
        one = waiting.pop()
        if one.id in seen or (one is not top and one.phase is Phase.DELETING):
            continue
        seen.add(one.id)
        found |= {member.target for member in one.of(MemberKind.MACHINE)}
        waiting += [known[member.target] for member in one.of(MemberKind.SYSTEM) if member.target in known]
    return found
