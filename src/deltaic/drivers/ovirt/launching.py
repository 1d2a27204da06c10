"""Creating a machine from a template. Source page: services/vms, add; reference: VM from template, end to end."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any

from deltaic.drivers.ovirt import comment as comments
from deltaic.drivers.ovirt import guest_network, ids, user_data, wire
from deltaic.drivers.ovirt.client import CORRELATION_LENGTH, Client
from deltaic.drivers.ovirt.errors import Subject
from deltaic.drivers.ovirt.interface_plan import InterfacePlan
from deltaic.drivers.ovirt.lookups import Lookups
from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind, invalid
from deltaic.model.instance import InstanceSpec


class Launcher:
    """Makes machines; the marker in the comment and the correlation id tell a repeated call what is done."""

    def __init__(self, client: Client, lookups: Lookups, plan: InterfacePlan) -> None:
        self._client = client
        self._lookups = lookups
        self._plan = plan

    async def create(self, context: Context, spec: InstanceSpec) -> wire.Vm:
        """Create the machine; as soon as the engine accepted, give it interfaces as far as it allows by now."""
        _check_ids(spec)
        if not await self._lookups.contains(context, spec.zone_id.lower()):
            raise invalid("zone_id", f"The zone '{spec.zone_id}' does not exist", resource="zone")
        wanted = await self._plan.profiles(context, spec.network_ids)
        body = machine_body(spec)
        try:
            vm = await self._client.create(
                context, "vms", body, wire.Vm, correlation=correlation_of(spec.annotation.launch),
                subject=Subject("instance", spec.name),
            )  # fmt: skip
        except Error as error:
            raise await self._explained(context, spec, error) from None
        if wanted:
            await self._plan.try_now(context, vm.id, wanted)
        return vm

    async def _explained(self, context: Context, spec: InstanceSpec, error: Error) -> Error:
        """The engine says only that an entity was not found: find out which, so that the error names its field."""
        if error.kind is not ErrorKind.NOT_FOUND:
            return error
        snapshot = ids.snapshot_parts(spec.image_id)
        checks: tuple[tuple[str, str, str, str], ...] = (
            ("image_id", "image", f"vms/{snapshot[0]}/snapshots", snapshot[1])
            if snapshot
            else ("image_id", "image", "templates", spec.image_id),
            ("instance_type_id", "instance_type", "instancetypes", spec.instance_type_id),
            ("zone_id", "zone", "clusters", spec.zone_id),
        )
        asked = [check for check in checks if check[3]]
        there = await asyncio.gather(*(self._exists(context, path, id_) for _, _, path, id_ in asked))
        for (field, resource, _, id_), exists in zip(asked, there, strict=True):
            if not exists:
                message = f"The {resource.replace('_', ' ')} '{id_}' does not exist"
                return Error(ErrorKind.NOT_FOUND, message, resource=resource, resource_id=id_, field=field)
        return Error(ErrorKind.INVALID, error.message, resource="instance", context=error.context)

    async def _exists(self, context: Context, collection: str, id_: str) -> bool:
        try:
            await self._client.read(context, f"{collection}/{id_.lower()}", wire.Ref)
        except Error as error:
            if error.kind is ErrorKind.NOT_FOUND:
                return False
        return True


def correlation_of(launch: str) -> str:
    """The correlation id of everything that one launch marker makes: it finds the engine's events about it."""
    return hashlib.sha256(launch.encode()).hexdigest()[:CORRELATION_LENGTH] if launch else ""


def machine_body(spec: InstanceSpec) -> dict[str, Any]:
    """The request that creates the machine. Numbers and booleans are strings, as the engine writes them."""
    body: dict[str, Any] = {
        "name": spec.name,
        "description": spec.description,
        "comment": comments.render(comments.Comment(spec.annotation, tuple(one.lower() for one in spec.network_ids))),
        "cluster": {"id": spec.zone_id},
        **source_body(spec.image_id),
        **size_body(spec.memory, spec.cpus),
        **guest_body(guest_of(spec)),
    }
    if spec.instance_type_id:
        body["instance_type"] = {"id": spec.instance_type_id}
    if spec.kind:
        body["type"] = spec.kind
    if spec.boot_devices:
        body["os"] = {"boot": {"devices": {"device": list(spec.boot_devices)}}}
    if spec.delete_protected:
        body["delete_protected"] = "true"
    return body


def source_body(image_id: str) -> dict[str, Any]:
    """What the machine's disks are copied from: a template, or a snapshot of another machine."""
    snapshot = ids.snapshot_parts(image_id)
    if snapshot is None:
        return {"template": {"id": image_id}}
    return {"snapshots": {"snapshot": [{"id": snapshot[1]}]}}


def size_body(memory: int, cpus: int) -> dict[str, Any]:
    """Memory (bytes) and CPUs where given; the guarantee must not exceed the memory, so it follows it."""
    body: dict[str, Any] = {}
    if memory:
        body["memory"] = str(memory)
        body["memory_policy"] = {"guaranteed": str(memory)}
    if cpus:
        body["cpu"] = {"topology": {"sockets": str(cpus), "cores": "1", "threads": "1"}}
    return body


def guest_of(spec: InstanceSpec) -> user_data.Guest:
    """What the guest is to be told."""
    return user_data.Guest(
        spec.user_data, spec.host_name, spec.authorized_keys, spec.user_name, spec.password, spec.nic_configurations
    )


def guest_body(guest: user_data.Guest) -> dict[str, Any]:
    """Initialization, or the payload that replaces it."""
    medium = user_data.encode(guest)
    if medium.payload is not None:
        return {"payloads": {"payload": [medium.payload]}}
    initialization = {
        "host_name": guest.host_name,
        "authorized_ssh_keys": "\n".join(guest.authorized_keys),
        "user_name": guest.user_name,
        "root_password": guest.password,
        "custom_script": medium.custom_script,
    }
    given: dict[str, Any] = {name: value for name, value in initialization.items() if value}
    given |= guest_network.initialization(guest.interfaces)
    return {"initialization": given} if given else {}


def _check_ids(spec: InstanceSpec) -> None:
    for field, resource, id_ in (
        ("image_id", "image", spec.image_id),
        ("zone_id", "zone", spec.zone_id),
        ("instance_type_id", "instance_type", spec.instance_type_id),
    ):
        if id_ and not ids.is_id(id_) and (field != "image_id" or ids.snapshot_parts(id_) is None):
            message = f"The {resource.replace('_', ' ')} '{id_[:80]}' does not exist"
            raise Error(ErrorKind.NOT_FOUND, message, resource=resource, resource_id=id_[:80], field=field)
