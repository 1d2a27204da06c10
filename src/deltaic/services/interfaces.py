"""Network interfaces of instances: adding, changing, removing."""

from __future__ import annotations

import re

from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind, invalid
from deltaic.model.nic import Nic, NicChanges, NicSpec
from deltaic.services.flows import FlowStarter
from deltaic.services.identity import Clouds

_MAC = re.compile(r"[0-9a-f][02468ace](:[0-9a-f]{2}){5}")
#: The longest name that an engine takes.
_LONGEST = 50


class InterfaceService:
    """The verbs on interfaces; `InstanceService.list` reads them."""

    def __init__(self, clouds: Clouds, flows: FlowStarter) -> None:
        self._clouds = clouds
        self._flows = flows

    async def add(self, context: Context, instance_id: str, spec: NicSpec) -> Nic:
        """Add an interface; BUSY while the machine changes its state. INVALID and NOT_FOUND name the field."""
        _check_name(spec.name)
        if spec.mac and not _MAC.fullmatch(spec.mac.lower()):
            raise invalid("mac", "A MAC address is six pairs of hex digits with colons, of one device", resource="nic")
        return await self._clouds.of(context).interfaces.create(context, instance_id, spec)

    async def change(self, context: Context, instance_id: str, nic_id: str, changes: NicChanges) -> bool:
        """Change an interface; False when a flow will, as soon as the machine's state allows it."""
        _check_name(changes.name or "")
        try:
            await self._clouds.of(context).interfaces.update(context, instance_id, nic_id, changes)
        except Error as error:
            if error.kind is not ErrorKind.BUSY:
                raise
            arguments = {"id": instance_id, "nic": nic_id, "changes": changes}
            await self._later(context, "interface-update", nic_id, arguments)
            return False
        return True

    async def remove(self, context: Context, instance_id: str, nic_id: str) -> bool:
        """Remove an interface; False when a flow will, as soon as the machine's state allows it."""
        try:
            await self._clouds.of(context).interfaces.delete(context, instance_id, nic_id)
        except Error as error:
            if error.kind is not ErrorKind.BUSY:
                raise
            await self._later(context, "interface-delete", nic_id, {"id": instance_id, "nic": nic_id})
            return False
        return True

    async def _later(self, context: Context, flow: str, nic_id: str, arguments: object) -> None:
        await self._flows.start(context, flow, f"{flow}:{nic_id}:{context.request_id}", arguments)


def _check_name(name: str) -> None:
    if len(name) > _LONGEST:
        raise invalid("name", f"The name of an interface has at most {_LONGEST} characters", resource="nic")
