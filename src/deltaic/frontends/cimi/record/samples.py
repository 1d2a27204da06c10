"""Samples: the figure of this moment of a meter of the cloud, and those that were kept of a meter of a client."""

from __future__ import annotations

from collections.abc import Sequence

from deltaic.frontends.cimi.call import Call
from deltaic.frontends.cimi.common import Document
from deltaic.frontends.cimi.record import meter_render as render
from deltaic.frontends.cimi.record.aspects import aspect_of
from deltaic.frontends.cimi.record.meters import get_meter, own_meter, parsed
from deltaic.frontends.cimi.record.targets import spend
from deltaic.frontends.cimi.tree import Owners
from deltaic.model.meter import Subject
from deltaic.model.metric import Metric


async def list_samples(call: Call, owners: Owners) -> Sequence[Document]:
    """The samples of a meter, oldest first."""
    meter_id = owners[0]
    await get_meter(call, (), meter_id)
    found = parsed(meter_id)
    if found is None:
        spec = (await own_meter(call, meter_id)).spec
        aspect = aspect_of(spec.subject, spec.measure)
        samples = await call.services.meters.samples(call.context, meter_id)
        return [render.kept(call.links, meter_id, aspect, one) for one in samples]
    subject, subject_id, aspect = found
    figures = await _figures(call, subject, subject_id)
    measure = aspect.measure(subject)
    return [render.current(call.links, meter_id, aspect, one) for one in figures if one.name is measure]


async def _figures(call: Call, subject: Subject, subject_id: str) -> Sequence[Metric]:
    """What the cloud measures now; all meters of one machine or volume share the read."""

    async def read() -> Sequence[Metric]:
        await spend(call)
        metrics = call.services.metrics
        verb = metrics.of_instance if subject is Subject.INSTANCE else metrics.of_volume
        return await verb(call.context, subject_id)

    return await call.world.once(("figures", subject, subject_id), read)
