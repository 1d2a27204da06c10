"""The durable bodies: what goes on after a request was answered."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping

from deltaic.driver import Driver
from deltaic.operations.flows.launch import launch
from deltaic.operations.flows.start import start
from deltaic.operations.flows.stop import stop
from deltaic.operations.flows.system_create import system_create
from deltaic.operations.flows.system_delete import system_delete
from deltaic.operations.flows.system_drive import system_drive
from deltaic.operations.flows.tag import tag
from deltaic.operations.flows.terminate import terminate
from deltaic.operations.flows.tools import Clock, Job, Tools
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
