"""Virtual machines: reads and verbs. Source page: services/vms, services/vm."""

from __future__ import annotations

import builtins
from collections.abc import Sequence

from deltaic.driver import Edit
from deltaic.drivers.ovirt import console, ids, search, user_data, wire
from deltaic.drivers.ovirt.annotations import Annotations
from deltaic.drivers.ovirt.attachments import Attacher
from deltaic.drivers.ovirt.changes import Changer
from deltaic.drivers.ovirt.client import Client
from deltaic.drivers.ovirt.conversion import Conversion
from deltaic.drivers.ovirt.details import Details
from deltaic.drivers.ovirt.disk_mark import is_helper
from deltaic.drivers.ovirt.errors import Subject
from deltaic.drivers.ovirt.failures import creation_failure
from deltaic.drivers.ovirt.interface_plan import InterfacePlan
from deltaic.drivers.ovirt.launching import Launcher
from deltaic.drivers.ovirt.lookups import Lookups
from deltaic.drivers.ovirt.machines import Machines
from deltaic.model.annotation import Annotation
from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind, not_found
from deltaic.model.instance import Instance, InstanceChanges, InstanceSpec

#: What `reboot` refuses and `reset` may still do: a guest without agent or ACPI, a machine that hangs.
RESETTABLE = frozenset({ErrorKind.CONFLICT, ErrorKind.INVALID})

#: Statuses in which a machine can't be stopped, and which pass.
PASSING = frozenset({"image_locked", "saving_state", "restoring_state"})


