"""Making images of machines, changing and removing them: CreateImage, DeregisterImage, ModifyImageAttribute."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from deltaic.frontends.ec2.devices import attached_devices
from deltaic.frontends.ec2.honoured import Honoured
from deltaic.frontends.ec2.image_book import all_images, check_made, one_image
from deltaic.frontends.ec2.images import NAME_TRAIT, image_name
from deltaic.frontends.ec2.registry import action
from deltaic.frontends.ec2.request import Ec2Request, invalid_value, unsupported
from deltaic.frontends.ec2.resolve import native_id
from deltaic.frontends.ec2.snapshots_change import checked_description
from deltaic.frontends.ec2.tagging import specified_tags
from deltaic.frontends.ec2.volume_book import all_volumes
from deltaic.model.image import ImageChanges
from deltaic.model.instance import Instance
from deltaic.protocols.aws.errors import AwsError, missing_parameter
from deltaic.services.captures import CaptureRequest

_NAME: Final = re.compile(r"[A-Za-z0-9()\[\] ./\-'@_]{3,128}")

CREATE: Final = Honoured(
    frozenset({"BlockDeviceMappings", "Description", "InstanceId", "Name", "TagSpecifications"}),
    harmless={"NoReboot": None, "SnapshotLocation": ("regional",)},
    reasons={
        "SnapshotLocation": "there are no local zones.",
        "BootModeOverride": "an image boots as its machine does.",
    },
)
MODIFY: Final = Honoured(
    frozenset({"Attribute", "Description.Value", "ImageId", "Value"}),
    reasons={
        "LaunchPermission": "who may use an image is for the cloud to say.",
        "OperationType": "who may use an image is for the cloud to say.",
        "ProductCodes": "there is no marketplace.",
        "ImdsSupport": "there is no metadata service.",
    },
)


@action(
    "CreateImage",
    writes=True,
    unsupported=(*CREATE.refusals(), "BlockDeviceMapping other than NoDevice for attached volumes"),
    note="Of the machine's own disks: attached volumes are no part of it. A running machine is never rebooted, with "
    "NoReboot or without: its disks are frozen in a snapshot, which is removed afterwards. Tags for snapshots are "
    "given to the disks of the image.",
)
async def create_image(request: Ec2Request) -> dict[str, Any]:
    """Make an image of a machine; answers as soon as the cloud accepted it, or its snapshot."""
    CREATE.check(request.parameters)
    name = _checked_name(request.require("Name"))
    description = checked_description(request.get("Description", ""))
    tags = specified_tags(request.get("TagSpecifications", ()), ("image", "snapshot"))
    native = await native_id(request, "i", request.require("InstanceId"))
    machine = (await request.services.instances.list(request.context, ids=[native]))[0].instance
    await _check_mappings(request, machine)
    for image in await all_images(request):
        if image_name(image) == name:
            text = f"AMI name {name} is already in use by AMI {request.id('ami', image.id)}"
            raise AwsError("InvalidAMIName.Duplicate", text)
    request.before_acting()
    wanted = CaptureRequest(
        native,
        name=name,
        description=description,
        tags=tags.get("image", {}),
        traits={NAME_TRAIT: name},
        disk_tags=tags.get("snapshot", {}),
    )
    made = await request.services.captures.create(request.context, wanted)
    request.promises.expect(made)
    request.learn("ami", [made.id])
    return {"ImageId": request.id("ami", made.id)}


def _checked_name(name: str) -> str:
    if _NAME.fullmatch(name) is None:
        text = "AMI names must be between 3 and 128 characters long, and may contain letters, numbers, '(', ')', '.', "
        raise AwsError("InvalidAMIName.Malformed", text + "'-', '/', '_', '[', ']', ''', '@' and ' '")
    return name


async def _check_mappings(request: Ec2Request, machine: Instance) -> None:
    """Accept mappings that leave out what is left out anyway."""
    mappings = request.get("BlockDeviceMappings", ())
    if not mappings:
        return
    volumes = await all_volumes(request)
    devices = attached_devices(machine.disks, machine.id, volumes)
    own = {name for disk, name in devices.items() if disk not in volumes or not volumes[disk].independent}
    for number, mapping in enumerate(mappings, 1):
        device = mapping.get("DeviceName")
        if not device:
            raise missing_parameter(f"BlockDeviceMapping.{number}.DeviceName")
        if device in own or mapping.keys() != {"DeviceName", "NoDevice"}:
            raise unsupported(f"BlockDeviceMapping.{number}", "an image has the machine's own disks as they are.")


@action(
    "DeregisterImage",
    writes=True,
    note="The snapshots behind an image are its disks, and go with it, with DeleteAssociatedSnapshots or without.",
)
async def deregister_image(request: Ec2Request) -> dict[str, Any]:
    """Remove an image with its disks."""
    native = await native_id(request, "ami", request.require("ImageId"))
    image = await one_image(request, native)
    request.before_acting()
    await request.services.captures.delete(request.context, native)
    answer: dict[str, Any] = {"Return": True, "DeleteSnapshotResults": []}
    if request.get("DeleteAssociatedSnapshots", False):
        gone = [request.id("snap", disk.id) for disk in image.disks]
        answer["DeleteSnapshotResults"] = [{"SnapshotId": one, "ReturnCode": "success"} for one in gone]
    return answer


@action("ModifyImageAttribute", writes=True, unsupported=MODIFY.refusals(), note="The description changes.")
async def modify_image_attribute(request: Ec2Request) -> dict[str, Any]:
    """Change an image's description."""
    MODIFY.check(request.parameters)
    description = checked_description(_description(request.parameters))
    native = await native_id(request, "ami", request.require("ImageId"))
    await one_image(request, native)
    check_made(request, native)
    request.before_acting()
    await request.services.captures.edit(request.context, native, ImageChanges(description=description))
    return {}


def _description(parameters: Mapping[str, Any]) -> str:
    """The new description, in either of the two forms that clients write."""
    attribute = parameters.get("Attribute", "description")
    if attribute.lower() != "description":
        raise invalid_value("attribute", attribute, "Only description can be changed.")
    found: str | None = parameters.get("Description", {}).get("Value", parameters.get("Value"))
    if found is None:
        raise missing_parameter("Description.Value")
    return found
