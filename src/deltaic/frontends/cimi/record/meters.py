"""Meters: every machine and volume has one for each figure, and clients make more, which are sampled and kept.

What a machine has by itself is not kept anywhere: its meters follow from the machine, and the one sample of each is
what the cloud measures at the moment. So a list of meters costs a list of machines and no figure is read for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Final

from msgspec.structs import replace

from deltaic.frontends.cimi.call import Call
from deltaic.frontends.cimi.common import Document
from deltaic.frontends.cimi.record import meter_render as render
from deltaic.frontends.cimi.record.aspects import ASPECTS, Aspect, aspects_of
from deltaic.frontends.cimi.record.meter_make import DEFAULT_INTERVAL, checked_interval, spec_of_body
from deltaic.frontends.cimi.tree import Owners
from deltaic.frontends.http.pace import paced
from deltaic.model.errors import Error, ErrorKind, invalid, not_found
from deltaic.model.instance import Instance
from deltaic.model.meter import Meter, Subject
from deltaic.model.metric import Measure
from deltaic.model.volume import Volume

#: What is shown of a meter.
SHOWS: Final = (
    "targetResource", "aspect", "units", "sampleInterval", "timeScope", "isContinuous", "samples", "minValue",
    "maxValue", "stopTime", "expiresTime",
)  # fmt: skip

#: A machine's or volume's figure that its size limits.
_Sized = Instance | Volume
_LIMITS: Final[dict[Measure, Callable[[_Sized], int | None]]] = {
    Measure.CPU_USAGE: lambda one: 100,
    Measure.MEMORY_USED: lambda one: one.memory if isinstance(one, Instance) else None,
    Measure.STORAGE_USED: lambda one: one.size if isinstance(one, Volume) else None,
}


async def list_meters(call: Call, owners: Owners) -> Sequence[Document]:
    """The meters of all machines and volumes, then those that the caller made."""
    machines = [view.instance for view in await call.world.machines()]
    cloud = call.capability
    metered = cloud.volumes_list and cloud.metrics_read_volume
    volumes = [one for one in await call.world.volumes() if one.independent] if metered else []
    known: dict[tuple[Subject, str], _Sized] = {(Subject.INSTANCE, one.id): one for one in machines}
    known |= {(Subject.VOLUME, one.id): one for one in volumes}
    found = [each async for key, one in paced(known.items()) for each in _provided(call, key[0], one)]
    own = [(meter, known.get((meter.spec.subject, meter.spec.subject_id))) for meter in await _own(call)]
    return [*found, *(_made(call, meter, target) for meter, target in own if target is not None)]


async def of_machine(call: Call, owners: Owners) -> Sequence[Document]:
    """The meters of one machine."""
    return await _of(call, Subject.INSTANCE, owners[0])


async def of_volume(call: Call, owners: Owners) -> Sequence[Document]:
    """The meters of one volume."""
    return await _of(call, Subject.VOLUME, owners[0])


async def get_meter(call: Call, owners: Owners, wanted: str) -> Document:
    """One meter, or NOT_FOUND."""
    found = parsed(wanted)
    try:
        if found is None:
            meter = await own_meter(call, wanted)
            return _made(call, meter, await target(call, meter.spec.subject, meter.spec.subject_id))
        subject, subject_id, aspect = found
        return _one(call, subject, await target(call, subject, subject_id), aspect)
    except Error as error:
        if error.kind is not ErrorKind.NOT_FOUND:
            raise
    raise not_found("meter", wanted)


async def get_of_machine(call: Call, owners: Owners, wanted: str) -> Document:
    """One meter of a machine, or NOT_FOUND."""
    return await _member(call, Subject.INSTANCE, owners, wanted)


async def get_of_volume(call: Call, owners: Owners, wanted: str) -> Document:
    """One meter of a volume, or NOT_FOUND."""
    return await _member(call, Subject.VOLUME, owners, wanted)


async def create(call: Call, owners: Owners) -> Document:
    """Make a meter from a template: one by reference, one by value, or the former with changes."""
    return await _create(call, "")


async def create_at_machine(call: Call, owners: Owners) -> Document:
    """Make a meter of a machine."""
    return await _create(call, call.links.to("machines", owners[0]))


async def create_at_volume(call: Call, owners: Owners) -> Document:
    """Make a meter of a volume."""
    return await _create(call, call.links.to("volumes", owners[0]))


async def edit(call: Call, owners: Owners, wanted: str, changes: Document) -> None:
    """Give a meter of the caller's own another name, interval or end; None erases."""
    await changeable(call, wanted)
    expires = changes.get("expiresTime")
    if expires is not None and expires <= datetime.now(UTC):
        raise invalid("expiresTime", "The expiresTime must be in the future")
    if changes.get("sampleInterval") is not None:
        checked_interval(call, changes["sampleInterval"])
    members: Document = {name: changes[name] or "" for name in ("name", "description") if name in changes}
    members |= {"properties": changes["properties"] or {}} if "properties" in changes else {}
    if "sampleInterval" in changes:
        members["interval"] = changes["sampleInterval"] or max(DEFAULT_INTERVAL, call.services.meters.shortest)

    def change(old: Meter) -> Meter:
        new = replace(old, spec=replace(old.spec, **members))
        return replace(new, expires_at=expires) if "expiresTime" in changes else new

    await call.services.meters.edit(call.context, wanted, change)


