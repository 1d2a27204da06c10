"""Reading machines, and deleting them."""

from __future__ import annotations

from collections.abc import Sequence

from deltaic.frontends.cimi.call import Call
from deltaic.frontends.cimi.common import Document
from deltaic.frontends.cimi.machine.render import machine as render_machine
from deltaic.frontends.cimi.pace import paced
from deltaic.frontends.cimi.tree import Owners
from deltaic.services.views import InstanceView


async def machines(call: Call, owners: Owners) -> Sequence[Document]:
    """The machines of the scope."""
    return [_rendered(call, view) async for view in paced(await call.world.machines())]


async def machine(call: Call, owners: Owners, wanted: str) -> Document:
    """One machine."""
    return _rendered(call, await call.world.machine(wanted))


def _rendered(call: Call, view: InstanceView) -> Document:
    return call.rendered("Machine", view.instance.id, render_machine, view)


async def delete(call: Call, owners: Owners, wanted: str) -> None:
    """Remove a machine with its disks, durably; it is no longer shown as soon as this returns."""
    await call.world.machine(wanted)
    await call.services.instances.terminate(call.context, [wanted])
