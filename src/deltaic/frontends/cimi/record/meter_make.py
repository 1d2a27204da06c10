"""From a MeterCreate, or the meter templates of a new machine, to a meter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from msgspec.structs import replace

from deltaic.frontends.cimi import contents
from deltaic.frontends.cimi.call import Call
from deltaic.frontends.cimi.common import Document
from deltaic.frontends.cimi.record.aspects import TYPES, aspect_named, types_of
from deltaic.frontends.cimi.record.meter_render import PLACES
from deltaic.frontends.cimi.record.targets import TARGET, require_target, target_of
from deltaic.frontends.cimi.resolver import template_of
from deltaic.model.errors import Error, ErrorKind, invalid
from deltaic.model.meter import MeterSpec, Subject
from deltaic.protocols.cimi.bodies import read_body
from deltaic.protocols.cimi.table import RESOURCES
from deltaic.services.meters import LONGEST_INTERVAL

#: Seconds between two samples where nothing else is asked for.
DEFAULT_INTERVAL: Final = 60
_TEMPLATE: Final = "meterTemplate"
_CONFIGURATION: Final = "meterConfig"
_SUBJECTS: Final = {place: subject for subject, place in PLACES.items()}


async def spec_of_body(call: Call, target: str = "") -> MeterSpec:
    """The meter that a request's body asks for; `target` is where it was sent to (`machines/ID`; empty: anywhere)."""
    body = read_body(call.body, call.content_type, "MeterCreate")
    template = await template_of(call, body.get(_TEMPLATE), "MeterTemplate", _TEMPLATE)
    named = template.get(TARGET)
    path = await target_of(call, template, TARGET) if named or not target else target
    if target and path != target:
        raise invalid(TARGET, "The meter is asked for at another resource than its template names")
    await require_target(call, path, TARGET)
    place, _, subject_id = path.partition("/")
    spec = await _spec(call, template, _SUBJECTS[place], subject_id)
    said = {name: body[name] for name in ("name", "description", "properties") if body.get(name)}
    return replace(spec, **said)


async def planned_meters(call: Call, given: Sequence[Any]) -> list[MeterSpec]:
    """The meters that the `meterTemplates` of a machine to be made mean; INVALID, MISSING, NOT_FOUND.

    The machine's id is put in by `make_machine_meters`.
    """
    specs = []
    for one in given:
        template = await template_of(call, one, "MeterTemplate", "meterTemplates")
        specs.append(await _spec(call, template, Subject.INSTANCE, ""))
    return specs


async def make_machine_meters(call: Call, machine_id: str, planned: Sequence[MeterSpec]) -> None:
    """Make the planned meters of a new machine; those that it has already are not made again. QUOTA."""
    there = [meter.spec for meter in await call.services.meters.list(call.context)] if planned else []
    for spec in planned:
        wanted = replace(spec, subject_id=machine_id)
        if wanted not in there:
            await call.services.meters.create(call.context, wanted)


def check_configuration(document: Document) -> Document:
    """A MeterConfiguration that meters can be made from; INVALID names the attribute."""
    aspect = aspect_named(document["aspect"]) if document.get("aspect") else None
    if aspect is not None and str(document.get("units") or aspect.units).strip() != aspect.units:
        raise invalid("units", f"The aspect {aspect.name} is measured in {aspect.units}")
    if document.get("timeScope", "Point") != "Point" or document.get("intervalDuration"):
        raise invalid("timeScope", "Figures are of one moment: the timeScope must be Point, without intervalDuration")
    if document.get("isContinuous") is False:
        raise invalid("isContinuous", "All meters of this provider are continuous")
    if document.get("sampleInterval", 1) < 1:
        raise invalid("sampleInterval", "The sampleInterval must be at least 1 second")
    known = {RESOURCES[name].uri for name in TYPES.values()}
    wanted = {str(one.get("href")) for one in document.get(contents.TYPES_ATTRIBUTE) or ()}
    possible = set(types_of(aspect)) if aspect else known
    if wanted - possible:
        raise invalid(contents.TYPES_ATTRIBUTE, f"Such a meter can be associated to {', '.join(sorted(possible))}")
    return document


def checked_interval(call: Call, seconds: int) -> int:
    """The interval, if samples can be taken so often."""
    shortest = call.services.meters.shortest
    if not shortest <= seconds <= LONGEST_INTERVAL:
        message = f"The sampleInterval must be between {shortest} and {LONGEST_INTERVAL} seconds"
        raise invalid("sampleInterval", message)
    return seconds


async def _spec(call: Call, template: Document, subject: Subject, subject_id: str) -> MeterSpec:
    found = await template_of(call, template.get(_CONFIGURATION), "MeterConfiguration", _CONFIGURATION)
    configuration = check_configuration(found)
    aspect = aspect_named(configuration.get("aspect"))
    measure = aspect.measure(subject)
    types = {str(one.get("href")) for one in configuration.get(contents.TYPES_ATTRIBUTE) or ()}
    if measure is None or (types and RESOURCES[TYPES[subject]].uri not in types):
        message = f"The {TYPES[subject]} has no meter of the aspect {aspect.name} by this configuration"
        raise Error(ErrorKind.INVALID, message, field=TARGET)
    interval = configuration.get("sampleInterval")
    shortest = call.services.meters.shortest
    return MeterSpec(
        subject=subject,
        subject_id=subject_id,
        measure=measure,
        interval=max(DEFAULT_INTERVAL, shortest) if interval is None else checked_interval(call, interval),
    )
