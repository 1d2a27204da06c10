"""Changing a server's members. Source page: Compute API, "Update Server", "Resize Server"."""

from __future__ import annotations

from typing import Any, Final

from deltaic.drivers.openstack import metadata
from deltaic.drivers.openstack.annotations import Annotations
from deltaic.drivers.openstack.client import Client, segment
from deltaic.drivers.openstack.convert import PROTECTION
from deltaic.drivers.openstack.errors import Subject
from deltaic.drivers.openstack.lookups import Lookups
from deltaic.drivers.openstack.machines import Machines
from deltaic.drivers.openstack.metadata import Changes
from deltaic.drivers.openstack.power import Power
from deltaic.drivers.openstack.wire_compute import Server, ServerAnswer
from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.instance import InstanceChanges

#: Members that no server can change after it was made.
FIXED: Final = ("memory", "cpus", "user_data")

#: Since when servers have a description.
_DESCRIPTION: Final = "2.19"
#: How long a new size is waited for, seconds. One that takes longer is confirmed by the next start.
RESIZE_SECONDS: Final = 30.0


class Changer:
    """Translates changes into updates and a resize."""

    def __init__(
        self, client: Client, lookups: Lookups, machines: Machines, power: Power, annotations: Annotations
    ) -> None:
        self._client = client
        self._lookups = lookups
        self._machines = machines
        self._power = power
        self._annotations = annotations

    async def change(self, context: Context, server_id: str, changes: InstanceChanges) -> None:
        """Write the changes; CONFLICT for a new size of a server that is not stopped."""
        for name in FIXED:
            if getattr(changes, name) is not None:
                raise _unsupported(name, server_id)
        await self._check_description(context, server_id, changes)
        if changes.instance_type_id is not None:
            await self._resize(context, server_id, changes.instance_type_id)
        body = {name: getattr(changes, name) for name in ("name", "description")}
        body = {name: value for name, value in body.items() if value is not None}
        if body:
            await self._update(context, server_id, body)
        if changes.delete_protected is not None:
            await self._protect(context, server_id, protected=changes.delete_protected)
        wanted = changes.annotation
        if wanted is not None:
            await self._annotations.change(context, server_id, lambda _: wanted)

    async def _check_description(self, context: Context, server_id: str, changes: InstanceChanges) -> None:
        if changes.description is not None and not await self._client.supports(context, "compute", _DESCRIPTION):
            raise _unsupported("description", server_id)

    async def _update(self, context: Context, server_id: str, body: dict[str, Any]) -> None:
        path, subject = f"servers/{segment(server_id)}", Subject("instance", server_id)
        await self._client.update(context, "compute", path, {"server": body}, ServerAnswer, subject=subject)

    async def _protect(self, context: Context, server_id: str, *, protected: bool) -> None:
        items = metadata.put(PROTECTION, "true")
        changes = Changes(changed=items) if protected else Changes(removed=tuple(items))
        await self._annotations.write(context, server_id, changes)

    async def _resize(self, context: Context, server_id: str, flavor_id: str) -> None:
        server = await self._machines.one(context, server_id)
        if await self._has(context, server, flavor_id):
            if server.status == "VERIFY_RESIZE":
                await self._power.confirm_size(context, server_id)
            return
        _require_stopped(server)
        await self._power.act(context, server_id, "resize", {"flavorRef": flavor_id})
        try:
            server = await self._power.settled(context, server_id, "VERIFY_RESIZE", "SHUTOFF", seconds=RESIZE_SECONDS)
        except Error as error:
            if error.kind is ErrorKind.BUSY:
                return
            raise
        if server.status == "VERIFY_RESIZE":
            await self._power.confirm_size(context, server_id)
        elif not await self._has(context, server, flavor_id):
            message = "No host has room for the machine in its new size"
            raise Error(ErrorKind.CAPACITY, message, resource="instance", resource_id=server_id)

    async def _has(self, context: Context, server: Server, flavor_id: str) -> bool:
        flavor = (await self._lookups.sizes(context, [server])).get(server.id)
        return flavor is not None and flavor.id == flavor_id


def _require_stopped(server: Server) -> None:
    if server.task_state:
        raise Error(ErrorKind.BUSY, "The instance is busy", resource="instance", resource_id=server.id)
    if server.status != "SHUTOFF":
        message = "The instance must be stopped for this change"
        raise Error(ErrorKind.CONFLICT, message, resource="instance", resource_id=server.id)


def _unsupported(field: str, server_id: str) -> Error:
    message = f"This cloud can't change {field.replace('_', ' ')} of a machine that is made"
    return Error(ErrorKind.UNSUPPORTED, message, resource="instance", resource_id=server_id, field=field)
