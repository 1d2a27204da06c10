"""From a MachineImage that a client sends to an image or a snapshot of a machine."""

from __future__ import annotations

from typing import Final

from deltaic.frontends.cimi.call import Call
from deltaic.frontends.cimi.common import Document
from deltaic.frontends.cimi.labels import NAME_TAG, check_labels
from deltaic.frontends.cimi.machine.images import image
from deltaic.frontends.cimi.machine.render import STATES
from deltaic.frontends.cimi.machine.snapshots import parts_of, snapshot_image
from deltaic.frontends.cimi.resolver import place_of
from deltaic.frontends.cimi.tree import Owners, Place
from deltaic.model.errors import Error, ErrorKind, invalid
from deltaic.model.instance import Instance
from deltaic.protocols.cimi.bodies import read_body
from deltaic.services.captures import CaptureRequest
from deltaic.services.instance_snapshots import SnapshotRequest

IMAGE: Final = "IMAGE"
SNAPSHOT: Final = "SNAPSHOT"
PARTIAL: Final = "PARTIAL_SNAPSHOT"

#: The states in which a machine can be captured, and a snapshot taken.
FROM: Final = frozenset({"STARTED", "STOPPED", "PAUSED"})
_LOCATION: Final = "imageLocation"


async def create(call: Call, owners: Owners) -> Document:
    """Capture a machine (IMAGE), or take a snapshot (SNAPSHOT); answers as soon as the engine accepted."""
    wanted = read_body(call.body, call.content_type, "MachineImage")
    kind = str(wanted.get("type") or IMAGE).strip().upper()
    if kind not in (IMAGE, SNAPSHOT):
        raise _no_type(kind)
    instance, snapshot_id = await _source(call, str(wanted.get(_LOCATION) or ""))
    if snapshot_id and kind == SNAPSHOT:
        raise invalid(_LOCATION, "A snapshot is taken of a machine")
    return await _made(call, kind, instance, snapshot_id, wanted)


async def capture(call: Call, owners: Owners, wanted: str, action: Document) -> None:
    """Capture as an action on the machine itself; the properties may name the image."""
    await _act(call, IMAGE, wanted, action)


async def snapshot(call: Call, owners: Owners, wanted: str, action: Document) -> None:
    """Take a snapshot as an action on the machine itself; the properties may name it."""
    await _act(call, SNAPSHOT, wanted, action)


async def _act(call: Call, kind: str, wanted: str, action: Document) -> None:
    given = dict(action.get("properties") or {})
    named: Document = {name: given.pop(name) for name in ("name", "description") if name in given}
    await _made(call, kind, await _machine(call, wanted), "", named | {"properties": given})


async def _made(call: Call, kind: str, instance: Instance, snapshot_id: str, wanted: Document) -> Document:
    properties = {str(key): str(value) for key, value in (wanted.get("properties") or {}).items()}
    name, description = str(wanted.get("name") or ""), str(wanted.get("description") or "")
    state = STATES[instance.state]
    if not snapshot_id and state not in FROM:
        message = f"A machine in the state {state} can't be captured, and has no snapshot taken"
        raise Error(ErrorKind.CONFLICT, message, resource="instance", resource_id=instance.id)
    if kind == SNAPSHOT and not call.capability.instance_snapshots_create:
        message = "The cloud takes no snapshots of machines: capture an image of the type IMAGE"
        raise Error(ErrorKind.UNSUPPORTED, message, field="type")
    if kind == SNAPSHOT:
        request = SnapshotRequest(instance.id, name, description, properties)
        return snapshot_image(call.links, await call.services.instance_snapshots.create(call.context, request))
    tags = properties | ({NAME_TAG: name} if name else {})
    check_labels(tags)
    asked = CaptureRequest(instance.id, snapshot_id, name or f"{instance.name}-image", description, tags)
    return image(call.links, await call.services.captures.create(call.context, asked))


async def _source(call: Call, location: str) -> tuple[Instance, str]:
    """The machine that a location means; with a snapshot of it, that one's id."""
    if not location:
        message = "The imageLocation must be the address of a machine"
        raise Error(ErrorKind.MISSING, message, field=_LOCATION)
    place = _place(call, location)
    assert place.collection is not None
    if place.collection.item == "Machine":
        return await _machine(call, place.id, _LOCATION), ""
    parts = parts_of(place.id)
    if parts is None:
        raise invalid(_LOCATION, "A new image is made of a machine, or of a snapshot of one")
    instance = await _machine(call, parts[0], _LOCATION)
    await place.collection.get(call, place.owners, place.id)
    return instance, parts[1]


def _place(call: Call, location: str) -> Place:
    try:
        return place_of(call, location, "Machine", _LOCATION)
    except Error as error:
        try:
            return place_of(call, location, "MachineImage", _LOCATION)
        except Error:
            raise error from None


async def _machine(call: Call, wanted: str, field: str = "") -> Instance:
    try:
        return (await call.world.machine(wanted)).instance
    except Error as error:
        if error.kind is not ErrorKind.NOT_FOUND or not field:
            raise
        raise invalid(field, f"There is no machine '{wanted[:80]}'", resource="instance") from None


def _no_type(kind: str) -> Error:
    if kind == PARTIAL:
        message = "The engine keeps no snapshots that depend on another: take one of the type SNAPSHOT"
        return Error(ErrorKind.UNSUPPORTED, message, field="type")
    return invalid("type", f"An image is made as {IMAGE} or {SNAPSHOT}")