async def delete(call: Call, owners: Owners, wanted: str) -> None:
    """Forget a meter of the caller's own and its samples."""
    await changeable(call, wanted)
    await call.services.meters.delete(call.context, wanted)


async def start(call: Call, owners: Owners, wanted: str, action: Document) -> None:
    """Take samples again."""
    await changeable(call, wanted)
    await call.services.meters.start(call.context, wanted)


async def stop(call: Call, owners: Owners, wanted: str, action: Document) -> None:
    """Take no more samples."""
    await changeable(call, wanted)
    await call.services.meters.stop(call.context, wanted)


ACTIONS: Final = {"start": start, "stop": stop}


async def _create(call: Call, uri: str) -> Document:
    spec = await spec_of_body(call, uri.removeprefix(f"{call.links.base}/"))
    meter = await call.services.meters.create(call.context, spec)
    return _made(call, meter, await target(call, spec.subject, spec.subject_id))


def parsed(wanted: str) -> tuple[Subject, str, Aspect] | None:
    """What the id of a meter of the cloud says; None for a meter that a client made. NOT_FOUND for neither."""
    for subject, prefix in render.PREFIXES.items():
        if wanted.startswith(prefix):
            subject_id, _, name = wanted.removeprefix(prefix).rpartition(".")
            aspect = ASPECTS.get(name)
            if not subject_id or aspect is None or aspect.measure(subject) is None:
                raise not_found("meter", wanted)
            return subject, subject_id, aspect
    return None


async def own_meter(call: Call, wanted: str) -> Meter:
    """A meter that the caller made; NOT_FOUND."""
    return await call.world.once(("meter", wanted), lambda: call.services.meters.get(call.context, wanted))


async def target(call: Call, subject: Subject, subject_id: str) -> _Sized:
    """What is metered; NOT_FOUND."""
    if subject is Subject.INSTANCE:
        return (await call.world.machine(subject_id)).instance
    return await call.world.volume(subject_id)


async def changeable(call: Call, wanted: str) -> None:
    """NOT_FOUND unless there is such a meter, FORBIDDEN unless it is the caller's own."""
    await get_meter(call, (), wanted)
    if parsed(wanted) is not None:
        raise Error(ErrorKind.FORBIDDEN, "This meter is the provider's and can't be changed", resource="meter")


async def _of(call: Call, subject: Subject, subject_id: str) -> Sequence[Document]:
    one = await target(call, subject, subject_id)
    own = [meter for meter in await _own(call) if (meter.spec.subject, meter.spec.subject_id) == (subject, subject_id)]
    return [*_provided(call, subject, one), *(_made(call, meter, one) for meter in own)]


async def _member(call: Call, subject: Subject, owners: Owners, wanted: str) -> Document:
    document = await get_meter(call, (), wanted)
    if document["targetResource"] != call.links.ref(render.PLACES[subject], owners[0]):
        raise not_found("meter", wanted)
    return document


async def _own(call: Call) -> Sequence[Meter]:
    return await call.world.once("meters", lambda: call.services.meters.list(call.context))


def _provided(call: Call, subject: Subject, one: _Sized) -> Sequence[Document]:
    shortest, limits = call.services.meters.shortest, tuple(_limit(each, one) for each in _measures(subject))
    return call.renderings.group("Meter", call.links, one.id, render.all_provided, subject, one.id, shortest, limits)


@cache
def _measures(subject: Subject) -> tuple[Measure, ...]:
    found = (aspect.measure(subject) for aspect in aspects_of(subject))
    return tuple(one for one in found if one is not None)


def _one(call: Call, subject: Subject, one: _Sized, aspect: Aspect) -> Document:
    measure = aspect.measure(subject)
    assert measure is not None
    shortest, limit = call.services.meters.shortest, _limit(measure, one)
    return call.rendered("Meter", (one.id, aspect.name), render.provided, subject, one.id, aspect, shortest, limit)


def _made(call: Call, meter: Meter, one: _Sized) -> Document:
    return render.made(call.links, meter, _limit(meter.spec.measure, one))


def _limit(measure: Measure, one: _Sized) -> int | None:
    return _LIMITS[measure](one) if measure in _LIMITS else None
