"""Where in its networks a new server gets its addresses.

Compute makes the ports, so that they go with the server; it takes a network and an address, but no subnet. In a
network of several subnets the address is picked here. Source page: Compute API, "Create Server", networks.
"""

from __future__ import annotations

import ipaddress
import secrets
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any, Final

from deltaic.drivers.openstack.client import Client
from deltaic.drivers.openstack.wire_network import Ports, Subnet, Subnets
from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind, invalid
from deltaic.model.instance import InstanceSpec
from deltaic.model.nic import NicConfiguration

_TRIES: Final = 200


class Addressing:
    """Chooses addresses."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def networks(self, context: Context, spec: InstanceSpec) -> list[dict[str, Any]]:
        """The networks of a new server, as compute takes them."""
        wishes = zip_longest(spec.network_ids, spec.subnet_ids, spec.nic_configurations)
        found = []
        for network_id, subnet_id, configuration in wishes:
            if network_id is None:
                raise invalid("network_ids", "Each address or subnet needs a network", resource="network")
            address = await self._address(context, network_id, subnet_id or "", configuration or NicConfiguration())
            found.append({"uuid": network_id, "fixed_ip": address} if address else {"uuid": network_id})
        return found

    async def address(self, context: Context, network_id: str, subnet_id: str) -> str:
        """A free address in a subnet; empty where the network has no other one. NOT_FOUND names `subnet_ids`."""
        return await self._address(context, network_id, subnet_id, NicConfiguration())

    async def _address(self, context: Context, network_id: str, subnet_id: str, configuration: NicConfiguration) -> str:
        if not subnet_id and configuration == NicConfiguration():
            return ""
        subnets = await self._subnets(context, network_id)
        if configuration != NicConfiguration():
            _check(configuration, subnets)
            return configuration.address
        chosen = next((subnet for subnet in subnets if subnet.id == subnet_id), None)
        if chosen is None:
            message = f"The subnet '{subnet_id}' does not exist in the network '{network_id}'"
            raise Error(ErrorKind.NOT_FOUND, message, resource="subnet", resource_id=subnet_id, field="subnet_ids")
        return await self._free(context, chosen) if len(subnets) > 1 else ""

    async def _subnets(self, context: Context, network_id: str) -> list[Subnet]:
        query = {"network_id": network_id}
        return await self._client.pages(context, "network", "subnets", Subnets, lambda page: page.subnets, query=query)

    async def _free(self, context: Context, subnet: Subnet) -> str:
        """An address that none of the visible ports has; should another have it, compute refuses it."""
        query = {"fixed_ips": f"subnet_id={subnet.id}"}
        ports = await self._client.pages(context, "network", "ports", Ports, lambda page: page.ports, query=query)
        taken = {one.ip_address for port in ports for one in port.fixed_ips}
        for _ in range(_TRIES):
            address = _any_address(subnet)
            if address and address not in taken:
                return address
        message = f"The subnet '{subnet.id}' has no free address"
        raise Error(ErrorKind.CAPACITY, message, resource="subnet", resource_id=subnet.id, field="subnet_ids")


def _any_address(subnet: Subnet) -> str:
    """Any of the addresses that a subnet gives out."""
    ranges = []
    for pool in subnet.allocation_pools:
        try:
            first, last = ipaddress.ip_address(pool.start), ipaddress.ip_address(pool.end)
        except ValueError:
            continue
        if int(last) >= int(first):
            ranges.append((first, int(last) - int(first) + 1))
    if not ranges:
        return ""
    number = secrets.randbelow(sum(count for _, count in ranges))
    for first, count in ranges:
        if number < count:
            return str(first + number)
        number -= count
    raise AssertionError("the number is within all ranges together")


def _check(configuration: NicConfiguration, subnets: Sequence[Subnet]) -> None:
    """A guest gets from the cloud what its subnet says: anything else would not work."""
    subnet = _subnet_of(configuration.address, subnets)
    if subnet is None:
        message = f"The address '{configuration.address}' is in no subnet of its network"
        raise invalid("nic_configurations", message, resource="network")
    network = ipaddress.ip_network(subnet.cidr)
    for what, asked, told in (
        ("prefix", configuration.prefix, (network.prefixlen,)),
        ("gateway", configuration.gateway, (subnet.gateway_ip,)),
    ):
        if asked and asked not in told:
            raise invalid("nic_configurations", f"The {what} of '{configuration.address}' is {told[0]}, not {asked}")
    if configuration.dns and set(configuration.dns) != set(subnet.dns_nameservers):
        raise invalid("nic_configurations", "On this cloud name servers are told by the subnet")


def _subnet_of(address: str, subnets: Sequence[Subnet]) -> Subnet | None:
    for subnet in subnets:
        try:
            if ipaddress.ip_address(address) in ipaddress.ip_network(subnet.cidr):
                return subnet
        except ValueError:
            continue
    return None
