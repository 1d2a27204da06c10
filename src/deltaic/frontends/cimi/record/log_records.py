"""What clients said about event logs: records of the store, for the logs that machines have by themselves as well."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from msgspec.structs import replace

from deltaic.frontends.cimi import contents
from deltaic.frontends.cimi.call import Call
from deltaic.frontends.cimi.common import Document
from deltaic.frontends.cimi.kept import Kept
from deltaic.frontends.cimi.record.event_render import PERSISTENCE
from deltaic.frontends.cimi.record.targets import MACHINE, TARGET
from deltaic.frontends.cimi.resolver import template_of
from deltaic.model.errors import Error, ErrorKind, invalid
from deltaic.ports.store import Record

KIND: Final = "EventLog"
TEMPLATE: Final = "eventLogTemplate"
MACHINES: Final = "machines/"
#: From so many records on those of machines that are gone are dropped before another one is made.
MANY: Final = 100


def check(document: Document) -> Document:
    """A template or log whose persistence is known; INVALID otherwise."""
    persistence = document.get("persistence")
    if persistence is not None and persistence not in PERSISTENCE:
        raise invalid("persistence", f"The persistence must be one of {', '.join(PERSISTENCE)}")
    return document


TEMPLATES: Final = Kept("EventLogTemplate", check=check)


async def planned_log(call: Call, given: Any) -> Document:
    """What an `eventLogTemplate` means; INVALID, MISSING, NOT_FOUND."""
    return check(await template_of(call, given, f"{KIND}Template", TEMPLATE))


async def make_machine_log(call: Call, machine_id: str, planned: Document) -> None:
    """Give the log of a new machine what its template says (`planned_log`); safe to repeat."""
    said = {name: planned[name] for name in ("persistence", "properties") if planned.get(name)}
    if said:
        await keep(call, MACHINE + machine_id, machine_id, said)


async def new_log(call: Call, machine_id: str, said: Document) -> Record:
    """Keep a log of the caller's own. QUOTA."""
    await _make_room(call)
    return await call.services.records.create(call.context, KIND, contents.encoded(KIND, _about(machine_id) | said))


async def keep(call: Call, log_id: str, machine_id: str, changes: Document) -> None:
    """Keep what is said about a log, beside what was said before; None erases."""

    def change(content: bytes) -> bytes:
        merged = contents.decoded(KIND, content) | changes
        return contents.encoded(KIND, {name: value for name, value in merged.items() if value is not None})

    if log_id not in await records(call):
        await _make_room(call)
        try:
            new = change(contents.encoded(KIND, _about(machine_id)))
            await call.services.records.create(call.context, KIND, new, log_id)
            return
        except Error as error:
            if error.kind is not ErrorKind.ALREADY_EXISTS:
                raise
    await call.services.records.edit(call.context, KIND, log_id, change)


async def records(call: Call) -> dict[str, Record]:
    """The caller's records by the id of the log."""

    async def read() -> dict[str, Record]:
        return {one.id: one for one in await call.services.records.list(call.context, KIND)}

    return await call.world.once(("kept", KIND), read)


def said(record: Record | None) -> Document:
    """What a client said about a log."""
    return contents.decoded(KIND, record.content) if record is not None else {}


def machine_of(record: Record) -> str:
    """The machine that a log is about."""
    return str(said(record)[TARGET]["href"]).removeprefix(MACHINES)


def persistence(document: Document) -> timedelta | None:
    """How long a log shows its events."""
    return PERSISTENCE.get(document.get("persistence", ""))


def _about(machine_id: str) -> Document:
    return {TARGET: {"href": MACHINES + machine_id}}


async def _make_room(call: Call) -> None:
    """Drop the records of machines that are in no data center any more, once there are many records."""
    found = await records(call)
    if len(found) < MANY:
        return
    everywhere = replace(call.context, scope=replace(call.context.scope, data_center=""))
    there = {view.instance.id for view in await call.services.instances.list(everywhere)}
    for record in found.values():
        if machine_of(record) not in there:
            await call.services.records.delete(call.context, KIND, record.id)
