"""Images: templates."""

from __future__ import annotations

from typing import Any

from deltaic.frontends.ec2.devices import gibibytes, image_devices
from deltaic.frontends.ec2.image_book import all_images, made_meanwhile, missing_images
from deltaic.frontends.ec2.promises import is_promised
from deltaic.frontends.ec2.registry import action
from deltaic.frontends.ec2.request import Ec2Request
from deltaic.frontends.ec2.resolve import native_ids
from deltaic.frontends.ec2.tagging import tag_set
from deltaic.model.image import Image, ImageState
from deltaic.protocols.aws.filters import FilterTable
from deltaic.protocols.aws.scalars import timestamp
from deltaic.services.names import instance_name

#: What keeps an image's name that the cloud can't hold as it is.
NAME_TRAIT = "name"

IMAGES = FilterTable(
    {
        "architecture": "Architecture",
        "block-device-mapping.delete-on-termination": "BlockDeviceMappings.Ebs.DeleteOnTermination",
        "block-device-mapping.device-name": "BlockDeviceMappings.DeviceName",
        "block-device-mapping.encrypted": "BlockDeviceMappings.Ebs.Encrypted",
        "block-device-mapping.snapshot-id": "BlockDeviceMappings.Ebs.SnapshotId",
        "block-device-mapping.volume-size": "BlockDeviceMappings.Ebs.VolumeSize",
        "block-device-mapping.volume-type": "BlockDeviceMappings.Ebs.VolumeType",
        "creation-date": "CreationDate",
        "description": "Description",
        "ena-support": "EnaSupport",
        "hypervisor": "Hypervisor",
        "image-id": "ImageId",
        "image-type": "ImageType",
        "is-public": "Public",
        "kernel-id": "KernelId",
        "manifest-location": "ImageLocation",
        "name": "Name",
        "owner-alias": "ImageOwnerAlias",
        "owner-id": "OwnerId",
        "platform": "Platform",
        "platform-details": "PlatformDetails",
        "product-code": "ProductCodes.ProductCodeId",
        "ramdisk-id": "RamdiskId",
        "root-device-name": "RootDeviceName",
        "root-device-type": "RootDeviceType",
        "state": "State",
        "state-reason-code": "StateReason.Code",
        "state-reason-message": "StateReason.Message",
        "virtualization-type": "VirtualizationType",
    },
    tags="Tags",
)


@action(
    "DescribeImages",
    filters=IMAGES,
    note="Every template of the scope belongs to the caller's account and is private. "
    "IncludeDeprecated and IncludeDisabled change nothing: templates are neither.",
)
async def describe_images(request: Ec2Request) -> dict[str, Any]:
    """The templates usable in the scope."""
    matches = request.matcher(IMAGES)
    texts = request.get("ImageIds", ())
    natives = await native_ids(request, "ami", texts) if texts else ()
    every = await all_images(request)
    natives = made_meanwhile(request, natives)
    images = [image for image in every if not natives or image.id in natives]
    missing = set(natives) - {image.id for image in images}
    if missing:
        raise missing_images(request, missing)
    reasons = [await _reason(request, image) for image in images]
    if not (_names_caller(request, "Owners") and _names_caller(request, "ExecutableUsers")):
        images = []
    rows = [image_row(request, image, reason) for image, reason in zip(images, reasons, strict=False)]
    return request.listing("Images", rows, matches, "ImageId", minimum=1)


async def _reason(request: Ec2Request, image: Image) -> str:
    """Why an image is broken."""
    if image.state is not ImageState.ERROR:
        return ""
    told = await request.services.captures.reason(request.context, image.id) if is_promised(image) else ""
    return told or "The template's disks are not usable"


def _names_caller(request: Ec2Request, parameter: str) -> bool:
    """Whether a list of users is absent or has the caller in it."""
    wanted = request.get(parameter)
    own = ("self", request.account, request.form.image_owner(request.context.principal))
    return wanted is None or any(user in own for user in wanted)


def image_name(image: Image) -> str:
    """A name that no other image has: later versions of a template share its name."""
    if image.version_number <= 1:
        return given_name(image) or image.name
    return f"{image.name}/{image.version_name or image.version_number}"


def given_name(image: Image) -> str:
    """The name that its maker gave an image, as long as the cloud calls it by what it made of that."""
    wanted = image.annotation.traits.get(NAME_TRAIT, "")
    return wanted if wanted and image.name.startswith(instance_name(wanted, image.id, 0, 1)) else ""


def root_device(image: Image) -> str:
    """The device name of an image's boot disk; empty for an image without disks."""
    return next(iter(image_devices(image.disks).values()), "")


def image_row(request: Ec2Request, image: Image, reason: str = "") -> dict[str, Any]:
    """A template as an Image of the answer; `reason` tells why it is broken."""
    owner = request.form.image_owner(request.context.principal)
    name = image_name(image)
    windows = image.os_type.startswith("windows")
    found: dict[str, Any] = {
        "ImageId": request.id("ami", image.id),
        "Name": name,
        "Description": image.description,
        "State": request.form.image_state(image.state),
        "OwnerId": owner,
        "ImageLocation": f"{owner}/{name}",
        "Public": False,
        "Architecture": image.architecture,
        "ImageType": "machine",
        "Hypervisor": "kvm",
        "VirtualizationType": "hvm",
        "RootDeviceType": "ebs",
        "ProductCodes": [],
        "PlatformDetails": "Windows" if windows else "Linux/UNIX",
        "BlockDeviceMappings": _mappings(request, image),
        "Tags": tag_set(image.annotation.tags),
    }
    if image.created_at is not None:
        found["CreationDate"] = timestamp(image.created_at)
    if image.disks:
        found["RootDeviceName"] = root_device(image)
    if windows:
        found["Platform"] = "windows"
    if image.state is ImageState.ERROR:
        found["StateReason"] = {"Code": "Server.InternalError", "Message": reason}
    return found


def _mappings(request: Ec2Request, image: Image) -> list[dict[str, Any]]:
    sizes = {disk.id: disk.size for disk in image.disks}
    return [
        {
            "DeviceName": device,
            "Ebs": {
                "SnapshotId": request.id("snap", disk_id),
                "VolumeSize": gibibytes(sizes[disk_id]),
                "VolumeType": "standard",
                "DeleteOnTermination": True,
                "Encrypted": False,
            },
        }
        for disk_id, device in image_devices(image.disks).items()
    ]
