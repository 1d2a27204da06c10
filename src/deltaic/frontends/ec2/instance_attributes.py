"""DescribeInstanceAttribute: one attribute of one machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from deltaic.frontends.ec2.registry import action
from deltaic.frontends.ec2.render_instance import instance
from deltaic.frontends.ec2.request import Ec2Request, invalid_value
from deltaic.frontends.ec2.resolve import native_id
from deltaic.frontends.ec2.volume_book import know_volumes
from deltaic.protocols.aws.user_data import encode_base64
from deltaic.services.views import InstanceView

#: A rendered Instance and the view it was made from, to the attribute's members of the answer.
Reader = Callable[[Mapping[str, Any], InstanceView], dict[str, Any]]

#: Attributes that need the disks and interfaces of a machine.
_DETAILED: Final = frozenset({"blockDeviceMapping", "groupSet", "rootDeviceName"})

READERS: Final[dict[str, Reader]] = {
    "blockDeviceMapping": lambda shown, view: {"BlockDeviceMappings": shown["BlockDeviceMappings"]},
    "disableApiStop": lambda shown, view: {"DisableApiStop": {"Value": False}},
    "disableApiTermination": lambda shown, view: {"DisableApiTermination": {"Value": view.instance.delete_protected}},
    "ebsOptimized": lambda shown, view: {"EbsOptimized": {"Value": False}},
    "enaSupport": lambda shown, view: {"EnaSupport": {"Value": False}},
    "enclaveOptions": lambda shown, view: {"EnclaveOptions": {"Enabled": False}},
    "groupSet": lambda shown, view: {"Groups": shown["SecurityGroups"]},
    "instanceInitiatedShutdownBehavior": lambda shown, view: {"InstanceInitiatedShutdownBehavior": {"Value": "stop"}},
    "instanceType": lambda shown, view: {"InstanceType": {"Value": view.type_name}},
    "kernel": lambda shown, view: {"KernelId": {}},
    "productCodes": lambda shown, view: {"ProductCodes": []},
    "ramdisk": lambda shown, view: {"RamdiskId": {}},
    "rootDeviceName": lambda shown, view: {"RootDeviceName": {"Value": shown.get("RootDeviceName", "")}},
    "sourceDestCheck": lambda shown, view: {"SourceDestCheck": {"Value": True}},
    "sriovNetSupport": lambda shown, view: {"SriovNetSupport": {}},
}


@action("DescribeInstanceAttribute")
async def describe_instance_attribute(request: Ec2Request) -> dict[str, Any]:
    """One attribute; user data come back byte-exact."""
    name, text = request.require("Attribute"), request.require("InstanceId")
    if name != "userData" and name not in READERS:
        raise invalid_value("attribute", name, f"It is one of {', '.join(sorted([*READERS, 'userData']))}.")
    native = await native_id(request, "i", text)
    answer: dict[str, Any] = {"InstanceId": request.id("i", native)}
    if name == "userData":
        data = await request.services.instances.user_data(request.context, native)
        return answer | {"UserData": {"Value": encode_base64(data)} if data else {}}
    views = await request.services.instances.list(request.context, ids=[native], details=name in _DETAILED)
    if name in _DETAILED:
        await know_volumes(request, views)
    return answer | READERS[name](instance(request, views[0]), views[0])
