"""The durable bodies: what goes on after a request was answered."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping

from deltaic.driver import Driver
from deltaic.operations.flows.image_capture import image_capture
from deltaic.operations.flows.image_delete import image_delete
from deltaic.operations.flows.instance_restore import instance_restore
from deltaic.operations.flows.instance_snapshot_create import instance_snapshot_create
from deltaic.operations.flows.instance_snapshot_delete import instance_snapshot_delete
from deltaic.operations.flows.launch import launch
from deltaic.operations.flows.networks import interface_delete, interface_update, network_create
from deltaic.operations.flows.snapshot_create import snapshot_create
from deltaic.operations.flows.start import start
from deltaic.operations.flows.stop import stop
from deltaic.operations.flows.system_create import system_create
from deltaic.operations.flows.system_delete import system_delete
from deltaic.operations.flows.system_drive import system_drive
from deltaic.operations.flows.tag import tag
from deltaic.operations.flows.terminate import terminate
from deltaic.operations.flows.tools import Clock, Job, Tools
from deltaic.operations.flows.volume_attach import volume_attach, volume_detach
from deltaic.operations.flows.volume_create import volume_create
from deltaic.operations.flows.volume_delete import volume_delete
from deltaic.operations.pace import Pace
from deltaic.ports.members import Members
from deltaic.ports.operations import Flow, FlowInput, FlowStep
from deltaic.ports.store import Store

_BODIES: Mapping[str, Callable[[Job], Awaitable[bytes]]] = {
    "launch": launch,
    "terminate": terminate,
    "stop": stop,
    "start": start,
    "tag": tag,
    "network-create": network_create,
    "interface-update": interface_update,
    "interface-delete": interface_delete,
    "volume-create": volume_create,
    "volume-delete": volume_delete,
    "volume-attach": volume_attach,
    "volume-detach": volume_detach,
    "snapshot-create": snapshot_create,
    "snapshot-delete": volume_delete,
    "instance-snapshot-create": instance_snapshot_create,
    "instance-snapshot-delete": instance_snapshot_delete,
    "instance-restore": instance_restore,
    "image-capture": image_capture,
    "image-delete": image_delete,
    "system-create": system_create,
    "system-delete": system_delete,
    "system-drive": system_drive,
}


class Flows:
    """The flows over a set of clouds and a store; `table()` is what `Operations.register` takes.

    `shutdown_grace` is how many seconds a guest has to shut down before its power is cut. `members` does
    what the flows of systems ask for; without it they fail.
    """

    def __init__(
        self,
        drivers: Callable[[str], Driver],
        store: Store,
        *,
        pace: Pace | None = None,
        clock: Clock = time.time,
        shutdown_grace: float = 60.0,
        members: Members | None = None,
    ) -> None:
        self._tools = Tools(drivers, store, pace or Pace(), clock, shutdown_grace, members)

    def table(self) -> dict[str, Flow]:
        """The flows by name."""
        return {name: self._flow(body) for name, body in _BODIES.items()}

    def _flow(self, body: Callable[[Job], Awaitable[bytes]]) -> Flow:
        async def flow(step: FlowStep, given: FlowInput) -> bytes:
            return await body(self._tools.job(step, given))

        return flow
