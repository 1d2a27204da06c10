"""Networks of a project. Source page: Networking API v2.0, "Networks"."""

from __future__ import annotations

import asyncio
import builtins
from collections.abc import Sequence
from typing import Any, Final

from deltaic.driver import Edit
from deltaic.drivers.openstack import subnets as ranges
from deltaic.drivers.openstack import tag_lists, wire_network
from deltaic.drivers.openstack.client import Client
from deltaic.drivers.openstack.errors import Subject
from deltaic.drivers.openstack.routers import Routers, is_anybodys
from deltaic.drivers.openstack.subnets import SubnetMaker
from deltaic.drivers.openstack.tagged import Kind, Tagged, first_description, settled
from deltaic.drivers.openstack.wire_network import Port
from deltaic.model.annotation import Annotation
from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind, not_found
from deltaic.model.network import Network, NetworkChanges, NetworkSpec, Subnet, SubnetSpec

KIND: Final = Kind(
    "networks", "network", wire_network.Networks, wire_network.NetworkAnswer, lambda page: page.networks,
    lambda answer: answer.network, "network",
)  # fmt: skip


class OpenstackNetworks:
    """The project's own networks and those that others share with it; external ones carry no machines."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._networks = Tagged(client, KIND)
        self._subnets = SubnetMaker(client)
        self._routers = Routers(client)

    async def list(self, context: Context, *, ids: Sequence[str] = ()) -> builtins.list[Network]:
        """List the networks by name. Two calls; the project's oldest one with a subnet is the default."""
        project, region = await self._client.project_id(context), await self._client.region(context)
        # All of them, whichever are asked for: which one is the default is a matter of all.
        networks, subnets = await asyncio.gather(self._networks.list(context), self._subnets.of_networks(context))
        mine = sorted((one for one in networks if _carries(one, project)), key=lambda one: _order(one, project))
        found = [_neutral(one, subnets, region, project, default=one is mine[0]) for one in mine]
        wanted = set(ids)
        return sorted((one for one in found if not ids or one.id in wanted), key=lambda one: (one.name, one.id))

    async def create(self, context: Context, spec: NetworkSpec) -> Network:
        """Make a network with its subnets and a way out; a repeated creation completes what the first one began."""
        if spec.vlan:
            message = "On this cloud only its operators choose a network's VLAN"
            raise Error(ErrorKind.UNSUPPORTED, message, resource="network", field="vlan")
        texts, marker = tag_lists.annotation_texts(spec.annotation), spec.annotation.launch
        await self._networks.require_tags(context, {**spec.annotation.tags, **spec.annotation.traits})
        made = await self._networks.begun(context, marker) or await self._post(context, spec)
        subnets = [await self._subnets.make(context, made.id, one) for one in spec.subnets]
        if subnets:
            await self._routers.lead_out(context, made, subnets)
        await self._networks.settle(context, made, texts, spec.description)
        (network,) = await self.list(context, ids=[made.id])
        return network

    async def update(self, context: Context, network_id: str, changes: NetworkChanges) -> None:
        """Change members; `mtu` 0 leaves it to the cloud, which has one default only when it makes a network."""
        found = await self._own(context, network_id)
        given = {name: getattr(changes, name) for name in NetworkChanges.__struct_fields__}
        members = {name: value for name, value in given.items() if value is not None}
        if members.get("mtu") == 0:
            del members["mtu"]
        if members:
            try:
                await self._networks.update(context, found.id, members)
            except Error as error:
                raise _explained(error) from None

    async def annotate(self, context: Context, network_id: str, edit: Edit) -> Annotation:
        """Change the network's annotation; tags that are not the gateway's stay as they are."""
        found = await self._own(context, network_id)
        changed = edit(tag_lists.annotation_of(found.tags))
        await self._networks.tag(context, found.id, found.tags, tag_lists.annotation_texts(changed, found.tags))
        return changed

    async def delete(self, context: Context, network_id: str) -> None:
        """Remove a network with its subnets and its way out; IN_USE while ports of others are on it."""
        found = await self._own(context, network_id)
        ports = await self._routers.ports(context, found.id)
        _check_unused("network", found.id, ports)
        await self._routers.take_away(context, found.id, ports)
        await self._networks.remove(context, found.id)

    async def create_subnet(self, context: Context, network_id: str, spec: SubnetSpec) -> Subnet:
        """Make a subnet, led out as the network's other ones are."""
        found = await self._own(context, network_id)
        made = await self._subnets.make(context, found.id, spec)
        await self._routers.lead_out(context, found, [made])
        return ranges.neutral(made)

    async def delete_subnet(self, context: Context, subnet_id: str) -> None:
        """Remove a subnet, and the router's interface in it; IN_USE while ports of others have addresses of it."""
        found = await self._subnets.get(context, subnet_id)
        if found.project_id != await self._client.project_id(context):
            raise not_found("subnet", subnet_id)
        ports = [
            port
            for port in await self._routers.ports(context, found.network_id)
            if any(address.subnet_id == found.id for address in port.fixed_ips)
        ]
        _check_unused("subnet", found.id, ports)
        await self._routers.take_out(context, found.id, ports)
        await self._subnets.remove(context, found.id)

    # -- inner -------------------------------------------------------------------------------------------------------

    async def _post(self, context: Context, spec: NetworkSpec) -> wire_network.Network:
        members: dict[str, Any] = {
            "name": spec.name,
            "description": first_description(spec.annotation.launch, spec.description),
            **({"mtu": spec.mtu} if spec.mtu else {}),
        }
        try:
            return await self._networks.create(context, members, Subject("network", spec.name))
        except Error as error:
            raise _explained(error) from None

    async def _own(self, context: Context, network_id: str) -> wire_network.Network:
        """A network that the project sees as its own or shared; NOT_FOUND."""
        found = await self._networks.get(context, network_id)
        if not _carries(found, await self._client.project_id(context)):
            raise not_found("network", network_id)
        return found


