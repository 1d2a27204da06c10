"""Event logs: every machine has one, and clients make more, with another persistence.

What a client says about a log (a name, a persistence) is kept with the store's records, for the log that a machine has
by itself as well. The events are the cloud's.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from deltaic.frontends.cimi import contents
from deltaic.frontends.cimi.call import Call
from deltaic.frontends.cimi.common import Document
from deltaic.frontends.cimi.kept import Kept
from deltaic.frontends.cimi.machine.render import NAME_TAG
from deltaic.frontends.cimi.pace import paced
from deltaic.frontends.cimi.record import event_render as render
from deltaic.frontends.cimi.record.events import counted, of_machine
from deltaic.frontends.cimi.record.targets import MACHINE, TARGET, target_of
from deltaic.frontends.cimi.resolver import template_of
from deltaic.frontends.cimi.tree import Owners
from deltaic.model.errors import Error, ErrorKind, invalid, not_found
from deltaic.ports.store import Record
from deltaic.protocols.cimi.bodies import read_body

KIND: Final = "EventLog"
_TEMPLATE: Final = "eventLogTemplate"
_MACHINES: Final = "machines/"


def check(document: Document) -> Document:
    """A template or log whose persistence is known; INVALID otherwise."""
    persistence = document.get("persistence")
    if persistence is not None and persistence not in render.PERSISTENCE:
        raise invalid("persistence", f"The persistence must be one of {', '.join(render.PERSISTENCE)}")
    return document


TEMPLATES: Final = Kept("EventLogTemplate", check=check)


async def list_logs(call: Call, owners: Owners) -> Sequence[Document]:
    """The logs of all machines, then those that the caller made."""
    views = await call.world.machines()
    known = {view.instance.id for view in views}
    kept = await _kept(call)
    own = [record for record in kept.values() if not record.id.startswith(MACHINE)]
    logs = [
        await _machines_log(call, view.instance.id, kept.get(MACHINE + view.instance.id)) async for view in paced(views)
    ]
    return [*logs, *[await _own_log(call, record) for record in own if _target(record) in known]]


async def get_log(call: Call, owners: Owners, wanted: str) -> Document:
    """One log, or NOT_FOUND."""
    record = await _record(call, wanted)
    machine_id = await _machine_of(call, wanted, record)
    if wanted.startswith(MACHINE):
        return await _machines_log(call, machine_id, record)
    assert record is not None
    return await _own_log(call, record)


async def list_events(call: Call, owners: Owners) -> Sequence[Document]:
    """The newest events of a log, newest first."""
    record = await _record(call, owners[0])
    machine_id = await _machine_of(call, owners[0], record)
    instance = (await call.world.machine(machine_id)).instance
    found = await of_machine(call, machine_id, _persistence(_document(record)))
    return render.events(call.links, owners[0], instance.annotation.tags.get(NAME_TAG) or instance.name, found)


async def create(call: Call, owners: Owners) -> Document:
    """Make a log from a template: one by reference, one by value, or the former with changes."""
    body = read_body(call.body, call.content_type, f"{KIND}Create")
    template = check(await template_of(call, body.get(_TEMPLATE), f"{KIND}Template", _TEMPLATE))
    path = await target_of(call, template, TARGET)
    if not path.startswith(_MACHINES):
        raise invalid(TARGET, "The cloud has events of machines alone")
    given = {name: body[name] for name in ("name", "description", "properties") if body.get(name)}
    document = _content(path, given, template)
    record = await call.services.records.create(call.context, KIND, contents.encoded(KIND, document))
    return await _own_log(call, record)


async def edit(call: Call, owners: Owners, wanted: str, changes: Document) -> None:
    """Give a log another name, description, properties or persistence; None erases."""
    machine_id = await _machine_of(call, wanted, await _record(call, wanted))
    check(changes)
    await _keep(call, wanted, {TARGET: {"href": _MACHINES + machine_id}}, changes)


async def delete(call: Call, owners: Owners, wanted: str) -> None:
    """Forget a log that the caller made; the cloud's events stay."""
    await _machine_of(call, wanted, await _record(call, wanted))
    if wanted.startswith(MACHINE):
        raise Error(ErrorKind.FORBIDDEN, "The log of a machine goes with the machine", resource="event_log")
    await call.services.records.delete(call.context, KIND, wanted)


