"""The audit log. Source page: services/events.

The engine lists its events newest first and keeps them 30 days. References of events stay when what they lead to
is gone, so that they are searched by the reference's own field: a search by machine finds no removed machine.
"""

from __future__ import annotations

import asyncio
import builtins
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Final

from deltaic.drivers.ovirt import ids as native
from deltaic.drivers.ovirt import search
from deltaic.drivers.ovirt.client import Client
from deltaic.drivers.ovirt.convert import time_of
from deltaic.drivers.ovirt.event_codes import meaning
from deltaic.drivers.ovirt.lookups import Lookups, Place
from deltaic.drivers.ovirt.wire_watch import AuditEvent, AuditEvents
from deltaic.model.context import Context
from deltaic.model.errors import invalid
from deltaic.model.event import Event, Severity

#: Events per call.
PAGE: Final = 1000
#: Machines per search: their terms fit an 8 KiB request line.
MACHINES_PER_SEARCH: Final = 100

_SEVERITIES: Final = {one.value: one for one in Severity}
_LONG_AGO: Final = datetime.fromtimestamp(0, UTC)


class OvirtEvents:
    """The engine's events as far as they belong to a machine or a data center."""

    def __init__(self, client: Client, lookups: Lookups) -> None:
        self._client = client
        self._lookups = lookups

    async def list(
        self,
        context: Context,
        *,
        instance_ids: Sequence[str] = (),
        since: datetime | None = None,
        limit: int = PAGE,
        after: str = "",
    ) -> list[Event]:
        """List the newest events, newest first; a call per `PAGE` of them and per `MACHINES_PER_SEARCH` machines."""
        if after and not after.isdecimal():
            raise invalid("after", "An event's id is a number")
        place = await self._lookups.place(context)
        wanted = native.known(instance_ids)
        if (instance_ids and not wanted) or limit < 1:
            return []
        texts = list(_by_machines(wanted)) if wanted else [_in_data_center(place)]
        parts = await asyncio.gather(*(self._newest(context, text, since, limit, after) for text in texts))
        found = {event.id: event for part in parts for event in part if _is_home(event, place)}
        events = sorted((_event(one) for one in found.values()), key=_newness, reverse=True)
        return [one for one in events if since is None or one.time >= since][:limit]

    async def _newest(
        self, context: Context, text: str, since: datetime | None, limit: int, after: str
    ) -> builtins.list[AuditEvent]:
        """Pages until there are enough, or one ends before `since`."""
        size = min(limit, PAGE)
        found: dict[str, AuditEvent] = {}
        # New events move the pages: one more than needed makes up for those that come twice.
        for page in range(1, -(-limit // size) + 2):
            query = {"search": f"{text} page {page}".strip(), "max": str(size), "from": after}
            rows = (await self._client.read(context, "events", AuditEvents, query=query)).event
            found.update((one.id, one) for one in rows)
            ended = since is not None and rows and (time_of(rows[-1].time) or _LONG_AGO) < since
            if len(rows) < size or ended or len(found) >= limit:
                break
        return list(found.values())


def _by_machines(wanted: Iterable[str]) -> Iterator[str]:
    rest = iter(wanted)
    while batch := list(islice(rest, MACHINES_PER_SEARCH)):
        yield " or ".join(f"_event_vm_id={one}" for one in batch)


def _in_data_center(place: Place) -> str:
    return f"event_datacenter={search.quoted(place.name, 'data_center')}" if place.name else ""


def _is_home(event: AuditEvent, place: Place) -> bool:
    """Whether an event happened in the scope; those of no data center only where no other could be meant."""
    return not place.id or event.data_center.id in (place.id, "")


def _newness(event: Event) -> tuple[int, datetime]:
    return (int(event.id) if event.id.isdigit() else 0, event.time)


def _event(found: AuditEvent) -> Event:
    severity = _SEVERITIES.get(found.severity, Severity.NORMAL)
    told = meaning(found.code, severity)
    return Event(
        id=found.id,
        time=time_of(found.time) or _LONG_AGO,
        severity=severity,
        code=str(found.code),
        text=found.description,
        kind=told.kind,
        outcome=told.outcome,
        state=told.state,
        change=told.change,
        operation=told.operation,
        instance_id=found.vm.id,
        instance_name=found.vm.name,
        image_id=found.template.id,
        data_center_id=found.data_center.id,
        user=found.user.name,
        correlation_id=found.correlation_id,
    )
