"""Attaching volumes to machines and detaching them: AttachVolume, DetachVolume."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from deltaic.frontends.ec2.devices import attached_devices, is_device_name
from deltaic.frontends.ec2.honoured import Honoured
from deltaic.frontends.ec2.registry import action
from deltaic.frontends.ec2.request import Ec2Request, invalid_value
from deltaic.frontends.ec2.resolve import native_id
from deltaic.frontends.ec2.states import CODES, RUNNING, STOPPED, STOPPING
from deltaic.frontends.ec2.volume_book import Volumes, all_volumes
from deltaic.frontends.ec2.volumes import attachment_row
from deltaic.model.errors import not_found
from deltaic.model.instance import Instance
from deltaic.model.volume import Volume, VolumeAttachment, VolumeState
from deltaic.protocols.aws.errors import AwsError, missing_parameter

ATTACH: Final = Honoured(frozenset({"Device", "InstanceId", "VolumeId"}), harmless={"EbsCardIndex": (0,)}, reasons={})


@action(
    "AttachVolume",
    writes=True,
    unsupported=ATTACH.refusals(),
    note="The name of the device is kept where the cloud can keep it; the guest has its own.",
)
async def attach_volume(request: Ec2Request) -> dict[str, Any]:
    """Attach a volume to a running or stopped machine."""
    ATTACH.check(request.parameters)
    device = request.require("Device")
    volume, volumes = await _volume(request)
    native = await native_id(request, "i", request.require("InstanceId"))
    machine = (await request.services.instances.list(request.context, ids=[native]))[0].instance
    _check_device(device, machine, volumes)
    _check_state(request, machine)
    _check_free(request, volume, native)
    request.before_acting()
    await request.services.volumes.attach(request.context, volume.id, native, device=device)
    return _passing(request, await _plugged(request, volume, native, device), "attaching")


async def _volume(request: Ec2Request) -> tuple[Volume, Volumes]:
    """The volume of VolumeId, and all that there are."""
    native = await native_id(request, "vol", request.require("VolumeId"))
    volumes = await all_volumes(request)
    if native not in volumes:
        raise not_found("volume", native)
    return volumes[native], volumes


def _check_device(device: str, machine: Instance, volumes: Volumes) -> None:
    if not is_device_name(device):
        raise invalid_value("device", device, f"{device[:128]} is not a valid EBS device name.")
    if device in attached_devices(machine.disks, machine.id, volumes).values():
        text = f"Invalid value '{device}' for unixDevice. Attachment point {device} is already in use"
        raise AwsError("InvalidParameterValue", text)


def _check_state(request: Ec2Request, machine: Instance) -> None:
    if CODES[machine.state] not in (RUNNING, STOPPING, STOPPED):
        raise AwsError("IncorrectState", f"Instance '{request.written[machine.id]}' is not 'running'.")


def _check_free(request: Ec2Request, volume: Volume, instance_id: str) -> None:
    """AWS refuses a volume that is attached already, to the same machine as well."""
    text = request.written[volume.id]
    if volume.state in (VolumeState.DELETING, VolumeState.ERROR):
        raise AwsError("IncorrectState", f"Volume '{text}' is in the '{volume.state}' state.")
    held = [plug.instance_id for plug in (*volume.attachments, *volume.leaving)]
    if instance_id in held or (held and not volume.shareable):
        raise AwsError("VolumeInUse", f"{text} is already attached to an instance")


async def _plugged(request: Ec2Request, volume: Volume, instance_id: str, device: str) -> dict[str, Any]:
    """The new attachment under the name that the cloud gave it; under the wanted one as long as it has none."""
    now = (await all_volumes(request)).get(volume.id, volume)
    plug = next(
        (one for one in now.attachments if one.instance_id == instance_id), VolumeAttachment(instance_id, pending=True)
    )
    shown = attachment_row(request, now, plug, {})
    return shown | {"Device": shown["Device"] or device, "DeleteOnTermination": False}


def _passing(request: Ec2Request, shown: dict[str, Any], state: str) -> dict[str, Any]:
    shown.setdefault("AttachTime", datetime.now(UTC).replace(microsecond=0))
    return shown | {"State": state}


@action(
    "DetachVolume",
    writes=True,
    note="The machine that has the volume need not be named. Force changes nothing: the guest is not asked anyway.",
)
async def detach_volume(request: Ec2Request) -> dict[str, Any]:
    """Detach a volume from a machine."""
    volume, _ = await _volume(request)
    plug = await _plug(request, volume)
    machine = (await request.services.instances.list(request.context, ids=[plug.instance_id]))[0].instance
    shown = attachment_row(request, volume, plug, {machine.id: machine})
    device = request.get("Device")
    if device and device != shown["Device"]:
        raise _not_attached(request, volume, f" as device '{device[:128]}'")
    if plug.boot and CODES[machine.state] is not STOPPED:
        root, holder = request.written[volume.id], shown["InstanceId"]
        raise AwsError("OperationNotPermitted", f"Unable to detach root volume '{root}' from instance '{holder}'")
    request.before_acting()
    await request.services.volumes.detach(request.context, volume.id, plug.instance_id)
    await all_volumes(request)
    return _passing(request, shown, "detaching")


async def _plug(request: Ec2Request, volume: Volume) -> VolumeAttachment:
    """The attachment that is meant. Errors: IncorrectState, InvalidAttachment.NotFound, MissingParameter."""
    text, wanted = request.written[volume.id], request.get("InstanceId")
    native = await native_id(request, "i", wanted) if wanted else ""
    if not volume.attachments:
        state = "deleting" if volume.state is VolumeState.DELETING else "available"
        raise AwsError("IncorrectState", f"Volume '{text}' is in the '{state}' state.")
    plugs = [plug for plug in volume.attachments if native in ("", plug.instance_id)]
    if not plugs:
        raise _not_attached(request, volume, f" to instance '{wanted}'")
    if len(plugs) > 1:
        raise missing_parameter("InstanceId")
    return plugs[0]


def _not_attached(request: Ec2Request, volume: Volume, how: str) -> AwsError:
    text = f"The volume '{request.written[volume.id]}' is not attached{how}."
    return AwsError("InvalidAttachment.NotFound", text)