async def planned_log(call: Call, given: Any) -> Document:
    """What an `eventLogTemplate` of a machine to be made means; INVALID, NOT_FOUND. For `make_machine_log`."""
    return check(await template_of(call, given, f"{KIND}Template", _TEMPLATE))


async def make_machine_log(call: Call, machine_id: str, planned: Document) -> None:
    """Give the log of a new machine what its template says; safe to repeat."""
    said = {name: planned[name] for name in ("persistence", "properties") if planned.get(name)}
    if said:
        await _keep(call, MACHINE + machine_id, {TARGET: {"href": _MACHINES + machine_id}}, said)


async def _keep(call: Call, log_id: str, new: Document, changes: Document) -> None:
    def change(content: bytes) -> bytes:
        merged = contents.decoded(KIND, content) | changes
        return contents.encoded(KIND, {name: value for name, value in merged.items() if value is not None})

    if await _record(call, log_id) is None:
        try:
            await call.services.records.create(call.context, KIND, change(contents.encoded(KIND, new)), log_id)
            return
        except Error as error:
            if error.kind is not ErrorKind.ALREADY_EXISTS:
                raise
    await call.services.records.edit(call.context, KIND, log_id, change)


def _content(path: str, given: Document, template: Document) -> Document:
    kept = {name: template[name] for name in ("persistence",) if template.get(name)}
    return given | {TARGET: {"href": path}} | kept


async def _kept(call: Call) -> dict[str, Record]:
    async def read() -> dict[str, Record]:
        return {one.id: one for one in await call.services.records.list(call.context, KIND)}

    return await call.world.once(("kept", KIND), read)


async def _record(call: Call, wanted: str) -> Record | None:
    return (await _kept(call)).get(wanted)


def _document(record: Record | None) -> Document:
    """What a client said about a log."""
    return contents.decoded(KIND, record.content) if record is not None else {}


def _target(record: Record) -> str:
    return str(_document(record)[TARGET]["href"]).removeprefix(_MACHINES)


def _persistence(given: Document) -> timedelta | None:
    return render.PERSISTENCE.get(given.get("persistence", ""))


async def _machine_of(call: Call, wanted: str, record: Record | None) -> str:
    """The machine that a log is about; NOT_FOUND names the log."""
    machine_id = wanted.removeprefix(MACHINE) if wanted.startswith(MACHINE) else _target(record) if record else ""
    try:
        if machine_id:
            return (await call.world.machine(machine_id)).instance.id
    except Error as error:
        if error.kind is not ErrorKind.NOT_FOUND:
            raise
    raise not_found("event_log", wanted)


async def _machines_log(call: Call, machine_id: str, record: Record | None) -> Document:
    instance = (await call.world.machine(machine_id)).instance
    given: Document = {"name": instance.annotation.tags.get(NAME_TAG) or instance.name} | _document(record)
    if instance.created_at is not None:
        given["created"] = instance.created_at
    if record is not None:
        given["updated"] = record.updated_at
    found = await counted(call, machine_id, _persistence(given))
    counts = None if found is None else render.summary(found)
    return render.log(call.links, MACHINE + machine_id, machine_id, given, counts, own=False)


async def _own_log(call: Call, record: Record) -> Document:
    given = _document(record) | {"created": record.created_at, "updated": record.updated_at}
    machine_id = _target(record)
    found = await counted(call, machine_id, _persistence(given))
    counts = None if found is None else render.summary(found)
    return render.log(call.links, record.id, machine_id, given, counts, own=True)
