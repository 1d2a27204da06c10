"""From a MachineCreate to a launch."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any, Final

from deltaic.frontends.cimi.call import Call
from deltaic.frontends.cimi.common import KIBIBYTE, Document
from deltaic.frontends.cimi.machine.render import NAME_TAG
from deltaic.frontends.cimi.machine.render import machine as render_machine
from deltaic.frontends.cimi.machine.templates import machine_template
from deltaic.frontends.cimi.settings import INITIAL_STATES
from deltaic.frontends.cimi.tree import Owners
from deltaic.model.errors import Error, ErrorKind, invalid, not_found
from deltaic.model.image import Image
from deltaic.protocols.cimi.bodies import read_body
from deltaic.protocols.cimi.edits import overlay
from deltaic.services.launch import LaunchRequest
from deltaic.services.tags import check_tags

#: What a template can ask for that is not built.
REFUSED: Final = ("credential", "volumes", "volumeTemplates", "meterTemplates", "eventLogTemplate")
#: Attributes of a configuration that stand for a size.
SIZES: Final = ("cpu", "memory")


async def create(call: Call, owners: Owners) -> Document:
    """Make a machine; answers as soon as the engine accepted it."""
    wanted = read_body(call.body, call.content_type, "MachineCreate")
    launch = await _launch(call, wanted)
    views = await call.services.instances.launch(call.context, launch)
    return render_machine(call.links, views[0])


async def _launch(call: Call, wanted: Document) -> LaunchRequest:
    template = await _template(call, wanted.get("machineTemplate"))
    for name in REFUSED:
        if template.get(name):
            raise _refused(name)
    name = str(wanted.get("name") or "")
    tags = {str(key): str(value) for key, value in (wanted.get("properties") or {}).items()}
    tags |= {NAME_TAG: name} if name else {}
    check_tags(tags)
    image = await _image(call, template.get("machineImage"))
    return LaunchRequest(
        image_id=image.id,
        name=name,
        description=str(wanted.get("description") or ""),
        tags=tags,
        start=_initial_state(call, template.get("initialState")) == "STARTED",
        user_data=_user_data(template.get("userData")),
        network_ids=_networks(call, template.get("networkInterfaces") or ()),
        **await _size(call, template.get("machineConfig")),
    )


async def _template(call: Call, given: Any) -> dict[str, Any]:
    """The template that is meant: by value, by reference, or the latter with what the client puts in its place."""
    if not isinstance(given, Mapping):
        raise Error(ErrorKind.MISSING, "A machineTemplate is required", field="machineTemplate")
    own = dict(given)
    href = own.pop("href", None)
    if not href:
        return own
    wanted = call.links.id_in(str(href), "machineTemplate")
    image = _find(await call.world.images(), wanted, "machine_template")
    known = machine_template(call.links, image, call.settings.initial_state)
    return overlay(known, own)


async def _image(call: Call, given: Any) -> Image:
    field = "machineImage"
    if not isinstance(given, Mapping) or not (given.get("href") or given.get("imageLocation")):
        raise Error(ErrorKind.MISSING, "The template needs a machineImage with its href", field=field)
    location = str(given.get("href") or given["imageLocation"]).strip()
    wanted = location.removeprefix("urn:uuid:")
    if wanted == location:
        wanted = call.links.id_in(location, field)
    return _find(await call.world.images(), wanted, "image")


def _find(images: Any, wanted: str, resource: str) -> Image:
    for image in images:
        if image.id == wanted:
            found: Image = image
            return found
    raise not_found(resource, wanted)


async def _size(call: Call, given: Any) -> dict[str, Any]:
    """The size that a configuration means: a named one, one by value, or the former changed by the latter."""
    if not isinstance(given, Mapping):
        return {}
    if given.get("disks"):
        raise _refused("machineConfig.disk")
    size: dict[str, Any] = {}
    if given.get("href"):
        wanted = call.links.id_in(str(given["href"]), "machineConfig")
        size["instance_type"] = await _size_name(call, wanted)
    figures = {name: positive(given[name], name) for name in SIZES if given.get(name) is not None}
    if not figures:
        return size
    if size and not await _is_open(call, size["instance_type"]):
        # The engine would not let a machine of a named size have another one.
        size = await _figures_of(call, size["instance_type"])
    if "cpu" in figures:
        size["cpus"] = figures["cpu"]
    if "memory" in figures:
        size["memory"] = figures["memory"] * KIBIBYTE
    return size


async def _size_name(call: Call, wanted: str) -> str:
    for view in await call.world.sizes():
        if wanted in (view.type.id, view.type.name):
            return view.type.name
    raise not_found("instance_type", wanted)


async def _is_open(call: Call, name: str) -> bool:
    return any(view.open for view in await call.world.sizes() if view.type.name == name)


async def _figures_of(call: Call, name: str) -> dict[str, Any]:
    view = next(view for view in await call.world.sizes() if view.type.name == name)
    return {"cpus": view.type.cpus, "memory": view.type.memory}


def positive(value: Any, name: str) -> int:
    """A count that a client sent; INVALID when it is none."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise invalid(name, f"The {name} must be a whole number above 0")
    return value


def _initial_state(call: Call, given: Any) -> str:
    state = str(given or call.settings.initial_state).strip().upper()
    if state not in INITIAL_STATES:
        raise invalid("initialState", f"A new machine can be brought to {' or '.join(INITIAL_STATES)}")
    return state


def _user_data(given: Any) -> bytes:
    try:
        return base64.b64decode("".join(str(given or "").split()), validate=True)
    except (binascii.Error, ValueError):
        raise invalid("userData", "The userData must be base64") from None


def _networks(call: Call, given: Any) -> tuple[str, ...]:
    """The network of each interface; what else an interface can ask for is the guest's and the engine's."""
    found = []
    for interface in given:
        network = interface.get("network") or {}
        if interface.get("addresses") or interface.get("networkPort"):
            raise _refused("networkInterface.address and networkInterface.networkPort")
        if not network.get("href"):
            raise Error(ErrorKind.MISSING, "A networkInterface needs its network", field="networkInterface.network")
        found.append(call.links.id_in(str(network["href"]), "networkInterface.network"))
    return tuple(found)


def _refused(name: str) -> Error:
    return Error(ErrorKind.UNSUPPORTED, f"A machine can't be created with {name} here", field=name)
