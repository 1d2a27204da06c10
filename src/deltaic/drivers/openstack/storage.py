"""Volume types: where volumes can be made."""

from __future__ import annotations

import asyncio
from typing import Final

from deltaic.drivers.openstack.client import Client
from deltaic.drivers.openstack.wire_compute import AvailabilityZones
from deltaic.drivers.openstack.wire_storage import Absolute, LimitsAnswer, VolumeType, VolumeTypeAnswer, VolumeTypes
from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind, invalid
from deltaic.model.storage_domain import StorageDomain

SERVICE: Final = "block-storage"
GIB: Final = 1 << 30
#: The services count sizes in 32 bits.
LARGEST: Final = (1 << 31) - 1
#: What a plain user need not be told, and volumes can be made without.
UNTOLD: Final = frozenset({ErrorKind.NOT_FOUND, ErrorKind.FORBIDDEN})


class Storage:
    """Storage as a plain user sees it. Source pages: Block Storage API v3, "Volume types", "Limits"."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def domains(self, context: Context) -> list[StorageDomain]:
        """The types that the project may use, by name behind the one that is taken when nobody says which.

        All share the room that the project's quota leaves, nobody tells a plain user how full the storage is. A
        project without a quota has as much room as a volume can have.
        """
        region = await self._client.region(context)
        types, first, limits = await asyncio.gather(self._types(context), self._default(context), self._limits(context))
        known = limits.gigabytes >= 0
        room = max(0, limits.gigabytes - limits.gigabytes_used) if known else LARGEST
        names = sorted(
            {one.name for one in types if one.name} | ({first} - {""}), key=lambda name: (name != first, name)
        )
        return [StorageDomain(name, name, region, room * GIB, limits.gigabytes_used * GIB) for name in names]

    def chosen(self, wanted: str) -> str:
        """The type for a new volume; empty leaves it to the cloud."""
        return wanted or self._client.settings.volume_type

    async def zone(self, context: Context, wanted: str) -> str:
        """A compute zone as block storage knows it; empty where its own zones are others."""
        if not wanted:
            return ""
        try:
            found = await self._client.read(context, SERVICE, "os-availability-zone", AvailabilityZones)
        except Error as error:
            if error.kind not in UNTOLD:
                raise
            return ""
        return wanted if wanted in {one.name for one in found.zones} else ""

    async def _types(self, context: Context) -> list[VolumeType]:
        try:
            return await self._client.pages(context, SERVICE, "types", VolumeTypes, lambda page: page.volume_types)
        except Error as error:
            if error.kind is not ErrorKind.FORBIDDEN:
                raise
            return []

    async def _default(self, context: Context) -> str:
        if self._client.settings.volume_type:
            return self._client.settings.volume_type
        try:
            return (await self._client.read(context, SERVICE, "types/default", VolumeTypeAnswer)).volume_type.name
        except Error as error:
            if error.kind not in UNTOLD:
                raise
            return ""

    async def _limits(self, context: Context) -> Absolute:
        try:
            return (await self._client.read(context, SERVICE, "limits", LimitsAnswer)).limits.absolute
        except Error as error:
            if error.kind not in UNTOLD:
                raise
            return Absolute()


def gibibytes(size: int) -> int:
    """Bytes rounded up to what block storage can make; INVALID for none, or beyond any storage."""
    found = -(-size // GIB)
    if not 0 < found <= LARGEST:
        raise invalid("size", "The size of a volume must be a number of bytes above 0", resource="volume")
    return found
