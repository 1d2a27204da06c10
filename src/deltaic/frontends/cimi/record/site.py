"""The collections of what the provider writes down."""

from __future__ import annotations

from typing import Final

from deltaic.frontends.cimi.declaring import entry_collection, part_collection
from deltaic.frontends.cimi.record import event_logs, jobs, log_records, meter_supply, meters, samples
from deltaic.frontends.cimi.tree import Collection

_EVENTS: Final = part_collection(
    "Event",
    "events",
    "event",
    event_logs.list_events,
    "events of the cloud's audit log, the newest first",
    shows=("timestamp", "type", "content", "outcome", "severity"),
)

_SAMPLES: Final = part_collection(
    "Sample",
    "samples",
    "sample",
    samples.list_samples,
    "the figure of this moment, or those that were kept",
    shows=("sample",),
)

COLLECTIONS: Final[tuple[Collection, ...]] = (
    entry_collection(
        "Job",
        jobs.list_jobs,
        "one for every request that has changed something",
        jobs.get_job,
        shows=jobs.SHOWS,
        edit=jobs.edit,
        delete=jobs.delete,
        actions={"stop": jobs.stop},
    ),
    entry_collection(
        "Meter",
        meters.list_meters,
        "one for each figure of a machine or volume, and those that users make",
        meters.get_meter,
        shows=meters.SHOWS,
        create=meters.create,
        edit=meters.edit,
        delete=meters.delete,
        actions=meters.ACTIONS,
        below=(_SAMPLES,),
        needs={"": "metrics_read"},
    ),
    meter_supply.TEMPLATES.collection("one for each aspect, and those that users make", needs={"": "metrics_read"}),
    meter_supply.CONFIGURATIONS.collection(
        "one for each aspect, and those that users make", needs={"": "metrics_read"}
    ),
    entry_collection(
        "EventLog",
        event_logs.list_logs,
        "one for each machine, and those that users make",
        event_logs.get_log,
        shows=event_logs.SHOWS,
        create=event_logs.create,
        edit=event_logs.edit,
        delete=event_logs.delete,
        below=(_EVENTS,),
        needs={"": "events_list"},
    ),
    log_records.TEMPLATES.collection("what users make logs from", needs={"": "events_list"}),
)
