"""Event logs: every machine has one, and clients make more, with another persistence. The events are the cloud's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from deltaic.frontends.cimi.call import Call
from deltaic.frontends.cimi.common import Document
from deltaic.frontends.cimi.labels import shown_name
from deltaic.frontends.cimi.record import event_render as render
from deltaic.frontends.cimi.record import log_records
from deltaic.frontends.cimi.record.events import counted, of_machine
from deltaic.frontends.cimi.record.targets import MACHINE, TARGET, target_of
from deltaic.frontends.cimi.tree import Owners
from deltaic.frontends.http.pace import paced
from deltaic.model.errors import Error, ErrorKind, invalid, not_found
from deltaic.model.instance import Instance
from deltaic.ports.store import Record
from deltaic.protocols.cimi.bodies import read_body

#: What is shown of a log.
SHOWS: Final = ("targetResource", "events", "persistence", "summary")


async def list_logs(call: Call, owners: Owners) -> Sequence[Document]:
    """The logs of all machines, then those that the caller made."""
    instances = [view.instance for view in await call.world.machines()]
    known = {one.id for one in instances}
    kept = await log_records.records(call)
    own = [record for record in kept.values() if not record.id.startswith(MACHINE)]
    logs = [await _machines_log(call, one, kept.get(MACHINE + one.id)) async for one in paced(instances)]
    return [*logs, *[await _own_log(call, record) for record in own if log_records.machine_of(record) in known]]


async def get_log(call: Call, owners: Owners, wanted: str) -> Document:
    """One log, or NOT_FOUND."""
    record, instance = await _found(call, wanted)
    if wanted.startswith(MACHINE) or record is None:
        return await _machines_log(call, instance, record)
    return await _own_log(call, record)


async def list_events(call: Call, owners: Owners) -> Sequence[Document]:
    """The newest events of a log, newest first."""
    record, instance = await _found(call, owners[0])
    found = await of_machine(call, instance.id, log_records.persistence(log_records.said(record)))
    return render.events(call.links, owners[0], _name(instance), found)


async def create(call: Call, owners: Owners) -> Document:
    """Make a log from a template: one by reference, one by value, or the former with changes."""
    body = read_body(call.body, call.content_type, f"{log_records.KIND}Create")
    template = await log_records.planned_log(call, body.get(log_records.TEMPLATE))
    path = await target_of(call, template, TARGET)
    if not path.startswith(log_records.MACHINES):
        raise invalid(TARGET, "The cloud has events of machines alone")
    said = {name: body[name] for name in ("name", "description", "properties") if body.get(name)}
    said |= {name: template[name] for name in ("persistence",) if template.get(name)}
    return await _own_log(call, await log_records.new_log(call, path.removeprefix(log_records.MACHINES), said))


async def edit(call: Call, owners: Owners, wanted: str, changes: Document) -> None:
    """Give a log another name, description, properties or persistence; None erases."""
    _, instance = await _found(call, wanted)
    await log_records.keep(call, wanted, instance.id, log_records.check(changes))


async def delete(call: Call, owners: Owners, wanted: str) -> None:
    """Forget a log that the caller made; the cloud's events stay."""
    await _found(call, wanted)
    if wanted.startswith(MACHINE):
        raise Error(ErrorKind.FORBIDDEN, "The log of a machine goes with the machine", resource="event_log")
    await call.services.records.delete(call.context, log_records.KIND, wanted)


async def _found(call: Call, wanted: str) -> tuple[Record | None, Instance]:
    """What was said about a log, and the machine that it is about; NOT_FOUND names the log."""
    record = (await log_records.records(call)).get(wanted)
    machine_id = log_records.machine_of(record) if record else ""
    if wanted.startswith(MACHINE):
        machine_id = wanted.removeprefix(MACHINE)
    try:
        if machine_id:
            return record, (await call.world.machine(machine_id)).instance
    except Error as error:
        if error.kind is not ErrorKind.NOT_FOUND:
            raise
    raise not_found("event_log", wanted)


async def _machines_log(call: Call, instance: Instance, record: Record | None) -> Document:
    given: Document = {"name": _name(instance)} | log_records.said(record)
    if instance.created_at is not None:
        given["created"] = instance.created_at
    if record is not None:
        given["updated"] = record.updated_at
    return await _log(call, MACHINE + instance.id, instance.id, given, own=False)


async def _own_log(call: Call, record: Record) -> Document:
    given = log_records.said(record) | {"created": record.created_at, "updated": record.updated_at}
    return await _log(call, record.id, log_records.machine_of(record), given, own=True)


async def _log(call: Call, log_id: str, machine_id: str, given: Document, *, own: bool) -> Document:
    found = await counted(call, machine_id, log_records.persistence(given))
    counts = None if found is None else render.summary(found)
    return render.log(call.links, log_id, machine_id, given, counts, own=own)


def _name(instance: Instance) -> str:
    return shown_name(instance.annotation.tags, instance.name)
