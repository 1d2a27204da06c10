"""Driving instances from one state to another."""

from __future__ import annotations

from deltaic.frontends.deltacloud.call import Call
from deltaic.frontends.deltacloud.instance_states import STATES, offered
from deltaic.frontends.deltacloud.instances import show
from deltaic.frontends.deltacloud.viewing import view_of
from deltaic.model.errors import Error, ErrorKind
from deltaic.protocols.deltacloud.families.compute import Instance


async def start(call: Call, wanted: str) -> Instance:
    """Start, or resume what was saved."""
    await _check(call, wanted, "start")
    await call.services.instances.start(call.context, [wanted])
    return await show(call, wanted)


async def stop(call: Call, wanted: str) -> Instance:
    """Shut the guest down; one that does not answer loses its power after a while."""
    await _check(call, wanted, "stop")
    await call.services.instances.stop(call.context, [wanted])
    return await show(call, wanted)


async def reboot(call: Call, wanted: str) -> Instance:
    """Restart the guest."""
    await _check(call, wanted, "reboot")
    await call.services.instances.reboot(call.context, [wanted])
    return await show(call, wanted)


async def destroy(call: Call, wanted: str) -> None:
    """Remove an instance with its own disks; it must be stopped unless the cloud removes running ones."""
    await _check(call, wanted, "destroy")
    await call.services.instances.terminate(call.context, [wanted])


async def _check(call: Call, wanted: str, verb: str) -> None:
    state = (await view_of(call, wanted)).instance.state
    if verb not in offered(state, call.capability):
        raise Error(
            ErrorKind.CONFLICT,
            f"An instance in the state {STATES[state]} takes no {verb}",
            resource="instance",
            resource_id=wanted,
        )
