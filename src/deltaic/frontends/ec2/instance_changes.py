"""ModifyInstanceAttribute: one attribute per call, as AWS wants it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from deltaic.frontends.ec2.devices import attached_devices
from deltaic.frontends.ec2.group_book import all_groups, chosen_groups, offered
from deltaic.frontends.ec2.registry import action
from deltaic.frontends.ec2.request import Ec2Request, invalid_value, unsupported
from deltaic.frontends.ec2.resolve import native_id
from deltaic.frontends.ec2.run_limits import reason_for
from deltaic.frontends.ec2.volume_book import all_volumes
from deltaic.model.instance import InstanceChanges
from deltaic.model.nic import NicChanges
from deltaic.protocols.aws.errors import AwsError, missing_parameter
from deltaic.protocols.aws.user_data import MAX_USER_DATA, decode_user_data
from deltaic.services.views import InstanceView

#: The member that the old style `Attribute=...&Value=...` means.
OLD_STYLE: Final = {
    "disableApiStop": "DisableApiStop",
    "disableApiTermination": "DisableApiTermination",
    "ebsOptimized": "EbsOptimized",
    "enaSupport": "EnaSupport",
    "instanceInitiatedShutdownBehavior": "InstanceInitiatedShutdownBehavior",
    "instanceType": "InstanceType",
    "kernel": "Kernel",
    "ramdisk": "Ramdisk",
    "sourceDestCheck": "SourceDestCheck",
    "sriovNetSupport": "SriovNetSupport",
    "userData": "UserData",
}
_BOOLEANS: Final = {"true": True, "1": True, "false": False, "0": False}
_BOOLEAN_MEMBERS: Final = ("DisableApiStop", "DisableApiTermination", "EbsOptimized", "EnaSupport", "SourceDestCheck")

#: What is the case anyway.
HARMLESS: Final[dict[str, Any]] = {
    "DisableApiStop": False,
    "EbsOptimized": False,
    "EnaSupport": False,
    "EnclaveOptions": False,
    "InstanceInitiatedShutdownBehavior": "stop",
    "SourceDestCheck": True,
}


@action(
    "ModifyInstanceAttribute",
    writes=True,
    unsupported=(
        "Kernel",
        "Ramdisk",
        "SriovNetSupport",
        *(f"{name} other than {value}" for name, value in HARMLESS.items()),
    ),
    note="DisableApiTermination, InstanceType and UserData change; the latter two of stopped machines.",
)
async def modify_instance_attribute(request: Ec2Request) -> dict[str, Any]:
    """Change deletion protection, size or user data."""
    name, value = _the_attribute(request.parameters)
    native = await native_id(request, "i", request.require("InstanceId"))
    view = (await request.services.instances.list(request.context, ids=[native]))[0]
    changes = await _changes(request, view, name, value)
    request.before_acting()
    if changes is not None:
        await request.services.instances.modify(request.context, native, changes)
    return {}


def _the_attribute(parameters: Mapping[str, Any]) -> tuple[str, Any]:
    """The one attribute that is to change, by its member name, and its value."""
    named = {k: v for k, v in parameters.items() if k not in ("InstanceId", "DryRun", "Attribute", "Value")}
    if "Attribute" in parameters:
        named.update(_old_style(parameters))
    if len(named) != 1:
        text = f"Fields for multiple attribute types specified: {', '.join(sorted(named))}" if named else ""
        raise AwsError("InvalidParameterCombination", text or "No attributes specified.")
    name, value = named.popitem()
    if isinstance(value, Mapping):
        if not value:
            raise missing_parameter(f"{name}.Value")
        value = next(iter(value.values()))
    return name, value


def _old_style(parameters: Mapping[str, Any]) -> dict[str, Any]:
    attribute = parameters["Attribute"]
    if attribute == "blockDeviceMapping" and "BlockDeviceMappings" in parameters:
        return {}
    if attribute == "groupSet" and "Groups" in parameters:
        return {}
    member = OLD_STYLE.get(attribute)
    if member is None:
        raise invalid_value("attribute", attribute, f"It is one of {', '.join(OLD_STYLE)}.")
    if "Value" not in parameters:
        if member in parameters:
            return {}
        raise missing_parameter("Value")
    value = parameters["Value"]
    if member in _BOOLEAN_MEMBERS:
        if value.lower() not in _BOOLEANS:
            raise invalid_value("Value", value, "It is true or false.")
        return {member: _BOOLEANS[value.lower()]}
    return {member: decode_user_data(value) if member == "UserData" else value}


async def _changes(request: Ec2Request, view: InstanceView, name: str, value: Any) -> InstanceChanges | None:
    """What to change; None when nothing is to. Errors name the attribute."""
    if name == "DisableApiTermination":
        # Terraform switches protection off before every removal, also of a machine that is still being made.
        return None if value == view.instance.delete_protected else InstanceChanges(delete_protected=value)
    if name == "UserData":
        if len(value) > MAX_USER_DATA:
            raise invalid_value("UserData", "...", f"User data is limited to {MAX_USER_DATA} bytes.")
        return InstanceChanges(user_data=value)
    if name == "InstanceType":
        return await _new_size(request, view, value)
    if name == "Groups":
        own = [await native_id(request, "sg", group) for group in value]
        if offered(request):
            await _regroup(request, view, own)
            return None
        if {nic.network_id for nic in view.instance.nics[:1]} == set(own):
            return None
        raise unsupported("GroupId", "a machine's groups are those of its networks.")
    if name == "BlockDeviceMappings":
        await _check_mappings(request, view, value)
        return None
    if name in HARMLESS and value == HARMLESS[name]:
        return None
    raise unsupported(name, reason_for(name))


async def _regroup(request: Ec2Request, view: InstanceView, natives: list[str]) -> None:
    """Give a machine's interfaces other groups."""
    groups = chosen_groups(request, await all_groups(request), natives, ())
    if not groups:
        raise missing_parameter("GroupId")
    request.before_acting()
    changes = NicChanges(security_group_ids=tuple(group.id for group in groups))
    for nic in view.instance.nics:
        await request.services.interfaces.change(request.context, view.instance.id, nic.id, changes)


async def _new_size(request: Ec2Request, view: InstanceView, name: str) -> InstanceChanges | None:
    size = await request.services.instance_types.resolve(request.context, name)
    if view.type_name == size.type.name:
        return None
    if size.open:
        raise unsupported("InstanceType", f"{name} is the size an image gives; a machine can't go back to it.")
    return InstanceChanges(instance_type_id=size.type.id)


async def _check_mappings(request: Ec2Request, view: InstanceView, mappings: list[dict[str, Any]]) -> None:
    """Accept what is the case: whether a disk goes with its machine was decided when it was attached."""
    volumes = await all_volumes(request)
    devices = attached_devices(view.instance.disks, view.instance.id, volumes)
    goes = {name: disk not in volumes or not volumes[disk].independent for disk, name in devices.items()}
    for number, mapping in enumerate(mappings, 1):
        device, ebs = mapping.get("DeviceName", ""), mapping.get("Ebs", {})
        if device and device not in goes:
            text = f"No device is currently mapped at {device[:128]}"
            raise AwsError("InvalidInstanceAttributeValue", text)
        fact = goes.get(device, True)
        if mapping.keys() - {"DeviceName", "Ebs"} or ebs.get("DeleteOnTermination", fact) is not fact:
            raise unsupported(
                f"BlockDeviceMapping.{number}",
                "a disk goes with its machine, or stays, as it was attached; it can't be exchanged here.",
            )
