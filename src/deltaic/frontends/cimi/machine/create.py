"""From a MachineCreate to a launch."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import unquote

from deltaic.frontends.cimi.call import Call
from deltaic.frontends.cimi.common import Document
from deltaic.frontends.cimi.credential.credentials import secrets_of
from deltaic.frontends.cimi.labels import NAME_TAG, check_labels
from deltaic.frontends.cimi.machine import watch as watching
from deltaic.frontends.cimi.machine.render import machine as render_machine
from deltaic.frontends.cimi.machine.sizes import configuration_of, size_of
from deltaic.frontends.cimi.machine.templates import KEPT, initial_state, user_data
from deltaic.frontends.cimi.network.wishes import wished
from deltaic.frontends.cimi.resolver import template_of
from deltaic.frontends.cimi.settings import default_state
from deltaic.frontends.cimi.tree import Owners
from deltaic.frontends.cimi.volume.wishes import wishes_of
from deltaic.model.errors import Error, ErrorKind, invalid
from deltaic.model.volume import VolumeWish
from deltaic.protocols.cimi.bodies import read_body
from deltaic.services.launch import LaunchRequest

#: Of disks and volumes beside those of the image, and of everything else of which a template can ask for several.
MOST: Final = 24

#: What the services call what clients call otherwise.
_FIELDS: Final = {
    "architecture": "machineTemplate/machineConfig/cpuArch",
    "authorized_keys": "machineTemplate/credential/key",
    "image_id": "machineTemplate/machineImage",
    "instance_type_id": "machineTemplate/machineConfig",
    "network_ids": "machineTemplate/networkInterfaces/network",
    "nic_configurations": "machineTemplate/networkInterfaces/address",
    "user_data": "machineTemplate/userData",
}


async def create(call: Call, owners: Owners) -> Document:
    """Make a machine; answers as soon as the engine accepted it."""
    wanted = read_body(call.body, call.content_type, "MachineCreate")
    template = await _template(call, wanted)
    launch, watch = await _launch(call, wanted, template), await watching.planned(call, template)
    try:
        views = await call.services.instances.launch(call.context, launch)
    except Error as error:
        error.field = _FIELDS.get(error.field, error.field)
        raise
    await watching.begin(call, views[0].instance.id, watch)
    return render_machine(call.links, views[0], "", call.capability)


async def launch_of(call: Call, wanted: Document) -> LaunchRequest:
    """What a MachineCreate asks the services for, where nobody can do anything after the launch.

    INVALID, MISSING, NOT_FOUND and UNSUPPORTED name the attribute; the last for meters and an event log.
    """
    template = await _template(call, wanted)
    for name in watching.ATTRIBUTES:
        if template.get(name):
            raise Error(ErrorKind.UNSUPPORTED, f"A machine of a system can't be created with {name} here", field=name)
    return await _launch(call, wanted, template)


async def _template(call: Call, wanted: Document) -> Document:
    """The template that is meant: the provider's or a kept one, one by value, or the former with changes."""
    template = await template_of(call, wanted.get("machineTemplate"), "MachineTemplate", "machineTemplate")
    for name, value in template.items():
        if isinstance(value, list) and len(value) > MOST:
            raise invalid(name, f"A machine can be created with at most {MOST} {name}")
    return template


async def _launch(call: Call, wanted: Document, template: Document) -> LaunchRequest:
    name = str(wanted.get("name") or "")
    tags = {str(key): str(value) for key, value in (wanted.get("properties") or {}).items()}
    tags |= {NAME_TAG: name} if name else {}
    check_labels(tags)
    configuration = await configuration_of(call, template.get("machineConfig"))
    state = initial_state(template.get("initialState") or default_state(call.settings, call.capability))
    return LaunchRequest(
        image_id=await _image(call, template.get("machineImage")),
        name=name,
        description=str(wanted.get("description") or ""),
        tags=tags,
        start=state != "STOPPED",
        paused=state == "PAUSED",
        user_data=user_data(template.get("userData")),
        volumes=await _volumes(call, template, configuration),
        **(await wished(call, template.get("networkInterfaces") or ())).launch,
        **await size_of(call, configuration),
        **await _login(call, await _credential(call, template, wanted["machineTemplate"])),
    )


async def _volumes(call: Call, template: Document, configuration: Document) -> tuple[VolumeWish, ...]:
    given = (*(template.get(name) or () for name in ("volumes", "volumeTemplates")), configuration.get("disks") or ())
    if sum(map(len, given)) > MOST:
        message = f"A machine can be created with at most {MOST} disks and volumes beside its image's"
        raise invalid("machineTemplate", message)
    return await wishes_of(call, template, configuration)


async def _image(call: Call, given: Any) -> str:
    """The native id of the image that a template means."""
    field = "machineImage"
    location = str((given or {}).get("imageLocation") or "").strip()
    if location and not given.get("href"):
        native = location.removeprefix("urn:uuid:")
        given = {"href": native if native != location else location}
    image = await template_of(call, given, "MachineImage", field)
    if not image.get("id"):
        raise Error(ErrorKind.MISSING, "The machineImage needs its href or imageLocation", field=field)
    if image.get("state", "AVAILABLE") != "AVAILABLE":
        raise Error(ErrorKind.CONFLICT, f"The machineImage is in the state {image['state']}", field=field)
    return unquote(str(image["id"]).rpartition("/")[2])


async def _credential(call: Call, template: Document, given: Document) -> Any:
    """The template's credential: of a kept template the one that is kept, for none is shown with its password."""
    kept = None
    if template.get("id") and "credential" not in given:
        kept = await KEPT.stored(call, str(template["id"]).rpartition("/")[2])
    return (kept or template).get("credential")


async def _login(call: Call, given: Any) -> dict[str, Any]:
    """Who can log in to the machine, and how."""
    if not given or not any(given.values()):
        return {}
    told = await secrets_of(call, given, "credential")
    return {
        "user_name": told.get("userName", ""),
        "password": told.get("password", ""),
        "authorized_keys": tuple(told.get("key", b"").decode().splitlines()),
    }
