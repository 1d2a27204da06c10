"""Starting, stopping and all between: which of compute's actions does it, by the state that a server is in.

Source page: Compute API, "Servers - run an action"; which states allow which action: nova.compute.api.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any, Final

from deltaic.drivers.openstack import states
from deltaic.drivers.openstack.client import Client, segment
from deltaic.drivers.openstack.errors import Subject
from deltaic.drivers.openstack.machines import Machines
from deltaic.drivers.openstack.wire_compute import Server
from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind

#: Status -> the action that brings a server up from it; from any other compute refuses in its own words.
STARTS: Final[dict[str, str]] = {
    "PAUSED": "unpause",
    "RESCUE": "unrescue",
    "SHELVED": "unshelve",
    "SHELVED_OFFLOADED": "unshelve",
    "SUSPENDED": "resume",
}

#: Statuses that hold no power.
OFF: Final = frozenset({"SHUTOFF", "SHELVED", "SHELVED_OFFLOADED"})

#: Tasks that end without power.
GOING_OFF: Final = frozenset({"powering-off", "shelving", "shelving_image_pending_upload", "shelving_image_uploading"})

#: Statuses from which compute stops no server before something else was done.
BEFORE_STOP: Final[dict[str, str]] = {"PAUSED": "unpause", "RESCUE": "unrescue"}

#: Statuses in which a server can only be reset.
RESETTABLE: Final = frozenset({"PAUSED", "ERROR"})

#: How long a step in between is waited for, seconds; it takes about one.
STEP_SECONDS: Final = 20.0
_PAUSES: Final = (0.2, 0.3, 0.5, 1.0)


class Power:
    """The verbs on servers that change how they run."""

    def __init__(self, client: Client, machines: Machines) -> None:
        self._client = client
        self._machines = machines

    async def start(self, context: Context, server_id: str) -> None:
        """Bring a server up from whatever it rests in. A new size that was not confirmed yet is, first."""
        server = await self._machines.one(context, server_id)
        if server.status == "VERIFY_RESIZE" and not states.runs(server):
            await self.confirm_size(context, server_id)
        await self.act(context, server_id, STARTS.get(server.status, "os-start"))

    async def stop(self, context: Context, server_id: str) -> None:
        """Shut down; compute cuts the power of a guest that does not obey in time (a minute, by default)."""
        server = await self._machines.one(context, server_id)
        if _is_off(server):
            return
        step = BEFORE_STOP.get(server.status)
        if step and not server.task_state:
            await self.act(context, server_id, step)
        if (step and not server.task_state) or _restarts(server):
            await self.settled(context, server_id, "ACTIVE")
        await self.act(context, server_id, "os-stop")

    async def suspend(self, context: Context, server_id: str) -> None:
        """Save memory to disk and stop."""
        await self.act(context, server_id, "suspend")

    async def reboot(self, context: Context, server_id: str) -> None:
        """Restart the guest; compute itself resets one that does not obey. What can't be asked is reset at once."""
        server = await self._machines.one(context, server_id)
        kind = "HARD" if server.status in RESETTABLE and server.launched_at else "SOFT"
        await self.act(context, server_id, "reboot", {"type": kind})

    async def confirm_size(self, context: Context, server_id: str) -> None:
        """Keep a new size, and wait for the server to rest with it."""
        await self.act(context, server_id, "confirmResize")
        await self.settled(context, server_id, "SHUTOFF")

    async def act(self, context: Context, server_id: str, action: str, value: Any = None) -> None:
        """Ask for an action."""
        path, subject = f"servers/{segment(server_id)}/action", Subject("instance", server_id)
        await self._client.act(context, "compute", path, {action: value}, subject=subject)

    async def settled(self, context: Context, server_id: str, *statuses: str, seconds: float = STEP_SECONDS) -> Server:
        """Wait until a server is in one of `statuses` and busy with nothing; BUSY when that takes too long."""
        until = min(context.deadline, time.monotonic() + seconds)
        for number in range(1000):
            server = await self._machines.one(context, server_id)
            if server.status in statuses and not server.task_state:
                return server
            if server.status == "ERROR":
                raise Error(ErrorKind.CONFLICT, states.reason_of(server) or "The machine is broken",
                            resource="instance", resource_id=server_id)  # fmt: skip
            pause = _PAUSES[min(number, len(_PAUSES) - 1)]
            if time.monotonic() + pause >= until:
                break
            await asyncio.sleep(pause)
        message = "The machine is still busy with what has to be done before"
        raise Error(ErrorKind.BUSY, message, resource="instance", resource_id=server_id)


def _restarts(server: Server) -> bool:
    """Whether a server is being restarted; compute stops none meanwhile, and it takes a moment."""
    return (server.task_state or "").startswith("reboot")


def _is_off(server: Server) -> bool:
    """Whether nothing is left to stop: a server that was never made holds no power either."""
    if server.status == "ERROR":
        return server.launched_at is None
    return server.task_state in GOING_OFF or (server.status in OFF and not server.task_state)
