"""DescribeImageAttribute and DescribeSnapshotAttribute: one attribute of what machines are made from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from deltaic.frontends.ec2.image_book import one_image
from deltaic.frontends.ec2.images import image_row
from deltaic.frontends.ec2.registry import action
from deltaic.frontends.ec2.request import Ec2Request, invalid_value
from deltaic.frontends.ec2.resolve import all_snapshots, native_id
from deltaic.protocols.aws.kinds import missing_ids

#: A rendered Image, to the attribute's members of the answer.
Reader = Callable[[Mapping[str, Any]], dict[str, Any]]

IMAGE_READERS: Final[dict[str, Reader]] = {
    "blockDeviceMapping": lambda shown: {"BlockDeviceMappings": shown["BlockDeviceMappings"]},
    "deregistrationProtection": lambda shown: {"DeregistrationProtection": {"Value": "disabled"}},
    "description": lambda shown: {"Description": {"Value": shown["Description"]}},
    "kernel": lambda shown: {"KernelId": {}},
    "launchPermission": lambda shown: {"LaunchPermissions": []},
    "productCodes": lambda shown: {"ProductCodes": []},
    "ramdisk": lambda shown: {"RamdiskId": {}},
    "sriovNetSupport": lambda shown: {"SriovNetSupport": {}},
}
SNAPSHOT_ATTRIBUTES: Final[dict[str, dict[str, Any]]] = {
    "createVolumePermission": {"CreateVolumePermissions": []},
    "productCodes": {"ProductCodes": []},
}


@action("DescribeImageAttribute", note="Templates are private: nobody else has a launch permission.")
async def describe_image_attribute(request: Ec2Request) -> dict[str, Any]:
    """One attribute of a template."""
    read = _one_of(IMAGE_READERS, request.require("Attribute"))
    native = await native_id(request, "ami", request.require("ImageId"))
    image = await one_image(request, native)
    return {"ImageId": request.id("ami", native), **read(image_row(request, image))}


@action("DescribeSnapshotAttribute", note="Snapshots are private: nobody else may use them.")
async def describe_snapshot_attribute(request: Ec2Request) -> dict[str, Any]:
    """One attribute of a snapshot."""
    found = _one_of(SNAPSHOT_ATTRIBUTES, request.require("Attribute"))
    text = request.require("SnapshotId")
    native = await native_id(request, "snap", text)
    if native not in {snapshot.id for snapshot in await all_snapshots(request)}:
        raise missing_ids("snapshot", [text])
    return {"SnapshotId": request.id("snap", native), **found}


def _one_of(table: Mapping[str, Any], name: str) -> Any:
    if name not in table:
        raise invalid_value("attribute", name, f"It is one of {', '.join(sorted(table))}.")
    return table[name]
