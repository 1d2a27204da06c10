"""Reading disks with what they are attached to.

A disk carries no reference to its machines: attachments come from the machines and templates themselves.
"""

from __future__ import annotations

import asyncio

from msgspec import Struct

from deltaic.drivers.ovirt import ids, search, wire
from deltaic.drivers.ovirt.client import Client
from deltaic.drivers.ovirt.details import Details
from deltaic.drivers.ovirt.disk_mark import DiskMark, helped, mark_of, renamed
from deltaic.drivers.ovirt.errors import Subject
from deltaic.drivers.ovirt.lookups import Lookups, Place
from deltaic.drivers.ovirt.storage import Storage
from deltaic.model.context import Context
from deltaic.model.errors import not_found

#: What a user calls a disk; the engine also keeps memory dumps, OVF stores and ISO images as disks.
CONTENT_TYPES = frozenset({"data", ""})


class Inventory(Struct, frozen=True):
    """The scope's disks, the machines there are and the disks they have, and the disks of templates.

    `data_center_id` is empty in a scope of several data centers; `centers` then has that of each storage domain.
    """

    disks: list[wire.Disk]
    attachments: dict[str, list[tuple[str, wire.DiskAttachment]]]
    template_disks: frozenset[str]
    data_center_id: str
    machines: frozenset[str] = frozenset()
    centers: dict[str, str] = {}

    def center_of(self, disk: wire.Disk) -> str:
        """The id of a disk's data center; empty for one that is in none."""
        if self.data_center_id:
            return self.data_center_id
        return next((self.centers[one.id] for one in disk.storage_domains.storage_domain if one.id in self.centers), "")


class DiskReader:
    """A constant number of calls, whatever the number of disks."""

    def __init__(self, client: Client, lookups: Lookups, details: Details, storage: Storage) -> None:
        self._client = client
        self._lookups = lookups
        self._details = details
        self._storage = storage

    async def read(self, context: Context) -> Inventory:
        """Read the scope's disks."""
        place = await self._lookups.place(context)
        disks, vms, templates, centers = await asyncio.gather(
            self._client.read(context, "disks", wire.Disks, query={"search": search.disks_in_data_center(place.name)}),
            self._details.everything(context, place),
            self._client.read(context, "templates", wire.Templates, query={"follow": "disk_attachments"}),
            self._centers(context, place),
        )
        attachments: dict[str, list[tuple[str, wire.DiskAttachment]]] = {}
        for vm in vms:
            for one in vm.disk_attachments.disk_attachment:
                attachments.setdefault(disk_id(one), []).append((vm.id, one))
        template_disks = frozenset(
            disk_id(one) for template in templates.template for one in template.disk_attachments.disk_attachment
        )
        machines = frozenset(vm.id for vm in vms)
        names = helped(vms)
        found = [renamed(disk, names.get(disk.id, "")) for disk in disks.disk] if names else disks.disk
        return Inventory(found, attachments, template_disks, place.id, machines, centers)

    async def _centers(self, context: Context, place: Place) -> dict[str, str]:
        return {} if place.id else await self._storage.centers(context)

    async def users(self, context: Context, identity: str) -> list[tuple[str, wire.DiskAttachment]]:
        """The machines of the scope that have a disk, with how they have it."""
        vms = await self._details.everything(context, await self._lookups.place(context))
        return [(vm.id, one) for vm in vms for one in vm.disk_attachments.disk_attachment if disk_id(one) == identity]

    async def one(self, context: Context, resource: str, identity: str) -> tuple[wire.Disk, str]:
        """One disk of the scope and its data center's id; NOT_FOUND as the `resource` it is meant to be."""
        identity = ids.checked(resource, identity)
        disk = await self._client.read(context, f"disks/{identity}", wire.Disk, subject=Subject(resource, identity))
        domains = [one.id for one in disk.storage_domains.storage_domain]
        if not domains:
            # A direct LUN is in no data center until a machine has it.
            return disk, ""
        center = await self._storage.holds(context, domains)
        if center is None or disk.content_type not in CONTENT_TYPES:
            raise not_found(resource, identity)
        return disk, center

    async def made(self, context: Context, made: str) -> list[tuple[wire.Disk, DiskMark]]:
        """The scope's disks with this creation in their marks."""
        place = await self._lookups.place(context)
        query = {"search": search.disks_in_data_center(place.name)}
        found = await self._client.read(context, "disks", wire.Disks, query=query)
        marks = ((disk, mark_of(disk)) for disk in found.disk if disk.content_type in CONTENT_TYPES)
        return [(disk, mark) for disk, mark in marks if mark.made == made]

    async def named(self, context: Context, alias: str) -> wire.Disk | None:
        """The disk with exactly this alias; where there are several, the first by id."""
        found = await self._client.read(context, "disks", wire.Disks, query={"search": search.with_alias(alias)})
        return min((one for one in found.disk if one.alias == alias), key=lambda one: one.id, default=None)


def disk_id(attachment: wire.DiskAttachment) -> str:
    """The id of the disk that an attachment is about."""
    return attachment.disk.id if attachment.disk else attachment.id
