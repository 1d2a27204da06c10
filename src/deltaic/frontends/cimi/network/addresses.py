"""Addresses that guests report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import ip_address

from deltaic.frontends.cimi.call import Call
from deltaic.frontends.cimi.common import Document, common
from deltaic.frontends.cimi.links import Links
from deltaic.frontends.cimi.tree import Owners
from deltaic.model.instance import Instance
from deltaic.model.nic import Nic


async def addresses(call: Call, owners: Owners) -> Sequence[Document]:
    """The addresses that guests report."""
    return [
        address(call.links, view.instance, nic, ip)
        for view in await call.world.machines()
        for nic, ip in _of(view.instance)
    ]


def address(links: Links, instance: Instance, nic: Nic, ip: str) -> Document:
    """An address that a guest reports."""
    document = common(links.to("addresses", address_id(nic, ip)), ip) | {
        "ip": ip,
        "allocation": "dynamic",
        "protocol": f"IPv{ip_address(ip).version}",
    }
    if instance.fqdn:
        document["hostname"] = instance.fqdn
    if nic.network_id:
        document["network"] = links.ref("networks", nic.network_id)
    return document | {"resource": links.ref("machines", instance.id)}


def _of(instance: Instance) -> Iterator[tuple[Nic, str]]:
    """Every address of a machine with its interface."""
    for nic in instance.nics:
        for ip in (*nic.ipv4, *nic.ipv6):
            yield nic, ip


def address_id(nic: Nic, ip: str) -> str:
    """The last segment of an address's URI."""
    return f"{nic.id}_{ip}"
