"""Refuses what the driver's capability leaves out, before the driver hears of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deltaic.layers.base import Call, Next
from deltaic.model.capability import Capability
from deltaic.model.errors import Error, ErrorKind, invalid, unsupported
from deltaic.model.instance import InstanceSpec

#: Verb -> the flag it needs, where it is not `<noun>_<verb>` itself. None: needs none.
FLAGS: dict[str, str | None] = {
    "zones.data_centers": "zones_list",
    "images.interfaces": "images_list",
    "images.get": "images_list",
    "images.find_marked": "images_list",
    "images.update": "images_create",
    "images.annotate": "images_create",
    "instance_snapshots.get": "instance_snapshots_list",
    "instances.get": "instances_list",
    "instances.find_launch": "instances_list",
    "instances.annotate": "instances_list",
    "instances.user_data": "instances_create_with_user_data",
    "instances.creation_failure": "instances_create",
    "instances.console_file": "instances_console",
    "volumes.get": "volumes_list",
    "volumes.find_marked": "volumes_create",
    "volumes.storage_domains": "volumes_create",
    "volumes.finish": "volumes_create",
    "volumes.detach": "volumes_attach",
    "snapshots.get": "snapshots_list",
    "snapshots.find_marked": "snapshots_create",
    "snapshots.finish": "snapshots_create",
    "snapshots.withdraw": "snapshots_create",
    "networks.annotate": "networks_update",
    "networks.create_subnet": "networks_create_with_subnets",
    "networks.delete_subnet": "networks_create_with_subnets",
    "security_groups.add_rules": "security_groups_update",
    "security_groups.remove_rules": "security_groups_update",
    "addresses.pools": "addresses_list",
    "addresses.disassociate": "addresses_associate",
    "consoles.output": "instances_console_output",
    "consoles.url": "instances_console_url",
    "verify": "signed_requests",
    "login": None,
    "doctor": None,
}

#: Member of an InstanceSpec -> the flag it needs when it is given.
SPEC_FLAGS: dict[str, str] = {
    "user_data": "instances_create_with_user_data",
    "authorized_keys": "instances_create_with_authorized_keys",
    "instance_type_id": "instances_create_with_instance_type",
    "memory": "instances_create_with_size",
    "cpus": "instances_create_with_size",
    "network_ids": "instances_create_with_networks",
    "nic_configurations": "instances_create_with_nic_configurations",
    "boot_devices": "instances_create_with_boot_devices",
    "nic_changes": "interfaces_update",
    "security_group_ids": "instances_create_with_security_groups",
    "subnet_ids": "networks_create_with_subnets",
}

#: Member of a VolumeSpec -> the flag it needs when it is given.
VOLUME_FLAGS: dict[str, str] = {
    "source_id": "volumes_create_with_source",
    "shareable": "volumes_create_with_shareable",
}

#: Member of a NetworkSpec -> the flag it needs when it is given.
NETWORK_FLAGS: dict[str, str] = {"subnets": "networks_create_with_subnets"}

#: Member of an InstanceSnapshotSpec -> the flag it needs when it is given.
INSTANCE_SNAPSHOT_FLAGS: dict[str, str] = {"memory": "instance_snapshots_create_with_memory"}


def flag_of(verb: str) -> str | None:
    """The flag that a verb (`noun.verb`) needs; None for one that needs none."""
    return FLAGS.get(verb, verb.replace(".", "_"))


class CapabilityLayer:
    """UNSUPPORTED for verbs and arguments that are off, INVALID for those beyond a limit."""

    def __init__(self, capability: Capability) -> None:
        self._capability = capability

    async def __call__(self, call: Call, proceed: Next) -> Any:
        """Check, then pass on."""
        flag = flag_of(call.verb)
        if flag is not None and not getattr(self._capability, flag):
            raise unsupported(call.verb)
        if call.verb == "instances.stop" and call.arguments["force"] and not self._capability.instances_stop_with_force:
            raise _unsupported_argument(call.verb, "force")
        if call.verb == "instances.start" and call.arguments["paused"] and not self._capability.instances_start_paused:
            raise _unsupported_argument(call.verb, "paused")
        if call.verb == "instances.create":
            self._check_spec(call)
        if call.verb == "volumes.create":
            self._check_flags(call, VOLUME_FLAGS)
        if call.verb == "networks.create":
            self._check_flags(call, NETWORK_FLAGS)
        if call.verb == "instance_snapshots.create":
            self._check_flags(call, INSTANCE_SNAPSHOT_FLAGS)
        return await proceed()

    def _check_flags(self, call: Call, flags: Mapping[str, str]) -> None:
        for field, flag in flags.items():
            if getattr(call.arguments["spec"], field) and not getattr(self._capability, flag):
                raise _unsupported_argument(call.verb, field)

    def _check_spec(self, call: Call) -> None:
        spec: InstanceSpec = call.arguments["spec"]
        self._check_flags(call, SPEC_FLAGS)
        if "." in spec.image_id and not self._capability.instances_create_with_snapshot:
            raise _unsupported_argument(call.verb, "image_id")
        _check_limit("user_data", len(spec.user_data), self._capability.instances_limit_user_data_bytes, "bytes")
        _check_limit("name", len(spec.name), self._capability.instances_limit_name_length, "characters")


def _unsupported_argument(verb: str, field: str) -> Error:
    return Error(ErrorKind.UNSUPPORTED, f"This cloud does not support {field} in {verb}", field=field, operation=verb)


def _check_limit(field: str, value: int, limit: int | None, unit: str) -> None:
    if limit is not None and value > limit:
        raise invalid(field, f"The {field} may hold at most {limit} {unit}", resource="instance")
