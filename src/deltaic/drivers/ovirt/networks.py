"""Logical networks."""

from __future__ import annotations

import asyncio
import builtins
from collections.abc import Sequence
from typing import Any

from deltaic.driver import Edit
from deltaic.drivers.ovirt import comment as comments
from deltaic.drivers.ovirt import convert, ids, search, wire
from deltaic.drivers.ovirt.annotations import Annotations
from deltaic.drivers.ovirt.client import Client
from deltaic.drivers.ovirt.errors import Subject
from deltaic.drivers.ovirt.launching import correlation_of
from deltaic.drivers.ovirt.lookups import Lookups
from deltaic.model.annotation import Annotation
from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind, not_found, unsupported
from deltaic.model.network import Network, NetworkChanges, NetworkSpec, Subnet, SubnetSpec

#: What the engine says of a network that a cluster has already.
_ATTACHED = frozenset({ErrorKind.CONFLICT, ErrorKind.ALREADY_EXISTS})


class OvirtNetworks:
    """Networks that machines can use (usage `vm`). Source page: services/networks, services/vnic_profiles."""

    def __init__(self, client: Client, lookups: Lookups) -> None:
        self._client = client
        self._lookups = lookups
        self._annotations = Annotations(client, "network", "networks", wire.Network)

    async def list(self, context: Context, *, ids: Sequence[str] = ()) -> builtins.list[Network]:
        """List the scope's networks by name, with their profiles and the clusters they are attached to."""
        place = await self._lookups.place(context)
        query = {"search": search.in_data_center(place.name)}
        networks, clusters, profiles = await asyncio.gather(
            self._client.read(context, "networks", wire.Networks, query=query),
            self._client.read(context, "clusters", wire.Clusters, query={**query, "follow": "networks"}),
            self._lookups.networks_by_profile(context),
        )
        by_network: dict[str, builtins.list[str]] = {}
        for profile, network in sorted(profiles.items()):
            by_network.setdefault(network, []).append(profile)
        zones = _zones(clusters.cluster)
        wanted = {one.lower() for one in ids}
        found = [
            convert.network(one, tuple(by_network.get(one.id, ())), tuple(zones.get(one.id, ())))
            for one in networks.network
            if (not wanted or one.id in wanted) and (not place.id or one.data_center.id == place.id)
        ]
        return sorted((one for one in found if one.carries_instances), key=lambda one: (one.name, one.id))

    async def create(self, context: Context, spec: NetworkSpec) -> Network:
        """Make a network, attach it to the clusters without requiring it of their hosts, see to a vNIC profile."""
        center = ids.checked("data_center", spec.data_center_id)
        made = await self._begun(context, center, spec) or await self._post(context, center, spec)
        zones = await self._attach(context, center, made.id)
        await self._profile(context, made)
        profiles = await self._lookups.networks_by_profile(context, anew=True)
        return convert.network(made, tuple(sorted(one for one in profiles if profiles[one] == made.id)), zones)

    async def update(self, context: Context, network_id: str, changes: NetworkChanges) -> None:
        """Change members."""
        found = await self._in_scope(context, network_id)
        body: dict[str, Any] = {}
        if changes.name is not None:
            body["name"] = changes.name
        if changes.description is not None:
            body["description"] = changes.description
        if changes.mtu is not None:
            body["mtu"] = str(changes.mtu)
        if body:
            subject = Subject("network", found.id)
            await self._client.update(context, f"networks/{found.id}", body, wire.Network, subject=subject)

    async def annotate(self, context: Context, network_id: str, edit: Edit) -> Annotation:
        """Change the network's annotation."""
        found = await self._in_scope(context, network_id)
        return await self._annotations.change(context, found.id, edit)

    async def delete(self, context: Context, network_id: str) -> None:
        """Remove a network; its profiles go with it."""
        found = await self._in_scope(context, network_id)
        await self._client.remove(context, f"networks/{found.id}", subject=Subject("network", found.id))
        await self._lookups.networks_by_profile(context, anew=True)

    async def create_subnet(self, context: Context, network_id: str, spec: SubnetSpec) -> Subnet:
        """Engines know no ranges of addresses."""
        raise unsupported("networks.create_subnet")

    async def delete_subnet(self, context: Context, subnet_id: str) -> None:
        """Engines know no ranges of addresses."""
        raise unsupported("networks.delete_subnet")

    # -- inner -------------------------------------------------------------------------------------------------------

    async def _begun(self, context: Context, center: str, spec: NetworkSpec) -> wire.Network | None:
        """The network that an earlier attempt made."""
        if not spec.annotation.launch:
            return None
        subject = Subject("data_center", center)
        path = f"datacenters/{center}/networks"
        found = (await self._client.read(context, path, wire.Networks, subject=subject)).network
        marker = spec.annotation.launch
        return next((one for one in found if comments.parse(one.comment).annotation.launch == marker), None)

    async def _post(self, context: Context, center: str, spec: NetworkSpec) -> wire.Network:
        body: dict[str, Any] = {
            "name": spec.name,
            "description": spec.description,
            "comment": comments.render(comments.Comment(spec.annotation)),
            "data_center": {"id": center},
        }
        if spec.mtu:
            body["mtu"] = str(spec.mtu)
        if spec.vlan:
            body["vlan"] = {"id": str(spec.vlan)}
        return await self._client.create(
            context, "networks", body, wire.Network, correlation=correlation_of(spec.annotation.launch),
            subject=Subject("network", spec.name),
        )  # fmt: skip

    async def _attach(self, context: Context, center: str, network_id: str) -> tuple[str, ...]:
        """Attach the network to every cluster of its data center; their ids."""
        clusters = await self._lookups.clusters(context, anew=True)
        wanted = sorted(one.id for one in clusters.values() if one.data_center.id == center)
        for cluster in wanted:
            if not await self._is_attached(context, cluster, network_id):
                await self._attach_to(context, cluster, network_id)
        return tuple(wanted)

    async def _attach_to(self, context: Context, cluster: str, network_id: str) -> None:
        body = {"id": network_id, "required": "false"}
        subject = Subject("network", network_id)
        try:
            await self._client.create(context, f"clusters/{cluster}/networks", body, wire.Network, subject=subject)
        except Error as error:
            # Somebody else may have been faster: an administrator, or another attempt of ours.
            if error.kind not in _ATTACHED or not await self._is_attached(context, cluster, network_id):
                raise

    async def _is_attached(self, context: Context, cluster: str, network_id: str) -> bool:
        found = await self._client.read(context, f"clusters/{cluster}/networks", wire.Networks)
        return any(one.id == network_id for one in found.network)

    async def _profile(self, context: Context, made: wire.Network) -> None:
        """Engines make a profile for each new network by themselves, unless told otherwise."""
        path = f"networks/{made.id}/vnicprofiles"
        if not (await self._client.read(context, path, wire.VnicProfiles)).vnic_profile:
            body = {"name": made.name[:50], "network": {"id": made.id}}
            await self._client.create(context, "vnicprofiles", body, wire.VnicProfile)

    async def _in_scope(self, context: Context, network_id: str) -> wire.Network:
        """The network as the engine tells it; NOT_FOUND when it is in another data center."""
        checked = ids.checked("network", network_id)
        place = await self._lookups.place(context)
        subject = Subject("network", checked)
        found = await self._client.read(context, f"networks/{checked}", wire.Network, subject=subject)
        if place.id and found.data_center.id != place.id:
            raise not_found("network", network_id)
        return found


def _zones(clusters: Sequence[wire.Cluster]) -> dict[str, list[str]]:
    """Network id -> ids of the clusters that have it."""
    zones: dict[str, list[str]] = {}
    for cluster in sorted(clusters, key=lambda one: one.id):
        for network in cluster.networks.network:
            zones.setdefault(network.id, []).append(cluster.id)
    return zones
