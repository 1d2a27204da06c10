"""Images: templates of the engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from deltaic.frontends.deltacloud.call import Call
from deltaic.frontends.deltacloud.hardware_profiles import profile_id
from deltaic.frontends.deltacloud.moments import moment
from deltaic.frontends.deltacloud.texts import Later, Viewer
from deltaic.frontends.deltacloud.viewing import view_of
from deltaic.model.errors import Error, ErrorKind, not_found
from deltaic.model.image import Image as ModelImage
from deltaic.model.image import ImageState
from deltaic.protocols.deltacloud.families.compute import Image
from deltaic.protocols.deltacloud.families.links import Link, Reference
from deltaic.protocols.deltacloud.parameters import required
from deltaic.services.captures import CaptureRequest

STATES: Final = {
    ImageState.PENDING: "PENDING",
    ImageState.AVAILABLE: "AVAILABLE",
    ImageState.ERROR: "ERROR",
}


async def index(call: Call) -> Sequence[Later]:
    """The images; `architecture`, `owner_id` and `id` choose among them."""
    profiles, viewer = await _profiles(call), call.viewer
    id_, architecture, owner = call.get("id"), call.get("architecture"), call.get("owner_id")
    return [
        Later(one.id, image, (one, profiles))
        for one in await call.services.captures.list(call.context)
        if architecture in ("", one.architecture) and owner in ("", "self", _owner(viewer, one)) and id_ in ("", one.id)
    ]


async def show(call: Call, wanted: str) -> Image:
    """One image, also under the id that its maker was promised while it was to come."""
    try:
        found = await call.services.captures.get(call.context, wanted)
    except Error as error:
        if error.kind is ErrorKind.MALFORMED_ID:
            raise not_found("image", wanted) from None
        raise
    return image(call.viewer, found, await _profiles(call))


async def _profiles(call: Call) -> tuple[Reference, ...]:
    """Every size does for every image."""
    views = await call.services.instance_types.list(call.context)
    return tuple(call.links.ref("hardware_profiles", profile_id(view)) for view in views)


async def create(call: Call) -> Image:
    """Make an image of `instance_id`, running or not."""
    instance = (await view_of(call, required(call.parameters, "instance_id").strip())).instance
    request = CaptureRequest(instance.id, name=call.get("name"), description=call.get("description"))
    made = await call.services.captures.create(call.context, request)
    return image(call.viewer, made, await _profiles(call))


async def destroy(call: Call, wanted: str) -> None:
    """Remove an image that no instance depends on."""
    await call.services.captures.delete(call.context, wanted)


def _owner(viewer: Viewer, found: ModelImage) -> str:
    """Where the cloud names no owner, whoever asks."""
    return found.owner or viewer.user


def image(viewer: Viewer, found: ModelImage, profiles: tuple[Reference, ...]) -> Image:
    """A template."""
    links, can = viewer.links, viewer.capability
    actions = [Link("create_instance", links.to("instances", image_id=found.id))] if can.instances_create else []
    if can.images_delete:
        actions.append(links.destroy("images", found.id, "destroy_image"))
    return Image(
        found.id,
        links.to("images", found.id),
        found.name,
        found.description,
        _owner(viewer, found),
        found.architecture,
        STATES[found.state],
        moment(found.created_at),
        "persistent",
        profiles,
        tuple(actions),
    )
