"""Refuses what the driver's capability leaves out, before the driver hears of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deltaic.layers.base import Call, Next
from deltaic.model.capability import Capability
from deltaic.model.errors import Error, ErrorKind, invalid
from deltaic.model.instance import InstanceSpec

#: Verb -> the flag it needs, where it is not `<noun>_<verb>` itself. None: needs none.
FLAGS: dict[str, str | None] = {
    "zones.data_centers": "zones_list",
    "images.annotate": "images_list",
    "images.interfaces": "images_list",
    "instances.get": "instances_list",
    "instances.find_launch": "instances_list",
    "instances.annotate": "instances_list",
    "instances.user_data": "instances_create_with_user_data",
    "instances.creation_failure": "instances_create",
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
}


class CapabilityLayer:
    """UNSUPPORTED for verbs and arguments that are off, INVALID for those beyond a limit."""

    def __init__(self, capability: Capability) -> None:
        self._capability = capability

    async def __call__(self, call: Call, proceed: Next) -> Any:
        """Check, then pass on."""
        flag = FLAGS.get(call.verb, call.verb.replace(".", "_"))
        if flag is not None and not getattr(self._capability, flag):
            raise Error(ErrorKind.UNSUPPORTED, f"This cloud does not support {call.verb}", operation=call.verb)
        if call.verb == "instances.stop" and call.arguments["force"] and not self._capability.instances_stop_with_force:
            raise _unsupported_argument(call.verb, "force")
        if call.verb == "instances.create":
            self._check_spec(call.arguments)
        return await proceed()

    def _check_spec(self, arguments: Mapping[str, Any]) -> None:
        spec: InstanceSpec = arguments["spec"]
        for field, flag in SPEC_FLAGS.items():
            if getattr(spec, field) and not getattr(self._capability, flag):
                raise _unsupported_argument("instances.create", field)
        _check_limit("user_data", len(spec.user_data), self._capability.instances_limit_user_data_bytes, "bytes")
        _check_limit("name", len(spec.name), self._capability.instances_limit_name_length, "characters")


def _unsupported_argument(verb: str, field: str) -> Error:
    return Error(ErrorKind.UNSUPPORTED, f"This cloud does not support {field} in {verb}", field=field, operation=verb)


def _check_limit(field: str, value: int, limit: int | None, unit: str) -> None:
    if limit is not None and value > limit:
        raise invalid(field, f"The {field} may hold at most {limit} {unit}", resource="instance")
