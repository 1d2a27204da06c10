"""The image of a machine: from its disks when it is down, else from a temporary snapshot that is removed afterwards,
or from a snapshot that is there. Volumes that are attached are no part of it.

Arguments: `CaptureArguments`. Milestone `accepted`: the `Image` as the cloud accepted it, or for a running machine one
that has the marker as its id: the cloud makes it once the snapshot is there. Until then a document of the store
(`ports.captures`) shows it. Its milestone `made`: the `Image` as the cloud accepted it.

Steps end with what they leave behind: no second image, and no snapshot that nobody asked for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import partial

import msgspec
from msgspec.structs import replace

from deltaic.model.annotation import Annotation
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.image import Image, ImageChanges, ImageSpec, ImageState
from deltaic.model.instance import UP_STATES, InstanceState
from deltaic.model.instance_snapshot import InstanceSnapshot, InstanceSnapshotSpec
from deltaic.operations.flows.arguments import CaptureArguments
from deltaic.operations.flows.leftovers import final, withdraw
from deltaic.operations.flows.looking import given_up, repeatable
from deltaic.operations.flows.snapshot_tools import (
    own_disks,
    remove_marked,
    snapshot_gone,
    snapshot_made,
    take_once,
    watch_image,
)
from deltaic.operations.flows.tools import CLIENT_PATIENCE, LOCKED_STATES, Job
from deltaic.ports import captures
from deltaic.ports.captures import Capture

#: How long locks may be in the way of a running machine's image, seconds.
MAKE_PATIENCE = 3600.0

_HOT = UP_STATES | {InstanceState.PAUSED}


async def image_capture(job: Job) -> bytes:
    """Make one image; the result is its id."""
    given = msgspec.json.decode(job.given.arguments, type=CaptureArguments)
    way = await job.step.run("look", lambda: _look(job, given), patience=CLIENT_PATIENCE)
    return await (_hot(job, given) if way == b"hot" else _cold(job, given))


async def _look(job: Job, given: CaptureArguments) -> bytes:
    if given.snapshot_id:
        # Whatever the machine does: the cloud only reads what is in the snapshot.
        await job.driver.instance_snapshots.get(await job.context(), given.instance_id, given.snapshot_id)
        return b"cold"
    seen = await job.driver.instances.get(await job.context(), given.instance_id, details=False)
    if seen.state in LOCKED_STATES:
        raise Error(ErrorKind.BUSY, "The machine is locked", resource="instance", resource_id=seen.id)
    if seen.state not in _HOT and seen.state is not InstanceState.STOPPED:
        message = f"A machine in the state {seen.state.value} can't be captured"
        raise Error(ErrorKind.CONFLICT, message, resource="instance", resource_id=seen.id)
    if job.driver.capability.images_create_from_running:
        return b"cold"
    # A template of the machine itself has copies of all that is attached; of a snapshot, what that holds.
    apart = seen.state is InstanceState.STOPPED and await own_disks(job, given.instance_id)
    return b"hot" if seen.state in _HOT or apart else b"cold"


async def _cold(job: Job, given: CaptureArguments) -> bytes:
    try:
        found = await job.step.run("make", lambda: _make(job, given, given.snapshot_id), patience=CLIENT_PATIENCE)
    except Error as error:
        # The cloud may have begun all the same, if we did not hear it: nobody waits for that image any more.
        reason = final(error)
        await job.step.refuse("accepted", reason)
        await job.step.run("withdraw", lambda: _withdraw(job, given, reason))
        raise reason from error
    made = msgspec.json.decode(found, type=Image)
    await job.step.publish("accepted", _as_asked(given, made))
    return await _finish(job, given, made)


async def _hot(job: Job, given: CaptureArguments) -> bytes:
    given = replace(given, annotation=replace(given.annotation, promised=True))
    try:
        held = await job.step.run("hold", lambda: _hold(job, given), patience=CLIENT_PATIENCE)
        await job.step.run("keep", lambda: _keep(job, given))
    except Error as error:
        await job.step.refuse("accepted", error)
        await job.step.run("let go", lambda: remove_marked(job, given.instance_id, given.annotation.launch))
        raise
    await job.step.publish("accepted", msgspec.json.encode(_promised(given)))
    snapshot = msgspec.json.decode(held, type=InstanceSnapshot)
    failure: Error | None = None
    made = b""
    try:
        made = await _from_snapshot(job, given, snapshot)
    except Error as error:
        failure = error
        await job.step.run("fail", lambda: _fail(job, given, failure))
    await job.step.run("release", lambda: remove_marked(job, given.instance_id, given.annotation.launch))
    await job.step.run("released", lambda: snapshot_gone(job, given.instance_id, snapshot.id))
    if failure is not None:
        raise failure
    return made


async def _from_snapshot(job: Job, given: CaptureArguments, snapshot: InstanceSnapshot) -> bytes:
    await job.step.run("held", lambda: snapshot_made(job, given.instance_id, snapshot.id))
    found = await job.step.run("make", lambda: _make(job, given, snapshot.id), patience=MAKE_PATIENCE)
    made = msgspec.json.decode(found, type=Image)
    await job.step.publish("made", _as_asked(given, made))
    await job.step.run("show", lambda: _show(job, given))
    return await _finish(job, given, made)


async def _finish(job: Job, given: CaptureArguments, made: Image) -> bytes:
    await job.step.run("settle", lambda: _settle(job, given, made))
    if given.disk_tags:
        await job.step.run("label", lambda: _label(job, made.id, given.disk_tags))
    return made.id.encode()


async def _make(job: Job, given: CaptureArguments, snapshot_id: str) -> bytes:
    images, context = job.driver.images, await job.context()
    marker = given.annotation.launch
    for name in (given.name, _marked(given.name, marker)):
        found = await images.find_marked(context, marker)
        if found:
            return msgspec.json.encode(found[0])
        spec = ImageSpec(name, given.instance_id, snapshot_id, given.description, given.annotation)
        try:
            return msgspec.json.encode(await images.create(context, spec))
        except Error as error:
            if error.kind is not ErrorKind.ALREADY_EXISTS:
                raise
    # The marked name can only be our own image's: look for it again in a moment.
    raise Error(ErrorKind.BUSY, f"The name '{given.name}' is taken", resource="image", field="name")


def _as_asked(given: CaptureArguments, made: Image) -> bytes:
    """An image as it will be."""
    return msgspec.json.encode(replace(made, annotation=given.annotation, description=given.description))


def _marked(name: str, marker: str) -> str:
    return f"{name[:200]}-{hashlib.sha256(marker.encode()).hexdigest()[:8]}"


async def _settle(job: Job, given: CaptureArguments, made: Image) -> bytes:
    """Wait until the image can be used, and complete it."""
    seen = await watch_image(job, made.id, lambda seen, _: seen.state is not ImageState.PENDING)
    if seen is None or seen.state is ImageState.ERROR:
        raise given_up("The cloud gave up to make the image", "image", made.id)
    try:
        await _complete(job, given, made, seen)
    except Error as error:
        raise repeatable(error) from error
    return b""


async def _complete(job: Job, given: CaptureArguments, made: Image, seen: Image) -> None:
    """Write what the cloud did not take with the creation, unless somebody changed it since.

    The edit is asked for in any case: clouds hand down things of the machine's own, and the driver removes them then.
    """
    images = job.driver.images

    def edit(own: Annotation) -> Annotation:
        return given.annotation if own == made.annotation else own

    await images.annotate(await job.context(), made.id, edit)
    if made.description != given.description and seen.description == made.description:
        await images.update(await job.context(), made.id, ImageChanges(description=given.description))


async def _label(job: Job, image_id: str, tags: dict[str, str]) -> bytes:
    """Tag the image's disks, beneath what a caller set meanwhile."""
    for disk in (await job.driver.images.get(await job.context(), image_id)).disks:
        await job.store.resource_tags.edit("snapshot", disk.id, lambda own: {**tags, **own})
    return b""


