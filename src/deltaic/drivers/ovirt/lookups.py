"""What nearly every verb needs to know and what hardly changes: data centers, clusters, vNIC profiles.

Kept for seconds per principal, so that it costs no call per request; an id that is not known is looked up anew.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from msgspec import Struct, structs

from deltaic.drivers.http.cache import TimedCache
from deltaic.drivers.ovirt import wire
from deltaic.drivers.ovirt.client import Client
from deltaic.model.context import Context, Principal
from deltaic.model.errors import not_found

FRESH_SECONDS = 20.0
CACHED_PRINCIPALS = 256
LOAD_SECONDS = 30.0

T = TypeVar("T")
Key = tuple[Principal, str]


class Place(Struct, frozen=True):
    """The data center that a request works in; both empty for all of them."""

    id: str = ""
    name: str = ""


class Lookups:
    """Short-lived knowledge of the engine's layout, per principal."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._data_centers: TimedCache[Key, list[wire.DataCenter]] = _cache()
        self._clusters: TimedCache[Key, dict[str, wire.Cluster]] = _cache()
        self._profiles: TimedCache[Key, dict[str, str]] = _cache()

    async def data_centers(self, context: Context, *, anew: bool = False) -> list[wire.DataCenter]:
        """All data centers that the caller sees."""

        async def load() -> list[wire.DataCenter]:
            return (await self._client.read(_unhurried(context), "datacenters", wire.DataCenters)).data_center

        return await _get(self._data_centers, context, load, anew)

    async def clusters(self, context: Context, *, anew: bool = False) -> dict[str, wire.Cluster]:
        """All clusters that the caller sees, by id."""

        async def load() -> dict[str, wire.Cluster]:
            found = await self._client.read(_unhurried(context), "clusters", wire.Clusters)
            return {cluster.id: cluster for cluster in found.cluster}

        return await _get(self._clusters, context, load, anew)

    async def networks_by_profile(self, context: Context, *, anew: bool = False) -> dict[str, str]:
        """vNIC profile id -> network id."""

        async def load() -> dict[str, str]:
            found = await self._client.read(_unhurried(context), "vnicprofiles", wire.VnicProfiles)
            return {profile.id: profile.network.id for profile in found.vnic_profile}

        return await _get(self._profiles, context, load, anew)

    async def place(self, context: Context) -> Place:
        """The scope's data center, by id or by name; NOT_FOUND when the engine has none such."""
        wanted = context.scope.data_center
        if not wanted:
            return Place()
        for anew in (False, True):
            found = _find(await self.data_centers(context, anew=anew), wanted)
            if found is not None:
                return Place(found.id, found.name)
        raise not_found("data_center", wanted)

    async def homes(self, context: Context, cluster_ids: Iterable[str]) -> dict[str, str]:
        """Cluster id -> data center id; clusters that the caller does not see are left out.

        Costs at most one call, however many clusters are asked for.
        """
        wanted = {one for one in cluster_ids if one}
        found = await self.clusters(context)
        if not wanted <= found.keys():
            found = await self.clusters(context, anew=True)
        return {one: found[one].data_center.id for one in wanted if one in found}

    async def contains(self, context: Context, cluster_id: str) -> bool:
        """Whether a cluster is in the request's scope."""
        place = await self.place(context)
        return not place.id or (await self.homes(context, [cluster_id])).get(cluster_id) == place.id


def _find(data_centers: list[wire.DataCenter], wanted: str) -> wire.DataCenter | None:
    by_id = next((found for found in data_centers if found.id == wanted.lower()), None)
    return by_id or next((found for found in data_centers if found.name == wanted), None)


def _cache() -> TimedCache[Key, T]:
    return TimedCache(seconds=FRESH_SECONDS, size=CACHED_PRINCIPALS)


async def _get(cache: TimedCache[Key, T], context: Context, load: Callable[[], Awaitable[T]], anew: bool) -> T:
    key = (context.principal, context.scope.view)
    newer_than = cache.now() if anew else float("-inf")
    return await cache.get(key, load, seconds=context.remaining(), newer_than=newer_than)


def _unhurried(context: Context) -> Context:
    """The context of a call that others may share: one impatient caller must not spoil it for them."""
    return structs.replace(context, deadline=time.monotonic() + LOAD_SECONDS)
