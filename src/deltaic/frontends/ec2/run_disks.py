"""RunInstances' block device mappings: a machine gets its image's disks as they are, and new volumes beside them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from deltaic.frontends.ec2.devices import gibibytes, image_devices, is_device_name
from deltaic.frontends.ec2.image_book import one_image
from deltaic.frontends.ec2.request import Ec2Request, invalid_value, unsupported
from deltaic.frontends.ec2.resolve import native_id
from deltaic.frontends.ec2.volume_sizes import source_snapshot, wanted_size
from deltaic.model.image import ImageDisk
from deltaic.model.volume import VolumeSpec, VolumeWish
from deltaic.protocols.aws.errors import AwsError, missing_parameter

_PARAMETER: Final = "BlockDeviceMapping.{}.{}"
#: Members of Ebs with the values that describe every disk.
_AS_IT_IS: Final[dict[str, tuple[Any, ...]]] = {
    "DeleteOnTermination": (True,),
    "Encrypted": (False,),
    "VolumeType": ("standard",),
}
#: Members of Ebs that a new volume is made by.
_NEW: Final = frozenset({"DeleteOnTermination", "SnapshotId", "VolumeSize"})
#: Mappings of one request.
MOST: Final = 28


async def wished_volumes(request: Ec2Request, image_id: str) -> tuple[VolumeWish, ...]:
    """The new volumes of the mappings; those that describe the image's own disks are checked against these.

    Errors: UnsupportedOperation, InvalidParameterValue, InvalidBlockDeviceMapping, MissingParameter.
    """
    mappings = request.get("BlockDeviceMappings", ())
    if not mappings:
        return ()
    if len(mappings) > MOST:
        raise AwsError("InvalidParameterValue", f"A machine has at most {MOST} block device mappings.")
    image = await one_image(request, image_id)
    disks = {disk.id: disk for disk in image.disks}
    devices = {device: disks[disk_id] for disk_id, device in image_devices(image.disks).items()}
    wishes: dict[str, VolumeWish | None] = {}
    for number, mapping in enumerate(mappings, 1):
        device = mapping.get("DeviceName")
        if not device:
            raise missing_parameter(_PARAMETER.format(number, "DeviceName"))
        if device in wishes:
            raise AwsError("InvalidBlockDeviceMapping", f"The device {device[:128]} is mapped more than once.")
        if device in devices:
            await _check(request, number, mapping, devices[device])
            wishes[device] = None
        else:
            wishes[device] = await _wish(request, number, mapping, device)
    return tuple(wish for wish in wishes.values() if wish is not None)


async def _check(request: Ec2Request, number: int, mapping: Mapping[str, Any], disk: ImageDisk) -> None:
    """Accept what describes a disk of the image as it is."""
    for name in ("NoDevice", "VirtualName"):
        if name in mapping:
            raise unsupported(_PARAMETER.format(number, name), "a machine gets all of its image's disks.")
    for name, value in mapping.get("Ebs", {}).items():
        parameter = _PARAMETER.format(number, f"Ebs.{name}")
        if name == "VolumeSize":
            if value != gibibytes(disk.size):
                raise invalid_value(parameter, value, f"The image's disk has {gibibytes(disk.size)} GiB.")
        elif name == "SnapshotId":
            if await native_id(request, "snap", value) != disk.id:
                raise invalid_value(parameter, value, "The image's disk is another one.")
        elif value not in _AS_IT_IS.get(name, ()):
            raise unsupported(parameter, "a machine gets its image's disks as they are.")


async def _wish(request: Ec2Request, number: int, mapping: Mapping[str, Any], device: str) -> VolumeWish | None:
    """A new volume; None for a mapping that leaves out what is not there."""
    if not is_device_name(device):
        raise invalid_value(_PARAMETER.format(number, "DeviceName"), device, "It is no device name.")
    if "VirtualName" in mapping:
        raise unsupported(_PARAMETER.format(number, "VirtualName"), "there are no instance store volumes.")
    if "NoDevice" in mapping:
        return None
    ebs = mapping.get("Ebs", {})
    for name, value in ebs.items():
        if name not in _NEW and value not in _AS_IT_IS.get(name, ()):
            raise unsupported(_PARAMETER.format(number, f"Ebs.{name}"), "a volume has no such choice here.")
    snapshot = await source_snapshot(request, ebs.get("SnapshotId", ""), _PARAMETER.format(number, "Ebs.SnapshotId"))
    size = wanted_size(ebs.get("VolumeSize"), snapshot, _PARAMETER.format(number, "Ebs.VolumeSize"))
    spec = VolumeSpec(name="", size=size, source_id=snapshot.id if snapshot else "")
    return VolumeWish(spec=spec, device=device, own=ebs.get("DeleteOnTermination", True))