class OvirtInstances:
    """The engine's machines as instances."""

    def __init__(
        self, client: Client, lookups: Lookups, machines: Machines, details: Details, attacher: Attacher
    ) -> None:
        self._client = client
        self._lookups = lookups
        self._machines = machines
        self._details = details
        self._attacher = attacher
        self._conversion = Conversion()
        self._annotations = Annotations(client, "instance", "vms", wire.Vm)
        self.plan = InterfacePlan(client, lookups, self._annotations)
        self._launcher = Launcher(client, lookups, self.plan)
        self._changer = Changer(client, self._annotations)

    # -- reads -------------------------------------------------------------------------------------------------------

    async def list(self, context: Context, *, ids: Sequence[str] = (), details: bool = True) -> builtins.list[Instance]:
        """List machines of the scope by name, or those of `ids`."""
        place = await self._lookups.place(context)
        found: Sequence[wire.Vm]
        if ids:
            found = await self._machines.of_ids(context, _known(ids), details=details)
        elif details:
            found = await self._details.everything(context, place)
        else:
            found = await self._machines.everything(context, place, details=False)
        return sorted(await self._convert(context, found, details), key=lambda one: one.name)

    async def get(self, context: Context, instance_id: str, *, details: bool = True) -> Instance:
        """Read one machine of the scope."""
        instance_id = ids.checked("instance", instance_id)
        found = await self._machines.one(context, instance_id, details=details)
        instances = await self._convert(context, [found] if found else [], details)
        if not instances:
            raise not_found("instance", instance_id)
        return instances[0]

    async def find_launch(self, context: Context, launch: str) -> Sequence[Instance]:
        """Find the machines that this launch marker made; no marker, no machine."""
        if not launch:
            return []
        found = await self._machines.searched(context, search.with_comment(launch), details=False)
        instances = await self._convert(context, found, False)
        return [one for one in instances if one.annotation.launch == launch]

    async def user_data(self, context: Context, instance_id: str) -> bytes:
        """The user data that the machine was given."""
        instance_id = await self._in_scope(context, instance_id)
        subject = Subject("instance", instance_id)
        vm = await self._client.read(context, f"vms/{instance_id}", wire.Vm, subject=subject, all_content=True)
        return user_data.decode(vm)

    async def creation_failure(self, context: Context, instance_id: str) -> str:
        """The engine's words about a creation that failed."""
        return await creation_failure(self._client, context, ids.checked("instance", instance_id))

    async def screenshot(self, context: Context, instance_id: str) -> bytes:
        """A picture of the console."""
        return await console.screenshot(self._client, context, await self._in_scope(context, instance_id))

    async def console_file(self, context: Context, instance_id: str) -> bytes:
        """What opens the console in virt-viewer."""
        return await console.viewer_file(self._client, context, await self._in_scope(context, instance_id))

    # -- verbs -------------------------------------------------------------------------------------------------------

    async def create(self, context: Context, spec: InstanceSpec) -> Instance:
        """Create a machine from a template; it is locked until its disks are made."""
        vm = await self._launcher.create(context, spec)
        instances = await self._convert(context, [vm], False)
        if not instances:
            raise Error(ErrorKind.INVALID, "The zone is not in the request's data center", field="zone_id")
        return instances[0]

    async def start(self, context: Context, instance_id: str, *, paused: bool = False) -> None:
        """Start, paused or not, or resume, after giving the machine the interfaces it is still owed."""
        instance_id = await self._in_scope(context, instance_id)
        if await self.plan.settle(context, instance_id):
            self._details.forget(instance_id)
        await self._act(context, instance_id, "start", {"pause": True} if paused else None)

    async def stop(self, context: Context, instance_id: str, *, force: bool = False) -> None:
        """Shut down, or cut the power. The engine answers success on a machine that is down already."""
        instance_id = await self._in_scope(context, instance_id)
        try:
            await self._act(context, instance_id, "stop" if force else "shutdown")
        except Error as error:
            if error.kind is ErrorKind.CONFLICT and await self._is_passing(context, instance_id):
                raise Error(ErrorKind.BUSY, error.message, resource="instance", resource_id=instance_id) from None
            raise

    async def suspend(self, context: Context, instance_id: str) -> None:
        """Save memory to disk and stop."""
        await self._act(context, await self._in_scope(context, instance_id), "suspend")

    async def reboot(self, context: Context, instance_id: str) -> None:
        """Restart the guest; reset the machine where the engine refuses that."""
        instance_id = await self._in_scope(context, instance_id)
        try:
            await self._act(context, instance_id, "reboot")
        except Error as error:
            if error.kind not in RESETTABLE:
                raise
            await self._act(context, instance_id, "reset")

    async def delete(self, context: Context, instance_id: str) -> None:
        """Remove a stopped machine with its disks; what stands for itself is detached first."""
        instance_id = await self._in_scope(context, instance_id)
        await self._attacher.release(context, instance_id)
        await self._client.remove(context, f"vms/{instance_id}", subject=Subject("instance", instance_id))

    async def update(self, context: Context, instance_id: str, changes: InstanceChanges) -> None:
        """Change members."""
        instance_id = await self._in_scope(context, instance_id)
        await self._changer.change(context, instance_id, changes)
        self._details.forget(instance_id)

    async def annotate(self, context: Context, instance_id: str, edit: Edit) -> Annotation:
        """Change the machine's annotation."""
        return await self._annotations.change(context, await self._in_scope(context, instance_id), edit)

    # -- inner -------------------------------------------------------------------------------------------------------

    async def _act(self, context: Context, instance_id: str, action: str, body: object = None) -> None:
        await self._client.act(context, f"vms/{instance_id}/{action}", body, subject=Subject("instance", instance_id))

    async def _is_passing(self, context: Context, instance_id: str) -> bool:
        """Whether the machine is in a state that ends by itself: the engine's words do not tell."""
        found = await self._machines.one(context, instance_id, details=False)
        return found is not None and found.status in PASSING

    async def _in_scope(self, context: Context, instance_id: str) -> str:
        """The id as the engine writes it; NOT_FOUND when the machine is in another data center."""
        instance_id = ids.checked("instance", instance_id)
        if context.scope.data_center and not await self._machines.is_home(context, instance_id):
            raise not_found("instance", instance_id)
        return instance_id

    async def _convert(self, context: Context, found: Sequence[wire.Vm], details: bool) -> builtins.list[Instance]:
        """The machines of the scope, as instances; the helpers of copies are none."""
        found = [vm for vm in found if not is_helper(vm.name)]
        place = await self._lookups.place(context)
        homes = await self._lookups.homes(context, (vm.cluster.id for vm in found))
        networks = await self._networks(context, found) if details else {}
        if place.id:
            found = [vm for vm in found if homes.get(vm.cluster.id) == place.id]
        return self._conversion.instances(found, homes, networks, details=details)

    async def _networks(self, context: Context, found: Sequence[wire.Vm]) -> dict[str, str]:
        """vNIC profile id -> network id; looked up anew at most once when a machine has a newer profile."""
        networks = await self._lookups.networks_by_profile(context)
        used = {nic.vnic_profile.id for vm in found for nic in vm.nics.nic}
        if not used - {""} <= networks.keys():
            networks = await self._lookups.networks_by_profile(context, anew=True)
        return networks


def _known(wanted: Sequence[str]) -> builtins.list[str]:
    return ids.known(wanted)
