"""The interfaces of servers, read from the network service: ports with their addresses, and what leads to them."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from deltaic.drivers.openstack.client import Client, segment
from deltaic.drivers.openstack.errors import Subject
from deltaic.drivers.openstack.wire_network import MADE_FOR, FloatingIp, FloatingIps, Port, Ports
from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.nic import Nic

#: More servers than this are not named one by one: an address of a request has an end.
MOST_NAMED: Final = 100
#: Ports without a server that are looked into at a time.
MOST_STRAY: Final = 20


class InterfaceReader:
    """Reads interfaces in two calls, however many servers there are."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def of_instances(self, context: Context, macs: Mapping[str, Sequence[str]]) -> dict[str, list[Nic]]:
        """Server id -> its interfaces: in the order of the MACs that compute tells, then in that of their creation."""
        if not macs:
            return {}
        ports, floating = await asyncio.gather(self._ports(context, list(macs)), self._floating(context))
        found: dict[str, list[Port]] = {id_: [] for id_ in macs}
        for port in ports:
            if port.device_id in found:
                found[port.device_id].append(port)
        return {id_: [nic(port, floating) for port in in_order(mine, macs[id_])] for id_, mine in found.items()}

    async def _ports(self, context: Context, ids: Sequence[str]) -> list[Port]:
        query = [("device_id", id_) for id_ in ids] if len(ids) <= MOST_NAMED else []
        query.append(("project_id", await self._client.project_id(context)))
        return await self._client.pages(context, "network", "ports", Ports, lambda page: page.ports, query=query)

    async def _floating(self, context: Context) -> list[FloatingIp]:
        query = {"project_id": await self._client.project_id(context)}
        try:
            return await self._client.pages(
                context, "network", "floatingips", FloatingIps, lambda page: page.floatingips, query=query
            )
        except Error as error:
            if error.kind is ErrorKind.NOT_FOUND and await self._client.extensions.lacks(context, "floatingips"):
                return []
            raise


async def remove_made_ports(client: Client, context: Context, server_id: str) -> None:
    """Remove the ports that the gateway made for a server that is going: compute removes only those it made itself."""
    mark = f"{MADE_FOR}{server_id}"
    query = {"description": mark}
    found = await client.pages(context, "network", "ports", Ports, lambda page: page.ports, query=query)
    # A service overlooks filters that it does not know, and answers other ports.
    for port in (one for one in found if one.description == mark):
        await _remove(client, context, port)


async def remove_stray_ports(client: Client, context: Context) -> None:
    """Remove ports that the gateway made for servers that others removed since, or that went while nobody looked."""
    # No service looks for the beginning of a description; a port that nobody has is down, and little of it is needed.
    query = [("status", "DOWN"), ("project_id", await client.project_id(context))]
    query += [("fields", name) for name in ("id", "description", "device_id")]
    found = await client.pages(context, "network", "ports", Ports, lambda page: page.ports, query=query)
    stray = [port for port in found if not port.device_id and (port.description or "").startswith(MADE_FOR)]
    for port in stray[:MOST_STRAY]:
        if await _is_gone(client, context, (port.description or "").removeprefix(MADE_FOR)):
            await _remove(client, context, port)


async def _is_gone(client: Client, context: Context, server_id: str) -> bool:
    path, subject = f"servers/{segment(server_id)}", Subject("instance", server_id)
    try:
        await client.call(context, "compute", "GET", path, subject=subject)
    except Error as error:
        if error.kind is not ErrorKind.NOT_FOUND:
            raise
        # Compute names what it did not find; whatever stands before it does not.
        return bool(server_id) and server_id in error.context.get("words", "")
    return False


async def _remove(client: Client, context: Context, port: Port) -> None:
    try:
        await client.remove(context, "network", f"ports/{segment(port.id)}")
    except Error as error:
        if error.kind is not ErrorKind.NOT_FOUND:
            raise


def nic(port: Port, floating: Iterable[FloatingIp] = ()) -> Nic:
    """The neutral form of a port."""
    addresses = [one.ip_address for one in port.fixed_ips]
    return Nic(
        id=port.id,
        name=port.name or "",
        mac=port.mac_address,
        network_id=port.network_id,
        instance_id=port.device_id or "",
        linked=port.admin_state_up,
        plugged=bool(port.device_id),
        ipv4=tuple(one for one in addresses if _version(one) == 4),
        ipv6=tuple(one for one in addresses if _version(one) == 6),
        public_ipv4=tuple(one.floating_ip_address for one in floating if one.port_id == port.id),
        subnet_ids=tuple(dict.fromkeys(one.subnet_id for one in port.fixed_ips if one.subnet_id)),
        security_group_ids=port.security_groups,
    )


def in_order(ports: Iterable[Port], macs: Sequence[str]) -> list[Port]:
    """Ports in the order of the MACs that compute tells, then in that of their creation."""
    places = {mac: place for place, mac in enumerate(macs)}
    return sorted(ports, key=lambda one: (places.get(one.mac_address, len(places)), one.created_at or "", one.id))


def _version(address: str) -> int:
    try:
        return ipaddress.ip_address(address).version
    except ValueError:
        return 0
