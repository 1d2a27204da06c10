"""What the gateway keeps with a volume or snapshot in its metadata, beside the tags, and how metadata is changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct

from deltaic.drivers.openstack import metadata
from deltaic.drivers.openstack.client import Client, segment
from deltaic.drivers.openstack.errors import Subject
from deltaic.drivers.openstack.metadata import Items
from deltaic.drivers.openstack.storage import SERVICE
from deltaic.drivers.openstack.wire_storage import Snapshot, Volume
from deltaic.model import marks
from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind, invalid
from deltaic.model.snapshot import SnapshotChanges
from deltaic.model.volume import VolumeChanges

#: What block storage shows among the metadata without letting anybody change it.
FOREIGN: Final = frozenset({"readonly", "attached_mode"})

MADE: Final = f"{metadata.PREFIX}made"
MACHINE: Final = f"{metadata.PREFIX}machine"
BOOTABLE: Final = f"{metadata.PREFIX}bootable"


class DiskMark(Struct, frozen=True):
    """`made` is the short form of the creation's marker, `machine` the server that a volume is made for.

    `bootable` is a snapshot's: whether a system is on it, which the cloud knows of volumes only.
    """

    made: str = ""
    machine: str = ""
    bootable: bool = False


def mark_of(items: Mapping[str, str]) -> DiskMark:
    """The mark in an object's metadata."""
    return DiskMark(items.get(MADE, ""), items.get(MACHINE, ""), items.get(BOOTABLE) == "true")


def mark_items(mark: DiskMark) -> Items:
    """The metadata that holds a mark."""
    items = {MADE: mark.made, MACHINE: mark.machine, BOOTABLE: "true" if mark.bootable else ""}
    return {key: value for key, value in items.items() if value}


def made_by(marker: str) -> str:
    """The short form of a creation's marker; empty for none."""
    return marks.digest(marker)[:32] if marker else ""


def made_query(made: str) -> dict[str, str]:
    """The query for what a marker made. Block storage takes a Python literal."""
    return {"metadata": f"{{'{MADE}': '{made}'}}"}


class DiskMetadata:
    """The metadata of volumes or snapshots. Source page: Block Storage API v3, "Update a volume's metadata"."""

    def __init__(self, client: Client, resource: str) -> None:
        self._client = client
        self._resource = resource

    async def tag(self, context: Context, disk_id: str, actual: Mapping[str, str], tags: Mapping[str, str]) -> None:
        """Give exactly these tags, item by item: others' edits at the same time are not lost."""
        changes = metadata.changes(actual, metadata.tag_items(tags, FOREIGN), FOREIGN)
        # The mark's items are no tags, and the annotation's are never there.
        for key in changes.removed:
            await self.remove(context, disk_id, key)
        await self.set(context, disk_id, changes.changed)

    async def set(self, context: Context, disk_id: str, items: Items) -> None:
        """Set items and leave the others."""
        if items:
            await self._client.act(
                context, SERVICE, f"{self._resource}s/{disk_id}/metadata", {"metadata": items},
                subject=Subject(self._resource, disk_id),
            )  # fmt: skip

    async def remove(self, context: Context, disk_id: str, key: str) -> None:
        """Take an item away; nothing happens when it is not there."""
        path = f"{self._resource}s/{disk_id}/metadata/{segment(key)}"
        try:
            await self._client.remove(context, SERVICE, path, subject=Subject(self._resource, disk_id))
        except Error as error:
            if error.kind is not ErrorKind.NOT_FOUND:
                raise


def members(**given: Any) -> dict[str, Any]:
    """A request's members: those that are given."""
    return {name: value for name, value in given.items() if value not in ("", None, {}, 0)}


def texts_of(disk: Volume | Snapshot, changes: VolumeChanges | SnapshotChanges) -> Items:
    """The texts that changes give a disk and that it does not have."""
    texts = {"name": (changes.name, disk.name), "description": (changes.description, disk.description)}
    return {key: wanted for key, (wanted, actual) in texts.items() if wanted is not None and wanted != (actual or "")}


def require_text(resource: str, **texts: str | None) -> None:
    """INVALID for a text that the services can't hold."""
    for field, text in texts.items():
        if len(text or "") > metadata.LIMIT:
            message = f"The {field} may have at most {metadata.LIMIT} characters"
            raise invalid(field, message, resource=resource)
        require_characters(resource, field, text)


def require_characters(resource: str, field: str, text: str | None) -> None:
    """INVALID for characters that the services can't hold: they answer 500, or an error that names no field."""
    if any(character > "\uffff" for character in text or ""):
        message = f"This cloud's database keeps no characters beyond U+FFFF, as there are in the {field}"
        raise invalid(field, message, resource=resource)
