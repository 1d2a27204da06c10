"""Why a creation failed: the engine removes the machine and leaves an event."""

from __future__ import annotations

from deltaic.drivers.ovirt import wire
from deltaic.drivers.ovirt.client import Client
from deltaic.model.context import Context

#: Event codes: creation failed, adding failed.
CODES = frozenset({60, 57})
NEWEST = "200"


async def creation_failure(client: Client, context: Context, vm_id: str) -> str:
    """The newest of the last error events that tells about this machine's creation; empty when none does.

    The machine is gone, so no search by machine finds it: the events keep its id all the same.
    """
    query = {"search": "severity=error sortby time desc", "max": NEWEST}
    found = await client.read(context, "events", wire.Events, query=query)
    about = [event for event in found.event if event.vm.id == vm_id and event.code in CODES]
    return max(about, key=lambda event: event.index).description if about else ""
