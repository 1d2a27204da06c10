"""Making disks, empty or as copies, each exactly once."""

from __future__ import annotations

import time
import uuid
from typing import Any

from msgspec import structs

from deltaic.drivers.ovirt import wire
from deltaic.drivers.ovirt.client import Client
from deltaic.drivers.ovirt.disk_mark import (
    DISK,
    VOLUME,
    DiskMark,
    body_of,
    id_of,
    made_by,
    mark_of,
    unfinished_alias,
)
from deltaic.drivers.ovirt.disks import DiskReader
from deltaic.drivers.ovirt.errors import Subject
from deltaic.drivers.ovirt.storage import Storage
from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind, invalid
from deltaic.model.storage_domain import StorageDomain
from deltaic.model.volume import VolumeSpec

#: Disks are made of sectors, and none is smaller than this.
SECTOR = 512
SMALLEST = 1 << 20
#: Beyond it sizes overflow in storage and in the engine's own counting.
LARGEST = 1 << 60
FORMATS = frozenset({"cow", "raw"})


class DiskMaker:
    """Makes disks. Source page: services/disks, add; services/disk, copy."""

    def __init__(self, client: Client, reader: DiskReader, storage: Storage) -> None:
        self._client = client
        self._reader = reader
        self._storage = storage

    def mark(self, kind: str, marker: str, created: int, *, source: str = "", machine: str = "") -> DiskMark:
        """The mark of a new disk."""
        made = made_by(marker or str(time.time_ns()))
        if not created and not (marker and source):
            # A copy is found again by its whole mark, which must be the same a second later.
            created = int(time.time())
        return DiskMark(kind=kind, made=made, created=created, source=source, machine=machine)

    async def create(self, context: Context, spec: VolumeSpec) -> tuple[wire.Disk, DiskMark, str]:
        """An empty disk with its mark and its data center; the one that the same marker made before."""
        domain = await self._storage.choose(context, spec.storage_domain_id, spec.data_center_id)
        body = self._body(spec, domain)
        made = await self._made(context, str(body["id"]))
        if made is None:
            made = await self._client.create(context, "disks", body, wire.Disk, subject=Subject("volume", spec.name))
        return made, mark_of(made), domain.data_center_id

    async def _made(self, context: Context, disk_id: str) -> wire.Disk | None:
        """What an earlier call made. The engine takes an id twice for a broken request, with words of its database."""
        try:
            return await self._client.read(context, f"disks/{disk_id}", wire.Disk)
        except Error as error:
            if error.kind is ErrorKind.NOT_FOUND:
                return None
            raise

    async def copy(
        self, context: Context, source: wire.Disk, name: str, mark: DiskMark, domain_id: str, data_center_id: str
    ) -> wire.Disk:
        """A copy of a disk; the one that the same marker made before."""
        alias = unfinished_alias(name, mark)
        found = await self._reader.named(context, alias)
        if found is None:
            if source.status == "locked" or mark_of(source).unfinished:
                raise Error(ErrorKind.BUSY, "The disk to copy is locked", resource="volume", resource_id=source.id)
            domain = await self._storage.choose(context, domain_id, data_center_id)
            body = {"storage_domain": {"id": domain.id}, "disk": {"name": alias}}
            await self._client.act(context, f"disks/{source.id}/copy", body, subject=Subject("volume", source.id))
            found = await self._reader.named(context, alias)
        if found is None:
            raise Error(ErrorKind.BUSY, "The copy is not shown yet", resource="volume", resource_id=source.id)
        return found

    def _body(self, spec: VolumeSpec, domain: StorageDomain) -> dict[str, Any]:
        if spec.format and spec.format not in FORMATS:
            raise invalid("format", f"The format of a volume is one of {', '.join(sorted(FORMATS))}", resource="volume")
        # Only raw disks can be shared: others keep what belongs to one writer.
        kind = spec.format or ("raw" if spec.shareable else "cow")
        if spec.shareable and kind != "raw":
            raise invalid("format", "A volume that several machines share must be raw", resource="volume")
        mark = self.mark(DISK if spec.instance_id else VOLUME, spec.marker, spec.created_at, machine=spec.instance_id)
        mark = structs.replace(mark, boot=spec.bootable, text=spec.description, zone=spec.zone_id)
        disk_id = id_of(spec.marker) if spec.marker else str(uuid.uuid4())
        body = {
            "id": disk_id,
            **body_of(spec.name, mark, disk_id),
            "provisioned_size": str(sectors(spec.size)),
            "format": kind,
            # Thin raw disks exist on file storage alone.
            "sparse": "true" if kind == "cow" else "false",
            "storage_domains": {"storage_domain": [{"id": domain.id}]},
        }
        if spec.shareable:
            body["shareable"] = "true"
        return body


def sectors(size: int) -> int:
    """Bytes rounded up to what the engine can make. INVALID for none, or beyond any storage."""
    if not 0 < size <= LARGEST:
        raise invalid("size", "The size of a volume must be a number of bytes above 0", resource="volume")
    return max(SMALLEST, -(-size // SECTOR) * SECTOR)
