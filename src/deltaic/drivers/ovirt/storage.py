"""Storage domains: where disks can be made."""

from __future__ import annotations

import asyncio

from deltaic.drivers.ovirt import wire_storage
from deltaic.drivers.ovirt.client import Client
from deltaic.drivers.ovirt.lookups import Lookups, Place
from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.storage_domain import StorageDomain


class Storage:
    """The data domains of the data centers of a scope. Source page: services/attached_storage_domains."""

    def __init__(self, client: Client, lookups: Lookups) -> None:
        self._client = client
        self._lookups = lookups

    async def active(self, context: Context, data_center_id: str = "") -> list[StorageDomain]:
        """The active data domains, the one with the most room first."""
        found = [
            StorageDomain(domain.id, domain.name, center, domain.available, domain.used)
            for center, domain in await self._attached(context, data_center_id)
            if domain.type == "data" and domain.status in ("active", "")
        ]
        return sorted(found, key=lambda one: (-one.available, one.name, one.id))

    async def choose(self, context: Context, wanted: str = "", data_center_id: str = "") -> StorageDomain:
        """The domain for a new disk: the one wanted (by id or name), else the one with the most room."""
        domains = await self.active(context, data_center_id)
        if not wanted:
            if not domains:
                raise Error(ErrorKind.CAPACITY, "No storage domain is active", resource="storage_domain")
            return domains[0]
        for domain in domains:
            if wanted.lower() == domain.id or wanted == domain.name:
                return domain
        raise Error(
            ErrorKind.NOT_FOUND,
            f"There is no active storage domain '{wanted[:80]}'",
            resource="storage_domain",
            resource_id=wanted[:80],
            field="storage_domain_id",
        )

    async def holds(self, context: Context, domain_ids: list[str]) -> str | None:
        """The data center of the scope that has one of these domains, active or not; None when none has."""
        for center, domain in await self._attached(context, ""):
            if domain.id in domain_ids:
                return center
        return None

    async def centers(self, context: Context) -> dict[str, str]:
        """The data center of each storage domain of the scope, by id; one call for each data center."""
        return {domain.id: center for center, domain in await self._attached(context, "")}

    async def _attached(self, context: Context, data_center_id: str) -> list[tuple[str, wire_storage.StorageDomain]]:
        place = await self._lookups.place(context)
        if data_center_id and place.id not in ("", data_center_id):
            raise Error(ErrorKind.NOT_FOUND, "The data center is not in the scope", resource="data_center")
        wanted = data_center_id or place.id
        centers = [wanted] if wanted else [one.id for one in await self._lookups.data_centers(context)]
        lists = await asyncio.gather(*(self._of_center(context, Place(center)) for center in centers))
        return [(center, domain) for center, domains in zip(centers, lists, strict=True) for domain in domains]

    async def _of_center(self, context: Context, center: Place) -> list[wire_storage.StorageDomain]:
        path = f"datacenters/{center.id}/storagedomains"
        return (await self._client.read(context, path, wire_storage.StorageDomains)).storage_domain
