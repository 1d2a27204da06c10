"""Network interfaces of machines: adding, changing, removing. Source page: services/vm_nics, services/vm_nic."""

from __future__ import annotations

from typing import Any

from deltaic.drivers.ovirt import ids, wire
from deltaic.drivers.ovirt.client import Client
from deltaic.drivers.ovirt.details import Details
from deltaic.drivers.ovirt.errors import Subject
from deltaic.drivers.ovirt.interface_plan import InterfacePlan
from deltaic.drivers.ovirt.lookups import Lookups
from deltaic.drivers.ovirt.machines import Machines
from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind, not_found
from deltaic.model.nic import Nic, NicChanges, NicSpec

#: Statuses that pass by themselves. The engine changes interfaces of machines that are up or down.
PASSING = frozenset(
    {
        "image_locked", "saving_state", "restoring_state", "powering_up", "wait_for_launch", "powering_down",
        "reboot_in_progress", "migrating",
    }
)  # fmt: skip
_ATTEMPTS = 5


class OvirtInterfaces:
    """The engine's vNICs."""

    def __init__(
        self, client: Client, lookups: Lookups, machines: Machines, details: Details, plan: InterfacePlan
    ) -> None:
        self._client = client
        self._lookups = lookups
        self._machines = machines
        self._details = details
        self._plan = plan

    async def create(self, context: Context, instance_id: str, spec: NicSpec) -> Nic:
        """Add an interface, after those that a new machine is still owed."""
        vm_id = await self._in_scope(context, instance_id)
        (profile,) = await self._plan.profiles(context, [spec.network_id], field="network")
        await self._plan.settle(context, vm_id)
        try:
            made = await self._create(context, vm_id, spec, profile)
        except Error as error:
            raise await self._passing(context, vm_id, error) from None
        finally:
            self._details.forget(vm_id)
        return Nic(made.id, made.name, made.mac.address.lower(), spec.network_id.lower(), made.vnic_profile.id, vm_id,
                   made.linked, made.plugged)  # fmt: skip

    async def update(self, context: Context, instance_id: str, nic_id: str, changes: NicChanges) -> None:
        """Change an interface, after giving a new machine those that it is still owed: without changes only that."""
        vm_id = await self._in_scope(context, instance_id)
        body: dict[str, Any] = {}
        if changes.name is not None:
            body["name"] = changes.name
        if changes.network_id is not None:
            (profile,) = await self._plan.profiles(context, [changes.network_id], field="network")
            body["vnic_profile"] = {"id": profile}
        for name in ("linked", "plugged"):
            if (value := getattr(changes, name)) is not None:
                body[name] = str(value).lower()
        try:
            await self._plan.settle(context, vm_id)
            if not body:
                return
            path, subject = _path(vm_id, nic_id)
            await self._client.update(context, path, body, wire.Nic, subject=subject)
        except Error as error:
            raise await self._passing(context, vm_id, error) from None
        finally:
            self._details.forget(vm_id)

    async def delete(self, context: Context, instance_id: str, nic_id: str) -> None:
        """Remove an interface: a running machine lets go of one that is unplugged only."""
        vm_id = await self._in_scope(context, instance_id)
        path, subject = _path(vm_id, nic_id)
        try:
            await self._plan.settle(context, vm_id)
            found = await self._client.read(context, path, wire.Nic, subject=subject)
            if found.plugged and await self._status(context, vm_id) == "up":
                await self._client.act(context, f"{path}/deactivate", subject=subject)
            await self._client.remove(context, path, subject=subject)
        except Error as error:
            raise await self._passing(context, vm_id, error) from None
        finally:
            self._details.forget(vm_id)

    # -- inner -------------------------------------------------------------------------------------------------------

    async def _create(self, context: Context, vm_id: str, spec: NicSpec, profile: str) -> wire.Nic:
        path, subject = f"vms/{vm_id}/nics", Subject("instance", vm_id)
        for attempt in range(1, _ATTEMPTS + 1):
            present = (await self._client.read(context, path, wire.Nics, subject=subject)).nic
            known = next((nic for nic in present if spec.name and nic.name == spec.name), None)
            if known is not None and await self._is_on(context, known, spec.network_id):
                return known
            body = {
                "name": spec.name or _free_name({nic.name for nic in present}),
                "interface": "virtio",
                "vnic_profile": {"id": profile},
                "linked": str(spec.linked).lower(),
                "plugged": str(spec.plugged).lower(),
                **({"mac": {"address": spec.mac}} if spec.mac else {}),
            }
            try:
                return await self._client.create(context, path, body, wire.Nic, subject=subject)
            except Error as error:
                # Another one took the free name in between: there are more.
                if spec.name or error.kind is not ErrorKind.ALREADY_EXISTS or attempt == _ATTEMPTS:
                    raise
        raise AssertionError("the last attempt returns or raises")

    async def _is_on(self, context: Context, nic: wire.Nic, network_id: str) -> bool:
        networks = await self._lookups.networks_by_profile(context)
        return networks.get(nic.vnic_profile.id) == network_id.lower()

    async def _passing(self, context: Context, vm_id: str, error: Error) -> Error:
        """BUSY in place of a CONFLICT with a state that ends by itself: the engine's words do not tell."""
        if error.kind is ErrorKind.CONFLICT and await self._status(context, vm_id) in PASSING:
            return Error(ErrorKind.BUSY, error.message, resource="instance", resource_id=vm_id)
        return error

    async def _status(self, context: Context, vm_id: str) -> str:
        found = await self._machines.one(context, vm_id, details=False)
        return found.status if found is not None else ""

    async def _in_scope(self, context: Context, instance_id: str) -> str:
        vm_id = ids.checked("instance", instance_id)
        if not await self._machines.is_home(context, vm_id):
            raise not_found("instance", vm_id)
        return vm_id


def _path(vm_id: str, nic_id: str) -> tuple[str, Subject]:
    checked = ids.checked("network_interface", nic_id)
    return f"vms/{vm_id}/nics/{checked}", Subject("network_interface", checked)


def _free_name(taken: set[str]) -> str:
    return next(name for number in range(1, 1000) if (name := f"nic{number}") not in taken)
