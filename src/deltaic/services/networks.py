"""Networks: the segments that instances plug into."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from deltaic.driver import Edit
from deltaic.model.annotation import Annotation
from deltaic.model.context import Context
from deltaic.model.errors import invalid
from deltaic.model.network import Network, NetworkChanges, NetworkSpec, Subnet, SubnetSpec
from deltaic.services.flows import FlowStarter
from deltaic.services.identity import Clouds
from deltaic.services.lookup import require_all
from deltaic.services.names import launch_id
from deltaic.services.subnets import checked_subnet, checked_subnets
from deltaic.services.tags import check_tags
from deltaic.services.zones import ZoneService

CREATE: Final = "network-create"

#: Bytes that a packet may have: IPv4 needs the smallest, its length field ends at the largest.
MTU = range(68, 65536)
VLAN = range(1, 4095)


class NetworkRequest(Struct, frozen=True):
    """A network that a caller wants; without a name it gets one that nothing else has.

    `mtu` (bytes) is 0 for the cloud's default, `vlan` for none. `traits` are what the caller says of it that the cloud
    has no member for. `subnets` are made with it, where the cloud has ranges of addresses (UNSUPPORTED elsewhere).
    """

    name: str = ""
    description: str = ""
    mtu: int = 0
    vlan: int = 0
    tags: dict[str, str] = {}
    traits: dict[str, str] = {}
    subnets: tuple[SubnetSpec, ...] = ()


#: The trait of a network that was made as a VPC: the range that it is for.
CIDR_TRAIT = "ec2-cidr"


def default_network(networks: Iterable[Network], data_center: str = "") -> Network | None:
    """The one network that is meant where none is named: the default one, else the first by name.

    One that was made as a VPC is meant only where there is no other: making one moves nobody's machines there.
    """
    own = [network for network in networks if not data_center or network.data_center_id == data_center]
    own = own or list(networks)
    return min(
        own,
        key=lambda one: (not one.default, CIDR_TRAIT in one.annotation.traits, one.name, one.id),
        default=None,
    )


class NetworkService:
    """The verbs on networks."""

    def __init__(self, clouds: Clouds, flows: FlowStarter, zones: ZoneService) -> None:
        self._clouds = clouds
        self._flows = flows
        self._zones = zones

    async def list(self, context: Context, ids: Sequence[str] = ()) -> Sequence[Network]:
        """The networks of the scope that carry instances, none where the cloud knows no networks.

        NOT_FOUND names those of `ids` that are not there.
        """
        cloud = self._clouds.of(context)
        networks = await cloud.networks.list(context, ids=ids) if cloud.capability.networks_list else []
        require_all("network", ids, networks)
        return networks

    async def create(self, context: Context, request: NetworkRequest, token: str = "") -> Network:
        """Make a network in the scope's data center, for machines of all its zones.

        A scope without one means the data center of its first zone, as it does for volumes. A repeated token makes
        nothing again. ALREADY_EXISTS for a taken name; INVALID names the field.
        """
        _check_mtu(request.mtu)
        if request.vlan and request.vlan not in VLAN:
            raise invalid("vlan", f"A VLAN is between {VLAN[0]} and {VLAN[-1]}", resource="network")
        check_tags(request.tags)
        marker = f"network:{launch_id(context.owner, token, '')}"
        spec = NetworkSpec(
            name=request.name or f"network-{marker[-8:]}",
            data_center_id=await self._zones.home(context),
            description=request.description,
            mtu=request.mtu,
            vlan=request.vlan,
            subnets=checked_subnets(request.subnets, marker),
            annotation=Annotation(
                tags=request.tags,
                traits=request.traits,
                launch=marker,
                owner=context.principal.user,
                launched_at=int(time.time()),
            ),
        )
        flow_id = f"{CREATE}:{marker}"
        await self._flows.start(context, CREATE, flow_id, spec)
        return msgspec.json.decode(await self._flows.accepted(context, flow_id), type=Network)

    async def modify(
        self,
        context: Context,
        network_id: str,
        changes: NetworkChanges,
        *,
        tags: Mapping[str, str] | None = None,
        traits: Mapping[str, str] | None = None,
    ) -> None:
        """Change a network; None leaves its tags and traits as they are."""
        networks = self._clouds.of(context).networks
        _check_mtu(changes.mtu or 0)
        check_tags(tags or {})
        if changes != NetworkChanges():
            await networks.update(context, network_id, changes)
        if tags is not None or traits is not None:
            await networks.annotate(context, network_id, _edit(tags, traits))

    def has_subnets(self, context: Context) -> bool:
        """Whether the cloud of the request has ranges of addresses as things of their own."""
        return self._clouds.of(context).capability.networks_create_with_subnets

    async def add_subnet(self, context: Context, network_id: str, spec: SubnetSpec, token: str = "") -> Subnet:
        """Make a range of addresses in a network; `spec.marker` may be left empty. A repeated token makes none again.

        INVALID names the field: `cidr` for one that overlaps another one of the network.
        """
        marker = spec.marker or (f"subnet:{launch_id(context.owner, token, '')}" if token else "")
        wanted = checked_subnet(spec, marker)
        return await self._clouds.of(context).networks.create_subnet(context, network_id, wanted)

    async def remove_subnet(self, context: Context, subnet_id: str) -> None:
        """Remove a range of addresses; IN_USE while interfaces have addresses of it."""
        await self._clouds.of(context).networks.delete_subnet(context, subnet_id)

    async def delete(self, context: Context, network_id: str) -> None:
        """Remove a network; IN_USE while machines have interfaces on it, BUSY while it is still being made."""
        networks = self._clouds.of(context).networks
        if await self._flows.under_way(CREATE):
            for network in await networks.list(context, ids=[network_id]):
                await self._flows.until_known(context, CREATE, network.annotation.launch)
        await networks.delete(context, network_id)


def _check_mtu(mtu: int) -> None:
    if mtu and mtu not in MTU:
        raise invalid("mtu", f"An MTU is between {MTU[0]} and {MTU[-1]}", resource="network")


def _edit(tags: Mapping[str, str] | None, traits: Mapping[str, str] | None) -> Edit:
    given = {name: dict(value) for name, value in (("tags", tags), ("traits", traits)) if value is not None}
    return lambda annotation: replace(annotation, **given)
