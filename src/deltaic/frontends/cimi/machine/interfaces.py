"""Network interfaces of machines, and the addresses that guests report for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from deltaic.frontends.cimi.call import Call
from deltaic.frontends.cimi.common import Document, common
from deltaic.frontends.cimi.links import Links
from deltaic.frontends.cimi.network.addresses import address_id
from deltaic.frontends.cimi.tree import Owners
from deltaic.model.errors import not_found
from deltaic.model.instance import Instance
from deltaic.model.nic import Nic

#: An interface's state by (plugged, linked).
STATES: Final = {
    (True, True): "ACTIVE",
    (True, False): "PASSIVE",
    (False, True): "DISABLED",
    (False, False): "DISABLED",
}


async def interfaces(call: Call, owners: Owners) -> Sequence[Document]:
    """The network interfaces of a machine."""
    instance = (await call.world.machine(owners[0])).instance
    return [call.rendered("MachineNetworkInterface", nic.id, interface, instance, nic) for nic in instance.nics]


async def interface_addresses(call: Call, owners: Owners) -> Sequence[Document]:
    """The addresses of an interface."""
    instance, nic = await _interface(call, owners)
    return [interface_address(call.links, instance, nic, ip) for ip in (*nic.ipv4, *nic.ipv6)]


async def _interface(call: Call, owners: Owners) -> tuple[Instance, Nic]:
    instance = (await call.world.machine(owners[0])).instance
    for nic in instance.nics:
        if nic.id == owners[1]:
            return instance, nic
    raise not_found("network_interface", owners[1])


def interface(links: Links, instance: Instance, nic: Nic) -> Document:
    """A network interface. Its network is left out where the engine does not tell it."""
    uri = links.to("machines", instance.id, "networkInterfaces", nic.id)
    document = common(uri, nic.name) | {"addresses": {"href": f"{uri}/addresses"}}
    if nic.network_id:
        document["network"] = links.ref("networks", nic.network_id)
    document["state"] = STATES[nic.plugged, nic.linked]
    return document | ({"macAddress": nic.mac} if nic.mac else {})


def interface_address(links: Links, instance: Instance, nic: Nic, ip: str) -> Document:
    """An address that the guest reports for an interface."""
    name = address_id(nic, ip)
    uri = links.to("machines", instance.id, "networkInterfaces", nic.id, "addresses", name)
    return common(uri, ip) | {"address": links.ref("addresses", name)}