async def _withdraw(job: Job, given: CaptureArguments, failure: Error) -> bytes:
    """Remove the image that nobody waits for, once the cloud has made it."""

    async def find() -> Sequence[Image]:
        return await job.driver.images.find_marked(await job.context(), given.annotation.launch)

    return await withdraw(job, failure, find, partial(_remove, job))


async def _remove(job: Job, image: Image) -> None:
    await watch_image(job, image.id, lambda seen, _: seen.state is not ImageState.PENDING)
    try:
        await job.driver.images.delete(await job.context(), image.id)
    except Error as error:
        if error.kind is not ErrorKind.NOT_FOUND:
            raise repeatable(error) from error


async def _hold(job: Job, given: CaptureArguments) -> bytes:
    """Take the temporary snapshot: of the machine's own disks."""
    text, marker = f"Temporary, for the image {given.name}", given.annotation.launch
    disks = await own_disks(job, given.instance_id)
    spec = InstanceSnapshotSpec(given.instance_id, text, marker=marker, temporary=True, disk_ids=disks)
    return await take_once(job, spec)


def _promised(given: CaptureArguments) -> Image:
    note = given.annotation
    return Image(note.launch, given.name, ImageState.PENDING, given.description, owner=note.owner, annotation=note)


async def _keep(job: Job, given: CaptureArguments) -> bytes:
    """Show the image that is still to be made."""
    capture = Capture(given.instance_id, _promised(given))
    await captures.keep(job.store.records, (await job.context()).owner, capture, job.moment())
    return b""


async def _show(job: Job, given: CaptureArguments) -> bytes:
    """From now on the cloud shows it itself."""
    await captures.drop(job.store.records, (await job.context()).owner, given.annotation.launch)
    return b""


async def _fail(job: Job, given: CaptureArguments, error: Error) -> bytes:
    """Show that there won't be an image, until somebody removes it."""
    owner, marker = (await job.context()).owner, given.annotation.launch
    await captures.fail(job.store.records, owner, Capture(given.instance_id, _promised(given)), error, job.moment())
    return marker.encode()
