"""RunInstances' block device mappings: a machine gets its image's disks, as they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from deltaic.frontends.ec2.devices import gibibytes, image_devices
from deltaic.frontends.ec2.image_book import one_image
from deltaic.frontends.ec2.request import Ec2Request, invalid_value, unsupported
from deltaic.frontends.ec2.resolve import native_id
from deltaic.model.image import ImageDisk
from deltaic.protocols.aws.errors import missing_parameter

_PARAMETER: Final = "BlockDeviceMapping.{}.{}"
#: Members of Ebs with the values that describe every disk.
_AS_IT_IS: Final[dict[str, tuple[Any, ...]]] = {
    "DeleteOnTermination": (True,),
    "Encrypted": (False,),
    "VolumeType": ("standard",),
}


async def check_mappings(request: Ec2Request, image_id: str) -> None:
    """Accept mappings that describe the image's own disks; refuse all others by name.

    Errors: UnsupportedOperation, InvalidParameterValue, MissingParameter.
    """
    mappings = request.get("BlockDeviceMappings", ())
    if not mappings:
        return
    image = await one_image(request, image_id)
    disks = {disk.id: disk for disk in image.disks}
    devices = {device: disks[disk_id] for disk_id, device in image_devices(image.disks).items()}
    for number, mapping in enumerate(mappings, 1):
        await _check(request, number, mapping, devices)


async def _check(request: Ec2Request, number: int, mapping: Mapping[str, Any], devices: dict[str, ImageDisk]) -> None:
    device = mapping.get("DeviceName")
    if not device:
        raise missing_parameter(_PARAMETER.format(number, "DeviceName"))
    disk = devices.get(device)
    if disk is None:
        reason = f"The image has the devices {', '.join(devices) or 'none'}; others can't be added at launch."
        raise invalid_value(_PARAMETER.format(number, "DeviceName"), device, reason)
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
