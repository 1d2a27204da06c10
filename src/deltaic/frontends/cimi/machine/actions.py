"""Driving machines from one state to another: start, stop, restart, suspend."""

from __future__ import annotations

from typing import Final

from deltaic.frontends.cimi.call import Call
from deltaic.frontends.cimi.common import Document
from deltaic.frontends.cimi.machine.render import STATES
from deltaic.frontends.cimi.tree import Action, Owners
from deltaic.model.errors import Error, ErrorKind

#: The states in which an action is taken; in those it leads to, repeating it does nothing.
FROM: Final[dict[str, frozenset[str]]] = {
    "start": frozenset({"STOPPED", "PAUSED", "SUSPENDED", "STARTING", "STARTED"}),
    "stop": frozenset({"STARTED", "STARTING", "STOPPING", "PAUSED", "STOPPED", "ERROR"}),
    "restart": frozenset({"STARTED", "STARTING", "STOPPED"}),
    "suspend": frozenset({"STARTED", "SUSPENDED"}),
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


ACTIONS: Final[dict[str, Action]] = {
    "start": start,
    "stop": stop,
    "restart": restart,
    "suspend": suspend,
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
