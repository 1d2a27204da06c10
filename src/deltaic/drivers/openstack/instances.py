"""Servers: reads and verbs. Source page: Compute API, "Servers"."""

from __future__ import annotations

import builtins
from collections.abc import Sequence

from deltaic.driver import Edit
from deltaic.drivers.openstack import convert, states, user_data
from deltaic.drivers.openstack.annotations import Annotations
from deltaic.drivers.openstack.changes import Changer
from deltaic.drivers.openstack.client import Client, segment
from deltaic.drivers.openstack.errors import Subject
from deltaic.drivers.openstack.interfaces import remove_made_ports
from deltaic.drivers.openstack.launching import TAGS_AT_CREATION, Launcher, launch_tag
from deltaic.drivers.openstack.lookups import Lookups
from deltaic.drivers.openstack.machines import Machines
from deltaic.drivers.openstack.power import Power
from deltaic.model.annotation import Annotation
from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind, unsupported
from deltaic.model.instance import Instance, InstanceChanges, InstanceSpec


class OpenstackInstances:
    """The project's servers as instances."""

    def __init__(self, client: Client, lookups: Lookups, machines: Machines) -> None:
        self._client = client
        self._machines = machines
        self._power = Power(client, machines)
        self._annotations = Annotations(client)
        self._launcher = Launcher(client, lookups)
        self._changer = Changer(client, lookups, machines, self._power, self._annotations)

    # -- reads -------------------------------------------------------------------------------------------------------

    async def list(self, context: Context, *, ids: Sequence[str] = (), details: bool = True) -> builtins.list[Instance]:
        """List the project's machines by name, or those of `ids`."""
        found = await (self._machines.of_ids(context, ids) if ids else self._machines.everything(context))
        instances = await self._machines.instances(context, found, details=details, chosen=bool(ids))
        return sorted(instances, key=lambda one: one.name)

    async def get(self, context: Context, instance_id: str, *, details: bool = True) -> Instance:
        """Read one machine of the project."""
        found = await self._machines.one(context, instance_id)
        return (await self._machines.instances(context, [found], details=details, chosen=True))[0]

    async def find_launch(self, context: Context, launch: str) -> Sequence[Instance]:
        """Find the machines that this launch marker made; no marker, no machine.

        Compute has no filter for metadata: the tag that a machine is made with finds it, where there are such.
        """
        if not launch:
            return []
        tagged = await self._client.supports(context, "compute", TAGS_AT_CREATION)
        found = await self._machines.everything(context, {"tags": launch_tag(launch)} if tagged else {})
        mine = [server for server in found if convert.annotation(server).launch == launch]
        return await self._machines.instances(context, mine, details=False)

    async def user_data(self, context: Context, instance_id: str) -> bytes:
        """The user data that the machine was given."""
        return user_data.decode(await self._machines.one(context, instance_id))

    async def creation_failure(self, context: Context, instance_id: str) -> str:
        """Compute's words about a creation that failed."""
        return states.reason_of(await self._machines.one(context, instance_id))

    async def screenshot(self, context: Context, instance_id: str) -> bytes:
        """Compute makes no pictures of consoles."""
        raise unsupported("instances.screenshot")

    async def console_file(self, context: Context, instance_id: str) -> bytes:
        """Compute has web pages for consoles, no files."""
        raise unsupported("instances.console_file")

    # -- verbs -------------------------------------------------------------------------------------------------------

    async def create(self, context: Context, spec: InstanceSpec) -> Instance:
        """Create a machine from an image or a volume; it starts by itself."""
        return await self.get(context, await self._launcher.create(context, spec), details=False)

    async def start(self, context: Context, instance_id: str, *, paused: bool = False) -> None:
        """Start, resume, unpause, unshelve, or end a rescue."""
        await self._power.start(context, instance_id)

    async def stop(self, context: Context, instance_id: str, *, force: bool = False) -> None:
        """Shut down. There is no other way for `force`: compute itself cuts the power when the guest takes too long."""
        await self._power.stop(context, instance_id)

    async def suspend(self, context: Context, instance_id: str) -> None:
        """Save memory to disk and stop."""
        await self._power.suspend(context, instance_id)

    async def reboot(self, context: Context, instance_id: str) -> None:
        """Restart the guest, or reset a machine that can't be asked."""
        await self._power.reboot(context, instance_id)

    async def delete(self, context: Context, instance_id: str) -> None:
        """Remove a machine, running or not, with the volumes that compute was told to remove with it."""
        server = await self._machines.one(context, instance_id)
        if convert.is_protected(server.metadata):
            message = f"The instance '{instance_id}' is protected against deletion"
            raise Error(ErrorKind.PROTECTED, message, resource="instance", resource_id=instance_id)
        subject = Subject("instance", instance_id)
        await self._client.remove(context, "compute", f"servers/{segment(instance_id)}", subject=subject)
        await remove_made_ports(self._client, context, instance_id)

    async def update(self, context: Context, instance_id: str, changes: InstanceChanges) -> None:
        """Change members."""
        await self._changer.change(context, instance_id, changes)

    async def annotate(self, context: Context, instance_id: str, edit: Edit) -> Annotation:
        """Change the machine's annotation."""
        return await self._annotations.change(context, instance_id, edit)