def _carries(network: wire_network.Network, project: str) -> bool:
    """Whether machines of the project can be on a network; administrators see those of all projects."""
    return network.shared or (network.project_id == project and not network.external)


def _order(network: wire_network.Network, project: str) -> tuple[bool, bool, str, str, str]:
    """The oldest first, so that a new one is not the default all of a sudden."""
    return not network.subnets, network.project_id != project, network.created_at or "", network.name or "", network.id


def _neutral(
    network: wire_network.Network,
    subnets: Sequence[wire_network.Subnet],
    region: str,
    project: str,
    *,
    default: bool,
) -> Network:
    mine = sorted((ranges.neutral(one) for one in subnets if one.network_id == network.id), key=_subnet_order)
    first = mine[0] if mine else None
    note = tag_lists.annotation_of(network.tags)
    return Network(
        id=network.id,
        name=network.name or "",
        data_center_id=region,
        description=settled(network.description),
        vlan=(network.segment or 0) if network.network_type == "vlan" else 0,
        mtu=network.mtu or 0,
        cidr=first.cidr if first else "",
        gateway=first.gateway if first else "",
        default=default,
        fixed=network.project_id != project,
        subnets=tuple(mine),
        tags=note.tags,
        annotation=note,
    )


def _explained(error: Error) -> Error:
    """The error with the member that it is about."""
    if error.kind is ErrorKind.INVALID and "mtu" in error.message.lower():
        return Error(error.kind, error.message, resource="network", field="mtu", context=error.context)
    return error


def _subnet_order(subnet: Subnet) -> tuple[int, str, str]:
    return subnet.ip_version, subnet.cidr, subnet.id


def _check_unused(resource: str, id_: str, ports: Sequence[Port]) -> None:
    if any(is_anybodys(port) for port in ports):
        message = f"The {resource} is in use: machines or others have interfaces on it"
        raise Error(ErrorKind.IN_USE, message, resource=resource, resource_id=id_)
