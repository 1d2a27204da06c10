"""From the parameters of a request to a launch."""

from __future__ import annotations

import re
from typing import Any, Final

from deltaic.frontends.deltacloud.call import Call
from deltaic.frontends.deltacloud.firewalls import group_named
from deltaic.frontends.deltacloud.hardware_profiles import MEBIBYTE, RANGES, profile_id
from deltaic.frontends.deltacloud.instances import NAME_TAG, instance
from deltaic.model.errors import Error, ErrorKind, invalid
from deltaic.protocols.deltacloud.families.compute import Instance
from deltaic.protocols.deltacloud.parameters import required, truth, user_data, whole
from deltaic.services.instance_types import InstanceTypeView
from deltaic.services.launch import MAX_COUNT, LaunchRequest

#: Characters of a name, as the original allowed them for oVirt.
LONGEST_NAME: Final = 50
#: Parameters of the original that no driver here has anything for: they are refused, never dropped.
REFUSED: Final = (
    "user_iso", "path1", "content1", "sandbox", "load_balancer_id", "snapshot_id", "device_name",
    "hwp_storage",
)  # fmt: skip


_FIREWALL: Final = re.compile(r"firewalls[0-9]*")

#: What a machine can be started from.
BOOT_DEVICES: Final = ("hd", "cdrom", "network")


async def create(call: Call) -> Instance | list[Instance]:
    """Make instances; they end stopped, unless `start=true` or the cloud itself has them go on to running."""
    count = whole(call.parameters, "instance_count", lowest=1, highest=MAX_COUNT) or 1
    views = await call.services.instances.launch(call.context, await _request(call, count))
    made = [instance(call.viewer, view) for view in views]
    return made if count > 1 else made[0]


async def _request(call: Call, count: int) -> LaunchRequest:
    for name in REFUSED:
        if call.get(name):
            raise _refused(name)
    name = _name(call)
    return LaunchRequest(
        image_id=required(call.parameters, "image_id").strip(),
        min_count=count,
        max_count=count,
        zone=call.get("realm_id"),
        name=name,
        tags={NAME_TAG: name} if name else {},
        user_data=user_data(call.parameters),
        key_name=call.get("keyname") or call.get("key_name"),
        network_ids=(call.get("network_id"),) if call.get("network_id") else (),
        security_group_ids=await _firewalls(call),
        start=truth(call.parameters, "start", call.start or call.capability.instances_create_runs),
        password=call.parameters.get("password", ""),
        boot_devices=_boot_devices(call),
        **await _size(call),
    )


async def _firewalls(call: Call) -> tuple[str, ...]:
    """The groups that `firewalls1` and so on name, by id or name."""
    names = [call.parameters[name].strip() for name in sorted(call.parameters) if _FIREWALL.fullmatch(name)]
    wanted = [name for name in names if name]
    if not wanted:
        return ()
    if not call.capability.instances_create_with_security_groups:
        raise _refused("firewalls1")
    groups = await call.services.security_groups.list(call.context)
    return tuple(dict.fromkeys(group_named(groups, name).id for name in wanted))


def _boot_devices(call: Call) -> tuple[str, ...]:
    """What is tried first at each start, then the disk."""
    first = call.get("first_boot_dev")
    if not first:
        return ()
    if first not in BOOT_DEVICES:
        raise invalid("first_boot_dev", f"The first boot device is one of {', '.join(BOOT_DEVICES)}")
    if not call.capability.instances_create_with_boot_devices:
        raise _refused("first_boot_dev")
    return tuple(dict.fromkeys((first, "hd")))


def _refused(name: str) -> Error:
    return Error(ErrorKind.UNSUPPORTED, f"Instances can't be created with '{name}' here", field=name)


def _name(call: Call) -> str:
    """The name, as long as the feature `user_name` says."""
    name = call.get("name")
    if len(name) > LONGEST_NAME or not (name.isprintable() or not name):
        raise invalid("name", f"The name of an instance has at most {LONGEST_NAME} printable characters")
    return name


async def _size(call: Call) -> dict[str, Any]:
    """The size that `hwp_id` and the figures mean; the figures must be within the profile's ranges."""
    wanted = call.get("hwp_id")
    view = await _profile(call, wanted) if wanted else None
    figures = {name: _figure(call, name, view) for name in RANGES if call.get(f"hwp_{name}")}
    if call.get("hwp_architecture") not in ("", "x86_64"):
        raise invalid("hwp_architecture", "The architecture must be x86_64")
    size: dict[str, Any] = {}
    if view is not None:
        size["instance_type"] = view.type.name
    # A named size has its figures already: asking for the same again changes nothing.
    if view is None or view.open:
        if "cpu" in figures:
            size["cpus"] = figures["cpu"]
        if "memory" in figures:
            size["memory"] = figures["memory"] * MEBIBYTE
    return size


async def _profile(call: Call, wanted: str) -> InstanceTypeView:
    for view in await call.services.instance_types.list(call.context):
        if wanted in (profile_id(view), view.type.name):
            return view
    raise invalid("hwp_id", f"Hardware profile '{wanted[:80]}' does not exist")


def _figure(call: Call, name: str, view: InstanceTypeView | None) -> int:
    parameter = f"hwp_{name}"
    unit, _, first, last = RANGES[name]
    if view is None or view.open:
        value = whole(call.parameters, parameter, lowest=first, highest=last)
        assert value is not None
        return value
    own = {"cpu": view.type.cpus, "memory": view.type.memory // MEBIBYTE}[name]
    value = whole(call.parameters, parameter)
    if value != own:
        raise invalid(parameter, f"The profile '{view.type.name}' has a fixed {name} of {own} {unit}")
    return own
