"""The port of interfaces."""

from __future__ import annotations

from typing import Protocol

from deltaic.model.context import Context
from deltaic.model.nic import Nic, NicChanges, NicSpec


class Interfaces(Protocol):
    """Network interfaces of machines; `Instances.list` reads them."""

    async def create(self, context: Context, instance_id: str, spec: NicSpec) -> Nic:
        """Add an interface, to a running machine too; BUSY in a state that passes, CONFLICT in another."""

    async def update(self, context: Context, instance_id: str, nic_id: str, changes: NicChanges) -> None:
        """Change an interface, of a running machine too; BUSY in a state that passes, CONFLICT in another.

        A new machine is first given the interfaces that its creation still owes it; without changes (and with any id)
        that is all that happens.
        """

    async def delete(self, context: Context, instance_id: str, nic_id: str) -> None:
        """Unplug an interface where needed, and remove it; BUSY in a state that passes, CONFLICT in another."""
