"""Reading disks with what they are attached to, and the mark of those that are snapshots.

A disk carries no reference to its machines: attachments come from the machines and templates themselves.
"""

from __future__ import annotations

import asyncio

import msgspec
from msgspec import Struct

from deltaic.drivers.ovirt import search, wire
from deltaic.drivers.ovirt.client import Client
from deltaic.drivers.ovirt.details import Details
from deltaic.drivers.ovirt.lookups import Lookups
from deltaic.model.context import Context

#: What a user calls a disk; the engine also keeps memory dumps, OVF stores and ISO images as disks.
CONTENT_TYPES = frozenset({"data", ""})

#: Begins the description of a floating disk that is a snapshot; the rest is JSON.
MARK = "gw1:"


class SnapshotMark(Struct, frozen=True):
    """What the description of a snapshot's disk tells. `created` is Unix seconds."""

    kind: str = ""
    volume: str = ""
    created: int = 0
    text: str = ""


class Inventory(Struct, frozen=True):
    """Disks of a data center, the machines that have them, and the disks that belong to templates."""

    disks: list[wire.Disk]
    attachments: dict[str, list[tuple[str, wire.DiskAttachment]]]
    template_disks: frozenset[str]
    data_center_id: str


class DiskReader:
    """A constant number of calls, whatever the number of disks."""

    def __init__(self, client: Client, lookups: Lookups, details: Details) -> None:
        self._client = client
        self._lookups = lookups
        self._details = details

    async def read(self, context: Context) -> Inventory:
        """Read the scope's disks."""
        place = await self._lookups.place(context)
        disks, vms, templates = await asyncio.gather(
            self._client.read(context, "disks", wire.Disks, query={"search": search.disks_in_data_center(place.name)}),
            self._details.everything(context, place),
            self._client.read(context, "templates", wire.Templates, query={"follow": "disk_attachments"}),
        )
        attachments: dict[str, list[tuple[str, wire.DiskAttachment]]] = {}
        for vm in vms:
            for one in vm.disk_attachments.disk_attachment:
                attachments.setdefault(_disk_id(one), []).append((vm.id, one))
        template_disks = frozenset(
            _disk_id(one) for template in templates.template for one in template.disk_attachments.disk_attachment
        )
        return Inventory(disks.disk, attachments, template_disks, place.id)


def snapshot_mark(disk: wire.Disk) -> SnapshotMark | None:
    """The mark of a disk that is a snapshot; None for any other disk."""
    if not disk.description.startswith(MARK):
        return None
    try:
        mark = msgspec.json.decode(disk.description[len(MARK) :], type=SnapshotMark)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return None
    return mark if mark.kind == "snapshot" else None


def _disk_id(attachment: wire.DiskAttachment) -> str:
    return attachment.disk.id if attachment.disk else attachment.id
