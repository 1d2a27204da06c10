"""The console of a server. Source page: Compute API, "Server consoles", "Show Console Output"."""

from __future__ import annotations

from typing import Any, Final

from deltaic.drivers.openstack import states
from deltaic.drivers.openstack.client import Client, segment
from deltaic.drivers.openstack.decoding import decoded
from deltaic.drivers.openstack.errors import Subject
from deltaic.drivers.openstack.wire_compute import ConsoleOutput, RemoteConsole, ServerAnswer
from deltaic.model.context import Context
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.instance import InstanceState

#: Since when there is one call for all kinds of consoles; before, each has an action.
_REMOTE_CONSOLES: Final = "2.6"

#: Protocol, type, and the older action, the most common kind first.
KINDS: Final = (("vnc", "novnc", "os-getVNCConsole"), ("spice", "spice-html5", "os-getSPICEConsole"))

#: What a cloud says that has not this kind of console.
_ABSENT: Final = frozenset({ErrorKind.INVALID, ErrorKind.UNSUPPORTED})

_AT_REST: Final = frozenset({InstanceState.STOPPED, InstanceState.SUSPENDED})


class OpenstackConsoles:
    """What compute keeps of a console, and the web page that shows it."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def output(self, context: Context, instance_id: str, *, lines: int = 0) -> bytes:
        """The newest lines of the serial console."""
        value = {"length": lines} if lines else {}
        answer = await self._act(context, instance_id, {"os-getConsoleOutput": value})
        return (decoded(ConsoleOutput, answer).output or "").encode("utf-8", "surrogatepass")

    async def url(self, context: Context, instance_id: str) -> str:
        """The web page with the console. Some hypervisors give one for a server that is off, where nothing answers."""
        await self._check_runs(context, instance_id)
        newer = await self._client.supports(context, "compute", _REMOTE_CONSOLES)
        for protocol, kind, action in KINDS:
            try:
                if newer:
                    found = await self._remote(context, instance_id, protocol, kind)
                else:
                    found = decoded(RemoteConsole, await self._act(context, instance_id, {action: {"type": kind}}))
            except Error as error:
                if error.kind not in _ABSENT:
                    raise
                continue
            return found.remote_console.url or found.console.url
        message = "The machine has no graphical console"
        raise Error(ErrorKind.UNSUPPORTED, message, resource="instance", resource_id=instance_id)

    async def _check_runs(self, context: Context, instance_id: str) -> None:
        path, subject = f"servers/{segment(instance_id)}", Subject("instance", instance_id)
        server = (await self._client.read(context, "compute", path, ServerAnswer, subject=subject)).server
        state = states.state_of(server)
        if state in _AT_REST:
            message = f"The machine is {state}"
            raise Error(ErrorKind.CONFLICT, message, resource="instance", resource_id=instance_id)

    async def _remote(self, context: Context, instance_id: str, protocol: str, kind: str) -> RemoteConsole:
        path, subject = f"servers/{segment(instance_id)}/remote-consoles", Subject("instance", instance_id)
        body = {"remote_console": {"protocol": protocol, "type": kind}}
        return await self._client.create(context, "compute", path, body, RemoteConsole, subject=subject)

    async def _act(self, context: Context, instance_id: str, body: dict[str, Any]) -> bytes:
        path, subject = f"servers/{segment(instance_id)}/action", Subject("instance", instance_id)
        return (await self._client.act(context, "compute", path, body, subject=subject)).body
