"""The meters and the event log that a new machine's template asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from deltaic.frontends.cimi.call import Call
from deltaic.frontends.cimi.common import Document
from deltaic.frontends.cimi.record.log_records import make_machine_log, planned_log
from deltaic.frontends.cimi.record.meter_make import make_meters, planned_meters
from deltaic.model.errors import Error, ErrorKind
from deltaic.model.meter import MeterSpec

#: The attributes of a template that ask for them.
ATTRIBUTES: Final = ("meterTemplates", "eventLogTemplate")


@dataclass(frozen=True, slots=True)
class Watch:
    """What is to be kept about a machine."""

    meters: Sequence[MeterSpec] = ()
    event_log: Document = field(default_factory=dict)


async def planned(call: Call, template: Document) -> Watch:
    """What a machine's template asks for; INVALID, MISSING and NOT_FOUND name the attribute."""
    for name, there in zip(ATTRIBUTES, (call.capability.metrics_read, call.capability.events_list), strict=True):
        if template.get(name) and not there:
            raise Error(ErrorKind.UNSUPPORTED, f"This cloud has nothing to be watched with {name}", field=name)
    meters = await planned_meters(call, template.get("meterTemplates") or ())
    given = template.get("eventLogTemplate")
    return Watch(meters, await planned_log(call, given) if given else {})


async def begin(call: Call, machine_id: str, watch: Watch) -> None:
    """Begin to watch a machine that was just made; one that can't be had as it was asked for is removed again."""
    try:
        await make_machine_log(call, machine_id, watch.event_log)
        await make_meters(call, machine_id, watch.meters)
    except Error:
        await call.services.instances.terminate(call.context, [machine_id])
        raise
