"""Flows of networks and interfaces.

`network-create` makes a network with all that belongs to it. Arguments: a `NetworkSpec`; its `annotation.launch` finds
what an earlier attempt made. Milestone `accepted`: the `Network`.

`interface-update` and `interface-delete` change an interface of a machine whose state forbids it for now. Arguments:
`{"id": <instance id>, "nic": <interface id>, "changes": <NicChanges>}`.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

from deltaic.model.errors import Error, ErrorKind
from deltaic.model.instance import Instance, InstanceSpec
from deltaic.model.network import Network, NetworkSpec
from deltaic.model.nic import Nic, NicChanges
from deltaic.operations.flows.tools import CLIENT_PATIENCE, Job


class InterfaceArguments(Struct, frozen=True):
    """Which interface of which machine, and what becomes of it."""

    id: str
    nic: str
    changes: NicChanges = NicChanges()


async def network_create(job: Job) -> bytes:
    """Make one network; the result is its id."""
    spec = msgspec.json.decode(job.given.arguments, type=NetworkSpec)
    try:
        made = await job.step.run("create", lambda: _create(job, spec), patience=CLIENT_PATIENCE)
    except Error as error:
        # The cloud may have made the network and refused what comes after: nobody waits for it any more.
        await job.step.refuse("accepted", error)
        await job.step.run("withdraw", lambda: _withdraw(job, spec))
        raise
    await job.step.publish("accepted", made)
    return msgspec.json.decode(made, type=Network).id.encode()


async def _create(job: Job, spec: NetworkSpec) -> bytes:
    return msgspec.json.encode(await job.driver.networks.create(await job.context(), spec))


async def _withdraw(job: Job, spec: NetworkSpec) -> bytes:
    networks, marker = job.driver.networks, spec.annotation.launch
    for network in await networks.list(await job.context()):
        if network.annotation.launch == marker:
            await networks.delete(await job.context(), network.id)
    return b""


async def interface_update(job: Job) -> bytes:
    """Change one interface as soon as its machine allows it."""
    given = msgspec.json.decode(job.given.arguments, type=InterfaceArguments)
    return await job.step.run("change", lambda: _change(job, given))


async def set_interfaces(job: Job, made: Instance, spec: InstanceSpec) -> None:
    """Bring the interfaces of a machine that was just made to what its launch wants of them, as one step."""
    if any(changes != NicChanges() for changes in spec.nic_changes):
        await job.step.run("interfaces", lambda: _set_interfaces(job, made.id, spec))


async def _set_interfaces(job: Job, instance_id: str, spec: InstanceSpec) -> bytes:
    for index, changes in enumerate(spec.nic_changes):
        if changes != NicChanges():
            nic = await _interface(job, instance_id, index)
            if nic is not None:
                await job.driver.interfaces.update(await job.context(), instance_id, nic.id, changes)
    return b""


async def _interface(job: Job, instance_id: str, index: int) -> Nic | None:
    """The machine's nth interface. A launch that was cut short may still owe it: it is given then.

    None when somebody took it away.
    """
    for attempt in (1, 2):
        nics = (await job.driver.instances.get(await job.context(), instance_id)).nics
        if index < len(nics):
            return nics[index]
        if attempt == 1:
            await job.driver.interfaces.update(await job.context(), instance_id, "", NicChanges())
    return None


async def _change(job: Job, given: InterfaceArguments) -> bytes:
    await job.driver.interfaces.update(await job.context(), given.id, given.nic, given.changes)
    return b"changed"


async def interface_delete(job: Job) -> bytes:
    """Remove one interface as soon as its machine allows it; one that is gone is removed."""
    given = msgspec.json.decode(job.given.arguments, type=InterfaceArguments)
    return await job.step.run("remove", lambda: _remove(job, given))


async def _remove(job: Job, given: InterfaceArguments) -> bytes:
    try:
        await job.driver.interfaces.delete(await job.context(), given.id, given.nic)
    except Error as error:
        if error.kind is not ErrorKind.NOT_FOUND:
            raise
    return b"removed"
