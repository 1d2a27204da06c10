"""Snapshots: below the machine that they are of, and as machine images of the type SNAPSHOT."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from deltaic.frontends.cimi.call import Call
from deltaic.frontends.cimi.common import Document, common, operation
from deltaic.frontends.cimi.links import Links
from deltaic.frontends.cimi.machine.urns import urn
from deltaic.frontends.cimi.tree import Owners
from deltaic.model.errors import Error, ErrorKind, invalid, not_found
from deltaic.model.instance_snapshot import InstanceSnapshotState
from deltaic.services.instance_snapshots import InstanceSnapshotView, SnapshotChanges

STATES: Final = {
    InstanceSnapshotState.PENDING: "CREATING",
    InstanceSnapshotState.AVAILABLE: "AVAILABLE",
    InstanceSnapshotState.ERROR: "ERROR",
}

#: Between the machine's id and the snapshot's in the id of an image: neither can hold one.
_DOT: Final = "."


def image_id(instance_id: str, snapshot_id: str) -> str:
    """The id of a snapshot as a machine image: it says where to look."""
    return f"{instance_id}{_DOT}{snapshot_id}"


def parts_of(wanted: str) -> tuple[str, str] | None:
    """Machine and snapshot in the id of an image; None for one that is no snapshot."""
    machine, dot, snapshot = wanted.partition(_DOT)
    return (machine, snapshot) if dot else None


async def snapshots(call: Call, owners: Owners) -> Sequence[Document]:
    """The snapshots of a machine, whoever took them, oldest first."""
    machine = (await call.world.machine(owners[0])).instance.id
    return [machine_snapshot(call.links, view) for view in await _of(call, machine)]


async def delete(call: Call, owners: Owners, wanted: str) -> None:
    """Remove a snapshot of a machine."""
    await delete_image(call, owners[0], wanted)


async def known_images(call: Call) -> Sequence[Document]:
    """The snapshots of those machines of which the caller has taken one."""
    return [snapshot_image(call.links, view) for view in await _known(call)]


async def get_image(call: Call, machine: str, snapshot: str) -> Document:
    """One snapshot as an image."""
    return snapshot_image(call.links, await _one(call, machine, snapshot))


async def edit_image(call: Call, machine: str, snapshot: str, changes: Document) -> None:
    """Give the attributes among `changes` their new values; None erases."""
    empty: Document = {"name": "", "description": "", "properties": {}}
    given = {name: changes[name] or nothing for name, nothing in empty.items() if name in changes}
    await call.services.instance_snapshots.edit(call.context, machine, snapshot, SnapshotChanges(**given))


async def delete_image(call: Call, machine: str, snapshot: str) -> None:
    """Remove a snapshot, durably; it is no longer shown as soon as this returns."""
    view = await _one(call, machine, snapshot)
    if view.snapshot.state is InstanceSnapshotState.PENDING:
        message = "The snapshot is still being taken"
        raise Error(ErrorKind.BUSY, message, resource="instance_snapshot", resource_id=snapshot)
    await call.services.instance_snapshots.delete(call.context, machine, snapshot)


async def restore(call: Call, machine: str, wanted: str) -> None:
    """Bring a machine back to one of its snapshots, given by its id as an image."""
    parts = parts_of(wanted)
    if parts is None:
        message = "A machine is restored from a snapshot of its own; make a new machine from an image of the type IMAGE"
        raise Error(ErrorKind.UNSUPPORTED, message, resource="instance", resource_id=machine, field="image")
    if parts[0] != machine:
        raise invalid("image", "The image is a snapshot of another machine", resource="instance")
    view = await _one(call, *parts)
    if view.snapshot.state is not InstanceSnapshotState.AVAILABLE:
        message = f"The snapshot is in the state {STATES[view.snapshot.state]}"
        raise Error(ErrorKind.CONFLICT, message, resource="instance_snapshot", resource_id=parts[1])
    await call.services.instance_snapshots.restore(call.context, *parts)


async def _one(call: Call, machine: str, snapshot: str) -> InstanceSnapshotView:
    for view in await _of(call, machine):
        if view.snapshot.id == snapshot:
            return view
    raise not_found("machine_image", image_id(machine, snapshot))


async def _of(call: Call, machine: str) -> Sequence[InstanceSnapshotView]:
    """The snapshots of a machine; those of all machines together where all machines or images were read."""
    service = call.services.instance_snapshots
    if call.world.has_read("known snapshots"):
        known = [view for view in await _known(call) if view.snapshot.instance_id == machine]
        if known:
            return known
    if call.world.has_read("machines"):
        return (await call.world.once("all snapshots", lambda: service.all(call.context))).get(machine, ())
    return await call.world.once(("snapshots", machine), lambda: service.list(call.context, machine))


async def _known(call: Call) -> Sequence[InstanceSnapshotView]:
    if not call.capability.instance_snapshots_list:
        return ()
    return await call.world.once("known snapshots", lambda: call.services.instance_snapshots.known(call.context))


def machine_snapshot(links: Links, view: InstanceSnapshotView) -> Document:
    """A snapshot among those of its machine."""
    seen = view.snapshot
    uri = links.to("machines", seen.instance_id, "snapshots", seen.id)
    document = common(uri, seen.name, seen.description, seen.created_at)
    document["snapshot"] = links.ref("machine_images", image_id(seen.instance_id, seen.id))
    return document | _offered(view, operation("delete", uri))


def snapshot_image(links: Links, view: InstanceSnapshotView) -> Document:
    """A snapshot as an image. Its location is the engine's own id for it: the machine may be another one tomorrow."""
    seen = view.snapshot
    uri = links.to("machine_images", image_id(seen.instance_id, seen.id))
    document = common(uri, seen.name, seen.description, seen.created_at, view.properties)
    document |= {"state": STATES[seen.state], "type": "SNAPSHOT"}
    if location := urn(seen.id):
        document["imageLocation"] = location
    if view.previous_id:
        document["relatedImage"] = links.ref("machine_images", image_id(seen.instance_id, view.previous_id))
    return document | _offered(view, operation("edit", uri), operation("delete", uri))


def _offered(view: InstanceSnapshotView, *operations: Document) -> Document:
    ready = view.snapshot.state is not InstanceSnapshotState.PENDING
    return {"operations": list(operations)} if ready else {}
