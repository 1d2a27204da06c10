"""Floating IPs of a project. Source page: Networking API v2.0, "Floating IPs (floatingips)"."""

from __future__ import annotations

import builtins
import ipaddress
from collections.abc import Mapping, Sequence
from typing import Any, Final

from deltaic.drivers.openstack import tag_lists, wire_network
from deltaic.drivers.openstack.client import Client, segment
from deltaic.drivers.openstack.errors import Subject
from deltaic.drivers.openstack.tagged import MOST_NAMED, Kind, Tagged, first_description, settled
from deltaic.drivers.openstack.wire_network import Port, PortAnswer, Ports
from deltaic.model.address import Address, AddressChanges, AddressPool, AddressSpec
from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind, invalid, not_found

KIND: Final = Kind(
    "floatingips", "floatingip", wire_network.FloatingIps, wire_network.FloatingIpAnswer,
    lambda page: page.floatingips, lambda answer: answer.floatingip, "address",
)  # fmt: skip


class OpenstackAddresses:
    """Floating IPs; their pools are the external networks."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._addresses = Tagged(client, KIND)

    async def list(self, context: Context, *, ids: Sequence[str] = ()) -> builtins.list[Address]:
        """List the project's addresses, in one call (two with services that do not tell whose port it is)."""
        region = await self._client.region(context)
        query = [("project_id", await self._client.project_id(context))]
        wanted = set(ids)
        found = [one for one in await self._addresses.list(context, query, ids) if not ids or one.id in wanted]
        devices = await self._devices(context, found)
        return sorted((_neutral(one, region, devices) for one in found), key=_order)

    async def pools(self, context: Context) -> Sequence[AddressPool]:
        """The external networks that have subnets, by name."""
        query = {"router:external": "true"}
        found = await self._client.pages(
            context, "network", "networks", wire_network.Networks, lambda page: page.networks, query=query
        )
        pools = [AddressPool(one.id, one.name or one.id) for one in found if one.external and one.subnets]
        return sorted(pools, key=lambda one: (one.name, one.id))

    async def create(self, context: Context, spec: AddressSpec) -> Address:
        """Allocate an address; a repeated allocation completes what the first one began."""
        texts = tag_lists.texts_of(spec.tags, {tag_lists.LAUNCH: spec.marker})
        await self._addresses.require_tags(context, spec.tags)
        made = await self._addresses.begun(context, spec.marker) or await self._post(context, spec)
        await self._addresses.settle(context, made, texts, spec.description)
        found = await self._addresses.get(context, made.id)
        return _neutral(found, await self._client.region(context), await self._devices(context, [found]))

    async def update(self, context: Context, address_id: str, changes: AddressChanges) -> None:
        """Change members."""
        found = await self._addresses.get(context, address_id)
        if changes.description is not None:
            await self._addresses.update(context, found.id, {"description": changes.description})
        if changes.tags is not None:
            texts = tag_lists.texts_of(changes.tags, tag_lists.own_items(found.tags))
            await self._addresses.tag(context, found.id, found.tags, texts)

    async def associate(self, context: Context, address_id: str, nic_id: str, *, private_ip: str = "") -> None:
        """Lead an address to a port's first IPv4 address, or to the one that is named."""
        path, subject = f"ports/{segment(nic_id)}", Subject("network_interface", nic_id)
        port = (await self._client.read(context, "network", path, PortAnswer, subject=subject)).port
        known = [one.ip_address for one in port.fixed_ips if _is_ipv4(one.ip_address)]
        if private_ip and private_ip not in known:
            message = f"The interface does not have the address '{private_ip[:50]}'"
            raise invalid("private_ip", message, resource="network_interface")
        if not known:
            message = "The interface has no IPv4 address that a public one can lead to"
            raise Error(ErrorKind.CONFLICT, message, resource="network_interface", resource_id=nic_id)
        members = {"port_id": port.id, "fixed_ip_address": private_ip or known[0]}
        await self._addresses.update(context, address_id, members)

    async def disassociate(self, context: Context, address_id: str) -> None:
        """Lead an address nowhere."""
        await self._addresses.update(context, address_id, {"port_id": None})

    async def delete(self, context: Context, address_id: str) -> None:
        """Give an address back."""
        await self._addresses.remove(context, address_id)

    async def _post(self, context: Context, spec: AddressSpec) -> wire_network.FloatingIp:
        pool_id = spec.pool_id
        if not pool_id:
            pools = await self.pools(context)
            if not pools:
                message = "The cloud has no external network that public addresses could come from"
                raise Error(ErrorKind.CAPACITY, message, resource="address_pool")
            pool_id = pools[0].id
        members: dict[str, Any] = {
            "floating_network_id": pool_id,
            "description": first_description(spec.marker, spec.description),
            **({"floating_ip_address": spec.ip} if spec.ip else {}),
        }
        try:
            return await self._addresses.create(context, members, Subject("address_pool", pool_id))
        except Error as error:
            raise _explained(error, pool_id, spec.ip) from None

    async def _devices(self, context: Context, found: Sequence[wire_network.FloatingIp]) -> Mapping[str, Port]:
        """The ports that addresses lead to, where the service does not tell of them itself."""
        ids = [one.port_id for one in found if one.port_id and one.port_details is None]
        if not ids:
            return {}
        query = [("id", id_) for id_ in ids] if len(ids) <= MOST_NAMED else []
        ports = await self._client.pages(context, "network", "ports", Ports, lambda page: page.ports, query=query)
        return {port.id: port for port in ports}


def _neutral(address: wire_network.FloatingIp, region: str, devices: Mapping[str, Port]) -> Address:
    details = address.port_details or devices.get(address.port_id or "")
    is_machine = details is not None and (details.device_owner or "").startswith("compute:")
    return Address(
        id=address.id,
        ip=address.floating_ip_address,
        pool_id=address.floating_network_id,
        data_center_id=region,
        nic_id=address.port_id or "",
        instance_id=(details.device_id or "") if details is not None and is_machine else "",
        private_ip=address.fixed_ip_address or "" if address.port_id else "",
        description=settled(address.description),
        tags=tag_lists.tags_of(address.tags),
    )


def _order(address: Address) -> tuple[int, int, str]:
    try:
        ip = ipaddress.ip_address(address.ip)
    except ValueError:
        return 0, 0, address.ip
    return ip.version, int(ip), address.id


def _is_ipv4(text: str) -> bool:
    try:
        return ipaddress.ip_address(text).version == 4
    except ValueError:
        return False


def _explained(error: Error, pool_id: str, ip: str) -> Error:
    if error.kind is ErrorKind.INVALID and "external network" in error.message:
        return not_found("address_pool", pool_id)
    if error.kind is ErrorKind.INVALID and not error.field:
        field = "ip" if ip else "pool_id"
        return Error(error.kind, error.message, resource="address", field=field, context=error.context)
    return error
