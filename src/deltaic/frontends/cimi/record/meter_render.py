"""Meters and samples: pure functions from the model."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from deltaic.frontends.cimi.common import Document, common, operation
from deltaic.frontends.cimi.links import Links
from deltaic.frontends.cimi.record.aspects import Aspect, aspect_of, aspects_of
from deltaic.model.meter import Meter, Subject
from deltaic.model.metric import Metric
from deltaic.ports.samples import Sample

PATH: Final = "meters"
#: The collection of what is metered, and how the ids of its own meters begin.
PLACES: Final = {Subject.INSTANCE: "machines", Subject.VOLUME: "volumes"}
PREFIXES: Final = {Subject.INSTANCE: "machine.", Subject.VOLUME: "volume."}
#: The last segment of the one sample that a meter of the cloud has.
CURRENT: Final = "current"


def own_id(subject: Subject, subject_id: str, aspect: Aspect) -> str:
    """The id of a meter that a machine or volume has by itself."""
    return f"{PREFIXES[subject]}{subject_id}.{aspect.name}"


def provided(
    links: Links, subject: Subject, subject_id: str, aspect: Aspect, interval: int, limit: int | None
) -> Document:
    """A meter that a machine or volume has by itself; `limit` is the largest value that can be expected."""
    uri = links.to(PATH, own_id(subject, subject_id, aspect))
    return (
        common(uri, aspect.name, aspect.summary)
        | _measuring(links, subject, subject_id, aspect, interval)
        | {"samples": {"href": f"{uri}/samples"}}
        | _range(aspect, limit)
    )


def all_provided(
    links: Links, subject: Subject, subject_id: str, interval: int, limits: Sequence[int | None]
) -> list[Document]:
    """All meters that a machine or volume has by itself; `limits` are those of its aspects, in their order."""
    aspects = zip(aspects_of(subject), limits, strict=True)
    return [provided(links, subject, subject_id, aspect, interval, limit) for aspect, limit in aspects]


def made(links: Links, meter: Meter, limit: int | None) -> Document:
    """A meter that a client made."""
    spec = meter.spec
    aspect = aspect_of(spec.subject, spec.measure)
    uri = links.to(PATH, meter.id)
    times = {"stopTime": meter.stopped_at, "expiresTime": meter.expires_at}
    verbs = ("edit", "delete", "stop" if meter.running else "start")
    return (
        common(uri, spec.name or aspect.name, spec.description, meter.created_at, spec.properties)
        | {"updated": meter.updated_at}
        | _measuring(links, spec.subject, spec.subject_id, aspect, spec.interval)
        | {"samples": {"href": f"{uri}/samples"}}
        | _range(aspect, limit)
        | {name: time for name, time in times.items() if time is not None}
        | {"operations": [operation(verb, uri if verb in ("edit", "delete") else f"{uri}/{verb}") for verb in verbs]}
    )


def current(links: Links, meter_id: str, aspect: Aspect, found: Metric) -> Document:
    """The figure of this moment."""
    return _sample(links, meter_id, CURRENT, found.time.replace(microsecond=0), aspect.written(found.value))


def kept(links: Links, meter_id: str, aspect: Aspect, found: Sample) -> Document:
    """A figure that was kept."""
    return _sample(links, meter_id, str(found.number), found.taken_at, aspect.written(found.value))


def _sample(links: Links, meter_id: str, sample_id: str, taken_at: datetime, value: str) -> Document:
    return {
        "id": links.to(PATH, meter_id, "samples", sample_id),
        "sample": {"timestamp": taken_at, "value": value},
    }


def _measuring(links: Links, subject: Subject, subject_id: str, aspect: Aspect, interval: int) -> Document:
    return {
        "targetResource": links.ref(PLACES[subject], subject_id),
        "aspect": aspect.uri,
        "units": aspect.units,
        "sampleInterval": interval,
        "timeScope": "Point",
        "isContinuous": True,
    }


def _range(aspect: Aspect, limit: int | None) -> Document:
    """What values can be expected: no figure is below 0."""
    return {"minValue": "0"} | ({} if limit is None else {"maxValue": aspect.written(limit)})
