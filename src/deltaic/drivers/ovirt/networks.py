"""Logical networks."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from deltaic.drivers.ovirt import convert, search, wire
from deltaic.drivers.ovirt.client import Client
from deltaic.drivers.ovirt.lookups import Lookups
from deltaic.model.context import Context
from deltaic.model.network import Network


class OvirtNetworks:
    """Networks that machines can use (usage `vm`). Source page: services/networks, services/vnic_profiles."""

    def __init__(self, client: Client, lookups: Lookups) -> None:
        self._client = client
        self._lookups = lookups

    async def list(self, context: Context, *, ids: Sequence[str] = ()) -> list[Network]:
        """List the scope's networks by name, with their profiles and the clusters they are attached to."""
        place = await self._lookups.place(context)
        query = {"search": search.in_data_center(place.name)}
        networks, clusters, profiles = await asyncio.gather(
            self._client.read(context, "networks", wire.Networks, query=query),
            self._client.read(context, "clusters", wire.Clusters, query={**query, "follow": "networks"}),
            self._lookups.networks_by_profile(context),
        )
        by_network: dict[str, list[str]] = {}
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


def _zones(clusters: Sequence[wire.Cluster]) -> dict[str, list[str]]:
    """Network id -> ids of the clusters that have it."""
    zones: dict[str, list[str]] = {}
    for cluster in sorted(clusters, key=lambda one: one.id):
        for network in cluster.networks.network:
            zones.setdefault(network.id, []).append(cluster.id)
    return zones
