"""Images of volumes: independent copies of their content, and the list of those of one volume."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from deltaic.frontends.cimi.call import Call
from deltaic.frontends.cimi.common import Document, common, operation
from deltaic.frontends.cimi.labels import shown_name, shown_properties
from deltaic.frontends.cimi.links import Links
from deltaic.frontends.cimi.tree import Owners
from deltaic.frontends.cimi.volume.sizes import renamed
from deltaic.frontends.cimi.volume.volumes import properties, renaming, retagged
from deltaic.frontends.cimi.volume.wishes import disk_id
from deltaic.model.errors import Error, ErrorKind, invalid, not_found
from deltaic.model.snapshot import Snapshot, SnapshotChanges, SnapshotSpec, SnapshotState
from deltaic.protocols.cimi.bodies import read_body

STATES: Final = {
    SnapshotState.PENDING: "CREATING",
    SnapshotState.COMPLETED: "AVAILABLE",
    SnapshotState.ERROR: "ERROR",
}
_FIELD: Final = "imageLocation"


async def images(call: Call, owners: Owners) -> Sequence[Document]:
    """The snapshots of the scope."""
    return [image(call.links, one, await call.world.tags_of(one)) for one in await call.world.snapshots()]


async def get(call: Call, owners: Owners, wanted: str) -> Document:
    """One image."""
    found = await _snapshot(call, wanted)
    return image(call.links, found, await call.world.tags_of(found))


async def create(call: Call, owners: Owners) -> Document:
    """Copy the content of the volume that the imageLocation leads to; answers as soon as the engine accepted it."""
    wanted = read_body(call.body, call.content_type, "VolumeImage")
    location = str(wanted.get(_FIELD) or "")
    if not location:
        raise Error(ErrorKind.MISSING, "The imageLocation must be the address of a Volume", field=_FIELD)
    made = await _make(call, await disk_id(call, location, _FIELD), wanted)
    return image(call.links, made, properties(wanted))


async def create_below(call: Call, owners: Owners) -> Document:
    """Copy the content of a volume into a new image, as the volumeImage by value, if there is one, describes it."""
    wanted = read_body(call.body, call.content_type, "VolumeVolumeImage")
    volume = await call.world.volume(owners[0])
    given = wanted.get("volumeImage") or {}
    if given.get("href") or given.get("imageLocation"):
        raise invalid("volumeImage", "An image is made here of the volume above; it can't be another one")
    made = await _make(call, volume.id, {**wanted, **given})
    return _listed(call.links, volume.id, made)


async def _make(call: Call, volume_id: str, wanted: Document) -> Snapshot:
    spec = SnapshotSpec(
        volume_id=volume_id,
        name=str(wanted.get("name") or ""),
        description=str(wanted.get("description") or ""),
        bootable=wanted.get("bootable"),
    )
    try:
        return await call.services.snapshots.create(call.context, spec, properties(wanted))
    except Error as error:
        raise renamed(error) from None


async def edit(call: Call, owners: Owners, wanted: str, changes: Document) -> None:
    """Give the attributes among `changes` their new values; None erases, and leaves `bootable` as it is."""
    found = await _snapshot(call, wanted)
    members = renaming(found, changes)
    if changes.get("bootable") not in (None, found.bootable):
        members["bootable"] = changes["bootable"]
    if members:
        try:
            await call.services.snapshots.modify(call.context, wanted, SnapshotChanges(**members))
        except Error as error:
            raise renamed(error) from None
    tags = dict(await call.world.tags_of(found))
    new = retagged(tags, changes)
    if new != tags:
        await call.services.tags.replace(call.context, "snapshot", wanted, new)


async def delete(call: Call, owners: Owners, wanted: str) -> None:
    """Remove an image, durably; volumes made from it stay."""
    await _snapshot(call, wanted)
    await call.services.snapshots.delete(call.context, wanted)


async def of_volume(call: Call, owners: Owners) -> Sequence[Document]:
    """The images made of one volume."""
    volume = await call.world.volume(owners[0])
    found = await call.world.snapshots()
    return [_listed(call.links, volume.id, one) for one in found if one.volume_id == volume.id]


def _listed(links: Links, volume_id: str, found: Snapshot) -> Document:
    uri = links.to("volumes", volume_id, "images", found.id)
    return common(uri, found.name) | {"volumeImage": links.ref("volume_images", found.id)}


def image(links: Links, found: Snapshot, tags: Mapping[str, str]) -> Document:
    """A copy of a volume's content. It stays when the volume goes."""
    uri = links.to("volume_images", found.id)
    named = shown_properties(tags)
    document = common(uri, shown_name(tags, found.name), found.description, found.created_at, named)
    document["state"] = STATES[found.state]
    if found.volume_id:
        document["imageLocation"] = links.to("volumes", found.volume_id)
    document["bootable"] = found.bootable
    offered = [operation("edit", uri)] if found.state is SnapshotState.COMPLETED else []
    return document | {"operations": [*offered, operation("delete", uri)]}


async def _snapshot(call: Call, wanted: str) -> Snapshot:
    for snapshot in await call.world.snapshots():
        if snapshot.id == wanted:
            return snapshot
    raise not_found("snapshot", wanted)
