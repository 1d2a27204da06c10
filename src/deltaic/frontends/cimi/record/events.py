"""Reading the events of machines: exactly for one, with few calls for many."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from deltaic.frontends.cimi.call import Call
from deltaic.frontends.cimi.record.targets import spend
from deltaic.model.event import Event
from deltaic.services.events import Events


async def of_machine(call: Call, machine_id: str, kept: timedelta | None) -> Sequence[Event]:
    """The events of one machine, newest first, none older than `kept`. Counts as a read of its own."""

    async def read() -> Sequence[Event]:
        await spend(call)
        return (await call.services.events.of_instance(call.context, machine_id)).events

    whole = await _of_scope(call) if call.world.has_read("machines") else None
    if whole is not None and whole.complete:
        return young((await _by_machine(call)).get(machine_id, ()), kept)
    return young(await call.world.once(("events", machine_id), read), kept)


async def counted(call: Call, machine_id: str, kept: timedelta | None) -> Sequence[Event] | None:
    """The same for a summary; None where many machines are read at once and have more events than are read."""
    if not call.world.has_read("machines"):
        return await of_machine(call, machine_id, kept)
    whole = await _of_scope(call)
    found = (await _by_machine(call)).get(machine_id, ())
    if whole.complete or (kept is not None and whole.events and whole.events[-1].time < datetime.now(UTC) - kept):
        return young(found, kept)
    return None


def young(found: Sequence[Event], kept: timedelta | None) -> Sequence[Event]:
    """Those that are not older than `kept`."""
    if kept is None:
        return found
    limit = datetime.now(UTC) - kept
    return [one for one in found if one.time >= limit]


async def _of_scope(call: Call) -> Events:
    return await call.world.once("events", lambda: call.services.events.of_scope(call.context))


async def _by_machine(call: Call) -> dict[str, list[Event]]:
    async def sort() -> dict[str, list[Event]]:
        found = defaultdict(list)
        for one in (await _of_scope(call)).events:
            found[one.instance_id].append(one)
        return dict(found)

    return await call.world.once("events by machine", sort)
