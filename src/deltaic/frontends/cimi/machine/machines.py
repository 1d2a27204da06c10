"""Reading machines, and deleting them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from deltaic.frontends.cimi.call import Call
from deltaic.frontends.cimi.common import Document
from deltaic.frontends.cimi.machine.render import machine as render_machine
from deltaic.frontends.cimi.machine.snapshots import image_id
from deltaic.frontends.cimi.tree import Owners
from deltaic.frontends.http.pace import paced
from deltaic.services.views import InstanceView


async def machines(call: Call, owners: Owners) -> Sequence[Document]:
    """The machines of the scope."""
    views, latest = await call.world.machines(), await _latest(call)
    return [_rendered(call, view, latest) async for view in paced(views)]


async def machine(call: Call, owners: Owners, wanted: str) -> Document:
    """One machine."""
    return _rendered(call, await call.world.machine(wanted), await _latest(call))


async def _latest(call: Call) -> Mapping[str, str]:
    """The snapshot that each machine's state follows, of those that the caller took or went back to."""
    if not call.capability.instance_snapshots_list:
        return {}
    return await call.world.once("latest", lambda: call.services.instance_snapshots.latest(call.context))


def _rendered(call: Call, view: InstanceView, latest: Mapping[str, str]) -> Document:
    instance_id = view.instance.id
    snapshot = image_id(instance_id, latest[instance_id]) if instance_id in latest else ""
    return call.rendered("Machine", instance_id, render_machine, view, snapshot, call.capability)


async def delete(call: Call, owners: Owners, wanted: str) -> None:
    """Remove a machine with its disks, durably; it is no longer shown as soon as this returns."""
    await call.world.machine(wanted)
    await call.services.instances.terminate(call.context, [wanted])
