"""Changing a machine's members. Source page: services/vm, update."""

from __future__ import annotations

from typing import Any

from deltaic.drivers.ovirt import user_data, wire
from deltaic.drivers.ovirt.annotations import Annotations
from deltaic.drivers.ovirt.client import Client
from deltaic.drivers.ovirt.errors import Subject
from deltaic.drivers.ovirt.launching import guest_body, size_body
from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.instance import InstanceChanges

#: Members that the engine would keep for the next start if the machine ran: callers expect them to act at once.
COLD = ("instance_type_id", "memory", "cpus", "user_data")


class Changer:
    """Translates changes into one update."""

    def __init__(self, client: Client, annotations: Annotations) -> None:
        self._client = client
        self._annotations = annotations

    async def change(self, context: Context, vm_id: str, changes: InstanceChanges) -> None:
        """Write the changes; CONFLICT for members that only a stopped machine can change."""
        subject = Subject("instance", vm_id)
        body = _warm_body(changes)
        if any(getattr(changes, name) is not None for name in COLD):
            cold = changes.user_data is not None
            vm = await self._client.read(context, f"vms/{vm_id}", wire.Vm, subject=subject, all_content=cold)
            _require_down(vm)
            body |= _cold_body(vm, changes)
        if body:
            await self._client.update(context, f"vms/{vm_id}", body, wire.Vm, subject=subject)
        wanted = changes.annotation
        if wanted is not None:
            await self._annotations.change(context, vm_id, lambda _: wanted)


def _warm_body(changes: InstanceChanges) -> dict[str, Any]:
    body: dict[str, Any] = {}
    if changes.name is not None:
        body["name"] = changes.name
    if changes.description is not None:
        body["description"] = changes.description
    if changes.delete_protected is not None:
        body["delete_protected"] = "true" if changes.delete_protected else "false"
    return body


def _require_down(vm: wire.Vm) -> None:
    if vm.status == "image_locked":
        raise Error(ErrorKind.BUSY, "The instance is locked", resource="instance", resource_id=vm.id)
    if vm.status not in ("down", ""):
        message = "The instance must be stopped for this change"
        raise Error(ErrorKind.CONFLICT, message, resource="instance", resource_id=vm.id)


def _cold_body(vm: wire.Vm, changes: InstanceChanges) -> dict[str, Any]:
    body = size_body(changes.memory or 0, changes.cpus or 0)
    if changes.instance_type_id is not None:
        body["instance_type"] = {"id": changes.instance_type_id}
    if changes.user_data is not None:
        body |= _user_data_body(vm, changes.user_data)
    return body


def _user_data_body(vm: wire.Vm, data: bytes) -> dict[str, Any]:
    """New user data beside the host name and the keys that the machine has; the other medium is emptied."""
    guest = user_data.guest_of(vm, data)
    body = guest_body(guest)
    if "payloads" in body:
        body["initialization"] = {"host_name": guest.host_name, "custom_script": ""}
        return body
    initialization = {"custom_script": "", **body.get("initialization", {})}
    return {"initialization": initialization, "payloads": {"payload": []}}
