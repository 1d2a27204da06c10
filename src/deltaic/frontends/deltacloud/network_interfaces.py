"""Network interfaces of instances."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from deltaic.frontends.deltacloud.call import Call
from deltaic.frontends.deltacloud.texts import Later, Viewer
from deltaic.frontends.deltacloud.viewing import HIDDEN, view_of
from deltaic.model.errors import not_found
from deltaic.model.nic import Nic, NicSpec
from deltaic.protocols.deltacloud.families.network import NetworkInterface
from deltaic.protocols.deltacloud.parameters import required


async def index(call: Call) -> Sequence[Later]:
    """The interfaces of all instances; `id` chooses among them."""
    id_ = call.get("id")
    found = [(instance, nic) async for instance, nic in _all(call) if id_ in ("", nic.id)]
    return [Later(nic.id, network_interface, (instance, nic)) for instance, nic in found]


async def show(call: Call, wanted: str) -> NetworkInterface:
    """One interface."""
    async for instance, nic in _all(call):
        if nic.id == wanted:
            return network_interface(call.viewer, instance, nic)
    raise not_found("network_interface", wanted)


async def create(call: Call) -> NetworkInterface:
    """Give an instance another interface."""
    instance = (await view_of(call, required(call.parameters, "instance").strip())).instance
    spec = NicSpec(required(call.parameters, "network").strip(), call.get("name"))
    made = await call.services.interfaces.add(call.context, instance.id, spec)
    return network_interface(call.viewer, instance.id, made)


async def destroy(call: Call, wanted: str) -> None:
    """Take an interface away."""
    async for instance, nic in _all(call):
        if nic.id == wanted:
            await call.services.interfaces.remove(call.context, instance, wanted)
            return
    raise not_found("network_interface", wanted)


async def _all(call: Call) -> AsyncIterator[tuple[str, Nic]]:
    for view in await call.services.instances.list(call.context):
        if view.instance.state not in HIDDEN:
            for nic in view.instance.nics:
                yield view.instance.id, nic


def network_interface(viewer: Viewer, instance_id: str, nic: Nic) -> NetworkInterface:
    """An interface with the first address that the guest reports."""
    links = viewer.links
    return NetworkInterface(
        nic.id,
        links.to("network_interfaces", nic.id),
        nic.name,
        links.ref("instances", instance_id),
        links.ref("networks", nic.network_id) if nic.network_id else None,
        next(iter((*nic.ipv4, *nic.ipv6)), ""),
        nic.mac,
        (links.destroy("network_interfaces", nic.id),) if viewer.capability.interfaces_delete else (),
    )
