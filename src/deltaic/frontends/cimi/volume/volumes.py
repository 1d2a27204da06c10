"""Volumes: disks that stand for themselves, attached or not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from deltaic.frontends.cimi.call import Call
from deltaic.frontends.cimi.common import Document, common, kilobytes, operation
from deltaic.frontends.cimi.labels import NAME_TAG, check_labels, shown_name, shown_properties
from deltaic.frontends.cimi.links import Links
from deltaic.frontends.cimi.record.meter_make import make_meters, planned_meters
from deltaic.frontends.cimi.resolver import template_of
from deltaic.frontends.cimi.tree import Owners
from deltaic.frontends.cimi.volume.sizes import MAPPED, growth, renamed
from deltaic.frontends.cimi.volume.wishes import spec_of
from deltaic.model.capability import Capability
from deltaic.model.errors import Error
from deltaic.model.meter import Subject
from deltaic.model.snapshot import Snapshot
from deltaic.model.volume import Volume, VolumeChanges, VolumeState
from deltaic.protocols.cimi.bodies import read_body

STATES: Final = {
    VolumeState.CREATING: "CREATING",
    VolumeState.AVAILABLE: "AVAILABLE",
    VolumeState.DELETING: "DELETING",
    VolumeState.ERROR: "ERROR",
}


async def volumes(call: Call, owners: Owners) -> Sequence[Document]:
    """Disks that stand for themselves."""
    found = [one for one in await call.world.volumes() if one.independent]
    return [volume(call.links, one, await call.world.tags_of(one), call.capability) for one in found]


async def get(call: Call, owners: Owners, wanted: str) -> Document:
    """One volume."""
    found = await call.world.volume(wanted)
    return volume(call.links, found, await call.world.tags_of(found), call.capability)


async def create(call: Call, owners: Owners) -> Document:
    """Make a volume; answers as soon as the engine accepted it."""
    wanted = read_body(call.body, call.content_type, "VolumeCreate")
    spec = await spec_of(call, wanted.get("volumeTemplate"), wanted, refused=("eventLogTemplate",))
    template = await template_of(call, wanted.get("volumeTemplate"), "VolumeTemplate", "volumeTemplate")
    meters = await planned_meters(call, template.get("meterTemplates") or (), Subject.VOLUME)
    tags = properties(wanted)
    try:
        made = await call.services.volumes.create(call.context, spec, tags)
    except Error as error:
        raise renamed(error) from None
    try:
        await make_meters(call, made.id, meters)
    except Error:
        # One that can't be had as it was asked for is removed again.
        await call.services.volumes.delete(call.context, made.id)
        raise
    return volume(call.links, made, tags, call.capability)


async def edit(call: Call, owners: Owners, wanted: str, changes: Document) -> None:
    """Give the attributes among `changes` their new values; None erases, and leaves the capacity as it is."""
    found = await call.world.volume(wanted)
    await change(call, found, changes)
    tags = dict(await call.world.tags_of(found))
    new = retagged(tags, changes)
    if new != tags:
        await call.services.tags.replace(call.context, "volume", wanted, new)


async def delete(call: Call, owners: Owners, wanted: str) -> None:
    """Remove a volume, durably; it is no longer shown as soon as this returns."""
    await call.world.volume(wanted)
    await call.services.volumes.delete(call.context, wanted)


async def change(call: Call, found: Volume, changes: Document) -> None:
    """Write a disk's name, description and capacity where they change."""
    members = renaming(found, changes)
    size = growth(changes.get("capacity"), found.size)
    if members or size is not None:
        try:
            await call.services.volumes.modify(call.context, found.id, VolumeChanges(size=size, **members))
        except Error as error:
            raise renamed(error) from None


def renaming(found: Volume | Snapshot, changes: Document) -> dict[str, Any]:
    """The name and the description where a PUT changes them; what it erases becomes empty."""
    asked = {name: changes[name] or "" for name in ("name", "description") if name in changes}
    return {name: value for name, value in asked.items() if value != getattr(found, name)}


def properties(wanted: Document) -> dict[str, str]:
    """The tags that a new resource's properties stand for."""
    tags = {str(key): str(value) for key, value in (wanted.get("properties") or {}).items()}
    check_labels(tags)
    return tags


def retagged(tags: Mapping[str, str], changes: Document) -> dict[str, str]:
    """A resource's tags after a PUT. Where a tag carries the name it follows the name."""
    new = dict(tags)
    if "properties" in changes:
        new = dict(changes["properties"] or {})
    if NAME_TAG in tags:
        name = changes.get("name", tags[NAME_TAG])
        new |= {NAME_TAG: name} if name else {}
    check_labels(new)
    return new


def volume(links: Links, found: Volume, tags: Mapping[str, str], cloud: Capability) -> Document:
    """A disk that stands for itself."""
    uri = links.to("volumes", found.id)
    named = shown_properties(tags)
    document = common(uri, shown_name(tags, found.name), found.description, found.created_at, named)
    document |= {
        "state": STATES[found.state],
        "type": MAPPED,
        "capacity": kilobytes(found.size),
        "bootable": found.bootable,
    }
    parts = {"images": cloud.snapshots_list, "meters": cloud.metrics_read_volume}
    document |= {part: {"href": f"{uri}/{part}"} for part, there in parts.items() if there}
    return document | {"operations": _operations(found, uri)}


def _operations(found: Volume, uri: str) -> list[Document]:
    """What can be done in its state: a locked disk is not changed, an attached one not deleted."""
    offered = [operation("edit", uri)] if found.state is VolumeState.AVAILABLE else []
    return offered if found.attachments else [*offered, operation("delete", uri)]
