"""Network interfaces of machines, and the addresses that they have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from deltaic.frontends.cimi.call import Call
from deltaic.frontends.cimi.common import Document, common, operation
from deltaic.frontends.cimi.links import Links
from deltaic.frontends.cimi.network import bindings, ports, public_addresses, wishes
from deltaic.frontends.cimi.network.addresses import address_id, kept_ids
from deltaic.frontends.cimi.resolver import place_of
from deltaic.frontends.cimi.tree import Owners
from deltaic.model.address import Address
from deltaic.model.errors import Error, ErrorKind, not_found
from deltaic.model.instance import Instance, InstanceState
from deltaic.model.nic import Nic, NicChanges, NicSpec
from deltaic.protocols.cimi.bodies import read_body

S = InstanceState

#: An interface's state by (plugged, linked).
STATES: Final = {
    (True, True): "ACTIVE",
    (True, False): "PASSIVE",
    (False, True): "DISABLED",
    (False, False): "DISABLED",
}
#: States of machines in which interfaces are changed, at once or as soon as the state has passed.
CHANGEABLE: Final = ports.STEADY | {
    S.CREATING, S.LOCKED, S.STARTING, S.STOPPING, S.REBOOTING, S.MIGRATING, S.SUSPENDING, S.RESUMING,
}  # fmt: skip


async def interfaces(call: Call, owners: Owners) -> Sequence[Document]:
    """The network interfaces of a machine."""
    instance = (await call.world.machine(owners[0])).instance
    known = await bindings.bindings(call)
    return [
        call.rendered("MachineNetworkInterface", nic.id, interface, instance, nic, known.port_of(instance, nic, place))
        for place, nic in enumerate(instance.nics)
    ]


async def interface_addresses(call: Call, owners: Owners) -> Sequence[Document]:
    """The addresses of an interface: the caller's own, what else the guest reports, and public ones."""
    instance, nic = await _interface(call, owners[0], owners[1])
    own = await kept_ids(call) if nic.ipv4 or nic.ipv6 else {}
    found = [
        interface_address(
            call.links, instance, nic, ip, own.get((nic.network_id, ip)) or own.get(("", ip)) or address_id(nic, ip)
        )
        for ip in (*nic.ipv4, *nic.ipv6)
    ]
    led = [one for one in (await public_addresses.public(call)).values() if one.nic_id == nic.id]
    return [*found, *(_public(call.links, instance, nic, one) for one in led)]


async def add_address(call: Call, owners: Owners) -> Document:
    """Lead a public address to an interface; one that leads there already stays so."""
    wanted = read_body(call.body, call.content_type, "MachineNetworkInterfaceAddress")
    href = (wanted.get("address") or {}).get("href")
    if not href:
        raise Error(ErrorKind.MISSING, "The href of an address is needed", field="address")
    place = place_of(call, str(href), "Address", "address")
    instance, nic = await _interface(call, owners[0], owners[1])
    found = (await public_addresses.public(call)).get(place.id)
    if found is None:
        assert place.collection is not None
        await place.collection.get(call, place.owners, place.id)
        message = "A machine that is there is given public addresses; others it is told at its first start"
        raise Error(ErrorKind.UNSUPPORTED, message, resource="address", resource_id=place.id, field="address")
    return _public(call.links, instance, nic, await public_addresses.lead(call, found, nic.id))


async def remove_address(call: Call, owners: Owners, wanted: str) -> None:
    """Lead a public address away from an interface; the caller keeps it."""
    _, nic = await _interface(call, owners[0], owners[1])
    found = (await public_addresses.public(call)).get(wanted)
    if found is not None and found.nic_id == nic.id:
        await call.services.addresses.disassociate(call.context, found.id)
        return
    if any(one["id"].rpartition("/")[2] == wanted for one in await interface_addresses(call, owners)):
        message = "An interface keeps the address that its guest reports or the cloud gave it"
        raise Error(ErrorKind.UNSUPPORTED, message, resource="address", resource_id=wanted)
    raise not_found("address", wanted)


