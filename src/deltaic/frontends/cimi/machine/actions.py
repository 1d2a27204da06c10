"""Driving machines from one state to another: start, stop, restart, suspend."""

from __future__ import annotations

from typing import Final

from deltaic.frontends.cimi.call import Call
from deltaic.frontends.cimi.common import Document
from deltaic.frontends.cimi.machine import snapshots
from deltaic.frontends.cimi.machine.capture import capture, snapshot
from deltaic.frontends.cimi.machine.render import STATES
from deltaic.frontends.cimi.resolver import place_of
from deltaic.frontends.cimi.tree import Action, Owners
from deltaic.model.errors import Error, ErrorKind

#: The states in which an action is taken; in those it leads to, repeating it does nothing.
FROM: Final[dict[str, frozenset[str]]] = {
    "start": frozenset({"STOPPED", "PAUSED", "SUSPENDED", "STARTING", "STARTED"}),
    "stop": frozenset({"STARTED", "STARTING", "STOPPING", "PAUSED", "STOPPED", "ERROR"}),
    "restart": frozenset({"STARTED", "STARTING", "STOPPED"}),
    "suspend": frozenset({"STARTED", "SUSPENDED"}),
    "restore": frozenset({"STARTED", "STOPPED", "PAUSED", "SUSPENDED"}),
}


async def start(call: Call, owners: Owners, wanted: str, action: Document) -> None:
    """Start or resume."""
    await _check(call, wanted, "start")
    await call.services.instances.start(call.context, [wanted])


async def stop(call: Call, owners: Owners, wanted: str, action: Document) -> None:
    """Shut down; with `force` cut the power."""
    await _check(call, wanted, "stop")
    await call.services.instances.stop(call.context, [wanted], force=bool(action.get("force")))


async def restart(call: Call, owners: Owners, wanted: str, action: Document) -> None:
    """Restart the guest; with `force` cut the power and start again; a stopped machine is started."""
    await _check(call, wanted, "restart")
    await call.services.instances.restart(call.context, wanted, force=bool(action.get("force")))


async def suspend(call: Call, owners: Owners, wanted: str, action: Document) -> None:
    """Save the memory and leave the host."""
    await _check(call, wanted, "suspend")
    await call.services.instances.stop(call.context, [wanted], hibernate=True)


async def restore(call: Call, owners: Owners, wanted: str, action: Document) -> None:
    """Bring the machine back to one of its snapshots."""
    href = (action.get("image") or {}).get("href")
    if not href:
        raise Error(ErrorKind.MISSING, "The restore needs the href of its image", field="image")
    await _check(call, wanted, "restore")
    await snapshots.restore(call, wanted, place_of(call, str(href), "MachineImage", "image").id)


ACTIONS: Final[dict[str, Action]] = {
    "start": start,
    "stop": stop,
    "restart": restart,
    "suspend": suspend,
    "capture": capture,
    "snapshot": snapshot,
    "restore": restore,
}


async def _check(call: Call, wanted: str, verb: str) -> None:
    state = STATES[(await call.world.machine(wanted)).instance.state]
    if state not in FROM[verb]:
        raise Error(
            ErrorKind.CONFLICT,
            f"A machine in the state {state} takes no {verb}",
            resource="instance",
            resource_id=wanted,
            context={"state": state},
        )
