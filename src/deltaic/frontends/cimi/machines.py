"""Reading machines and their parts, and deleting them."""

from __future__ import annotations

from collections.abc import Sequence

from deltaic.frontends.cimi import render_parts
from deltaic.frontends.cimi.call import Call
from deltaic.frontends.cimi.render_common import Document
from deltaic.frontends.cimi.render_machine import machine as render_machine
from deltaic.frontends.cimi.tree import Owners
from deltaic.model.errors import not_found
from deltaic.model.instance import Instance
from deltaic.model.nic import Nic
from deltaic.model.volume import Volume


async def machines(call: Call, owners: Owners) -> Sequence[Document]:
    """The machines of the scope."""
    return [render_machine(call.links, view) for view in await call.world.machines()]


async def machine(call: Call, owners: Owners, wanted: str) -> Document:
    """One machine."""
    return render_machine(call.links, await call.world.machine(wanted))


async def delete(call: Call, wanted: str) -> None:
    """Remove a machine with its disks, durably; it is no longer shown as soon as this returns."""
    await call.world.machine(wanted)
    await call.services.instances.terminate(call.context, [wanted])


async def disks(call: Call, owners: Owners) -> Sequence[Document]:
    """The disks that belong to a machine alone."""
    instance, own = await _attached(call, owners)
    return [render_parts.disk(call.links, instance, one) for one in own if not render_parts.is_volume(one)]


async def volumes(call: Call, owners: Owners) -> Sequence[Document]:
    """The attached volumes of a machine."""
    instance, own = await _attached(call, owners)
    return [render_parts.machine_volume(call.links, instance, one) for one in own if render_parts.is_volume(one)]


async def interfaces(call: Call, owners: Owners) -> Sequence[Document]:
    """The network interfaces of a machine."""
    instance = (await call.world.machine(owners[0])).instance
    return [render_parts.interface(call.links, instance, nic) for nic in instance.nics]


async def interface_addresses(call: Call, owners: Owners) -> Sequence[Document]:
    """The addresses of an interface."""
    instance, nic = await _interface(call, owners)
    return [render_parts.interface_address(call.links, instance, nic, ip) for ip in (*nic.ipv4, *nic.ipv6)]


async def _attached(call: Call, owners: Owners) -> tuple[Instance, list[Volume]]:
    instance = (await call.world.machine(owners[0])).instance
    return instance, render_parts.boot_first(await call.world.volumes_of(instance.id))


async def _interface(call: Call, owners: Owners) -> tuple[Instance, Nic]:
    instance = (await call.world.machine(owners[0])).instance
    for nic in instance.nics:
        if nic.id == owners[1]:
            return instance, nic
    raise not_found("network_interface", owners[1])