async def create(call: Call, owners: Owners) -> Document:
    """Add an interface: on a network, or as one of the caller's own ports."""
    wanted = read_body(call.body, call.content_type, "MachineNetworkInterface")
    instance = (await call.world.machine(owners[0])).instance
    wish = await wishes.wish(call, wanted)
    plugged, linked = wishes.STATES[wish.state]
    name = str(wanted.get("name") or "")
    if name and any(nic.name == name for nic in instance.nics):
        message = f"The machine has an interface '{name[:60]}' already"
        raise Error(ErrorKind.ALREADY_EXISTS, message, resource="network_interface", field="name")
    # The port's name makes the addition repeatable: the interface of an answer that was lost is found again.
    name = name or (f"port-{wish.port}" if wish.port else "")
    spec = NicSpec(wish.network, name, str(wanted.get("macAddress") or "").strip().lower(), linked, plugged)
    await bindings.pin(call, instance)
    nic = await call.services.interfaces.add(call.context, instance.id, spec)
    if wish.port:
        await _bind(call, wish.port, bindings.Binding(instance.id, nic.id))
    return interface(call.links, instance, nic, wish.port or nic.id)


async def _bind(call: Call, port: str, binding: bindings.Binding) -> None:
    """Bind a port to its new interface, which goes again where somebody else was faster."""
    try:
        await bindings.bind(call, port, binding)
    except Error:
        await call.services.interfaces.remove(call.context, binding.machine, binding.nic)
        raise


async def edit(call: Call, owners: Owners, wanted: str, changes: Document) -> None:
    """Give an interface another name, network or state; None leaves them, and what else it has is not its own."""
    instance, nic = await _interface(call, owners[0], wanted)
    new: Document = {}
    if changes.get("name") and changes["name"] != nic.name:
        new["name"] = changes["name"]
    if (changes.get("network") or {}).get("href"):
        network = await ports.network_named(call, changes["network"], "network")
        if network != nic.network_id:
            await _check_port(call, instance, nic)
            new["network_id"] = network
    if changes.get("mtu") is not None:
        given = {"network": changes.get("network") or call.links.ref("networks", nic.network_id)}
        await wishes.wish(call, given | {"mtu": changes["mtu"]})
    if changes.get("state") is not None:
        state = wishes.state_of(changes["state"], "state")
        if state != STATES[nic.plugged, nic.linked]:
            new["plugged"], new["linked"] = wishes.STATES[state]
    if new:
        await bindings.pin(call, instance)
        await call.services.interfaces.change(call.context, instance.id, nic.id, NicChanges(**new))


async def delete(call: Call, owners: Owners, wanted: str) -> None:
    """Remove an interface; its port, where it is one of the caller's own, waits for another one."""
    instance, nic = await _interface(call, owners[0], wanted)
    await bindings.pin(call, instance)
    await call.services.interfaces.remove(call.context, instance.id, nic.id)


def interface(links: Links, instance: Instance, nic: Nic, port: str) -> Document:
    """A network interface. Its network is left out where the engine does not tell it."""
    uri = links.to("machines", instance.id, "networkInterfaces", nic.id)
    document = common(uri, nic.name) | {"addresses": {"href": f"{uri}/addresses"}}
    if nic.network_id:
        document["network"] = links.ref("networks", nic.network_id)
    document["networkPort"] = links.ref("network_ports", port)
    document["state"] = STATES[nic.plugged, nic.linked]
    if nic.mac:
        document["macAddress"] = nic.mac
    if instance.state in CHANGEABLE:
        document["operations"] = [operation("edit", uri), operation("delete", uri)]
    return document


def interface_address(links: Links, instance: Instance, nic: Nic, ip: str, address: str) -> Document:
    """An address of an interface."""
    uri = links.to("machines", instance.id, "networkInterfaces", nic.id, "addresses", address)
    return common(uri, ip) | {"address": links.ref("addresses", address)}


def _public(links: Links, instance: Instance, nic: Nic, found: Address) -> Document:
    document = interface_address(links, instance, nic, found.ip, found.id)
    return document | {"operations": [operation("delete", document["id"])]}


async def _interface(call: Call, machine_id: str, nic_id: str) -> tuple[Instance, Nic]:
    instance = (await call.world.machine(machine_id)).instance
    for nic in instance.nics:
        if nic.id == nic_id:
            return instance, nic
    raise not_found("network_interface", nic_id)


async def _check_port(call: Call, instance: Instance, nic: Nic) -> None:
    """A port stays on its network: what it is bound to does, too."""
    port = (await bindings.bindings(call)).port_of(instance, nic, instance.nics.index(nic))
    if port != nic.id:
        message = "The interface has a network port, which is on its network"
        raise Error(ErrorKind.CONFLICT, message, resource="network_interface", resource_id=nic.id, field="network")
