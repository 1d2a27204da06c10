"""Routers: the way out of a network, which public addresses need. Source page: Networking API v2.0, "Routers".

A network that the gateway makes gets a router of its own, so that two networks stay apart; where the project may have
none (quota, policy, no external network), the network is made without.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from deltaic.drivers.openstack import wire_network
from deltaic.drivers.openstack.client import Client, segment
from deltaic.drivers.openstack.errors import Subject
from deltaic.drivers.openstack.tagged import Kind, Tagged
from deltaic.drivers.openstack.wire_network import MADE_FOR, Port, Ports
from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind

KIND: Final = Kind(
    "routers", "router", wire_network.Routers, wire_network.RouterAnswer, lambda page: page.routers,
    lambda answer: answer.router, "router",
)  # fmt: skip
#: Why there is no way out.
NO_WAY: Final = frozenset(
    {ErrorKind.QUOTA, ErrorKind.FORBIDDEN, ErrorKind.CAPACITY, ErrorKind.UNSUPPORTED, ErrorKind.NOT_FOUND}
)
#: Owners of ports that belong to the network itself: they go with it.
_OF_ROUTERS: Final = ("network:router_interface", "network:ha_router_replicated_interface")
_OF_SERVICE: Final = ("network:dhcp", "network:distributed", "network:router_centralized_snat")


class Routers:
    """The routers that networks of the gateway have, and those that other people led there."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._routers = Tagged(client, KIND)

    async def lead_out(
        self, context: Context, network: wire_network.Network, subnets: Sequence[wire_network.Subnet]
    ) -> None:
        """See to a router between the network's subnets and an external network, as far as the project may."""
        try:
            await self._lead_out(context, network, subnets)
        except Error as error:
            if error.kind not in NO_WAY:
                raise

    async def take_away(self, context: Context, network_id: str, ports: Sequence[Port]) -> None:
        """Take what nobody misses out of a network, and remove the router that was made for it."""
        for port in ports:
            if is_routers(port):
                await self._unplug(context, port.device_id or "", {"port_id": port.id})
        await self._sweep(context, ports)
        for router in await self._own(context, network_id):
            await self._unplug_all(context, router.id)
            await self._routers.remove(context, router.id)

    async def take_out(self, context: Context, subnet_id: str, ports: Sequence[Port]) -> None:
        """Take what nobody misses out of one subnet."""
        for port in ports:
            if is_routers(port):
                await self._unplug(context, port.device_id or "", {"subnet_id": subnet_id})
        await self._sweep(context, ports)

    async def _sweep(self, context: Context, ports: Sequence[Port]) -> None:
        for port in ports:
            if is_left_over(port):
                await self._client.remove(context, "network", f"ports/{segment(port.id)}")

    async def _lead_out(
        self, context: Context, network: wire_network.Network, subnets: Sequence[wire_network.Subnet]
    ) -> None:
        wanted = [one for one in subnets if one.gateway_ip and one.ip_version == 4]
        outside = await self._outside(context)
        if not wanted or not outside:
            return
        ports = await self.ports(context, network.id)
        connected = {address.subnet_id for port in ports if is_routers(port) for address in port.fixed_ips}
        missing = [one for one in wanted if one.id not in connected]
        if not missing:
            return
        router = next(iter(await self._own(context, network.id)), None) or await self._make(context, network, outside)
        for subnet in missing:
            path, body = f"routers/{segment(router.id)}/add_router_interface", {"subnet_id": subnet.id}
            await self._client.act(context, "network", path, body, method="PUT", subject=Subject("subnet", subnet.id))

    async def ports(self, context: Context, network_id: str) -> list[Port]:
        """The ports of a network."""
        query = {"network_id": network_id}
        return await self._client.pages(context, "network", "ports", Ports, lambda page: page.ports, query=query)

    async def _outside(self, context: Context) -> str:
        query = [("router:external", "true")]
        found = await self._client.pages(
            context, "network", "networks", wire_network.Networks, lambda page: page.networks, query=query
        )
        usable = sorted(
            (one for one in found if one.external and one.subnets), key=lambda one: (one.name or "", one.id)
        )
        return usable[0].id if usable else ""

    async def _own(self, context: Context, network_id: str) -> list[wire_network.Router]:
        """The router that was made for a network, as its description says: it is there from the beginning."""
        query = {"description": _mark(network_id), "project_id": await self._client.project_id(context)}
        # A service overlooks filters that it does not know, and answers other routers.
        found = await self._routers.list(context, query)
        return [one for one in found if one.description == query["description"]]

    async def _make(self, context: Context, network: wire_network.Network, outside: str) -> wire_network.Router:
        members: dict[str, Any] = {
            "name": network.name,
            "description": _mark(network.id),
            "external_gateway_info": {"network_id": outside},
        }
        return await self._routers.create(context, members, Subject("network", outside))

    async def _unplug_all(self, context: Context, router_id: str) -> None:
        query = {"device_id": router_id}
        for port in await self._client.pages(context, "network", "ports", Ports, lambda page: page.ports, query=query):
            if is_routers(port) and port.device_id == router_id:
                await self._unplug(context, router_id, {"port_id": port.id})

    async def _unplug(self, context: Context, router_id: str, what: dict[str, str]) -> None:
        path = f"routers/{segment(router_id)}/remove_router_interface"
        try:
            await self._client.act(context, "network", path, what, method="PUT", subject=Subject("router", router_id))
        except Error as error:
            if error.kind is not ErrorKind.NOT_FOUND:
                raise


def is_routers(port: Port) -> bool:
    """Whether a port is an interface of a router."""
    return (port.device_owner or "").startswith(_OF_ROUTERS)


def is_left_over(port: Port) -> bool:
    """Whether a port was made by the gateway for a server that let go of it, or never had it."""
    return not port.device_id and (port.description or "").startswith(MADE_FOR)


def is_anybodys(port: Port) -> bool:
    """Whether a port keeps its network in use."""
    return not is_routers(port) and not is_left_over(port) and not (port.device_owner or "").startswith(_OF_SERVICE)


def _mark(network_id: str) -> str:
    return f"deltaic:network={network_id}"
