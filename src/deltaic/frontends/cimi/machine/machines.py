"""Reading machines, and deleting them."""

from __future__ import annotations

from collections.abc import Sequence

from deltaic.frontends.cimi.call import Call
from deltaic.frontends.cimi.common import Document
from deltaic.frontends.cimi.machine.render import machine as render_machine
from deltaic.frontends.cimi.tree import Owners


async def machines(call: Call, owners: Owners) -> Sequence[Document]:
    """The machines of the scope."""
    return [render_machine(call.links, view) for view in await call.world.machines()]


async def machine(call: Call, owners: Owners, wanted: str) -> Document:
    """One machine."""
    return render_machine(call.links, await call.world.machine(wanted))


async def delete(call: Call, owners: Owners, wanted: str) -> None:
    """Remove a machine with its disks, durably; it is no longer shown as soon as this returns."""
    await call.world.machine(wanted)
    await call.services.instances.terminate(call.context, [wanted])
