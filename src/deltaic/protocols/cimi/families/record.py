"""What the provider writes down: jobs, meters with their samples, logs with their events."""

from __future__ import annotations

from typing import Final

from deltaic.protocols.cimi.kinds import (
    COMMON,
    Access,
    Attribute,
    Kind,
    Resource,
    boolean,
    collection,
    create,
    integer,
    moment,
    once,
    provider,
    ref,
    refs,
    resource,
    string,
    uri,
)

JOB_STATES: Final = ("QUEUED", "RUNNING", "SUCCESS", "FAILED", "STOPPING", "STOPPED")

_MEASURE: Final = (
    once(uri("aspect")),
    once(string("units")),
    integer("sampleInterval"),
    once(string("timeScope")),
    once(Attribute("intervalDuration", Kind.DURATION)),
    once(boolean("isContinuous")),
)
_SAMPLE: Final = Attribute(
    "sample",
    Kind.STRUCT,
    required=True,
    access=Access.PROVIDER,
    fields=(Attribute("timestamp", Kind.DATETIME, attribute=True), Attribute("value", Kind.STRING, attribute=True)),
)
_SUMMARY: Final = tuple(Attribute(name, Kind.INTEGER, required=True) for name in ("low", "medium", "high", "critical"))
#: What the content of the four types of event is made of: state, alarm, model, access.
_CONTENT: Final = (
    string("resName"),
    uri("resource"),
    uri("resType"),
    string("state"),
    string("previous"),
    string("code"),
    string("change"),
    string("operation"),
    string("detail"),
    string("initiator"),
)

RESOURCES: Final[tuple[Resource, ...]] = (
    resource(
        "Job",
        provider(string("state")),
        provider(ref("targetResource")),
        provider(refs("affectedResources", "affectedResource")),
        provider(uri("action")),
        provider(integer("returnCode")),
        provider(integer("progress")),
        provider(string("statusMessage")),
        provider(moment("timeOfStatusChange")),
        provider(ref("parentJob", "Job")),
        provider(refs("nestedJobs", "nestedJob", "Job")),
        path="jobs",
        operations=("edit", "delete", "stop"),
        states=JOB_STATES,
        inlined_operations=False,
    ),
    resource(
        "Meter",
        once(ref("targetResource")),
        *_MEASURE,
        collection("samples", "Sample"),
        provider(string("minValue")),
        provider(string("maxValue")),
        provider(moment("stopTime")),
        moment("expiresTime"),
        path="meters",
        operations=("edit", "delete", "start", "stop"),
    ),
    create("Meter"),
    resource("MeterTemplate", ref("targetResource"), ref("meterConfig", "MeterConfiguration"), path="meter_templates"),
    Resource("Sample", (*COMMON, _SAMPLE), "samples", inlined_operations=False),
    resource(
        "MeterConfiguration",
        refs("associatedTo", "associatedTo"),
        *_MEASURE,
        path="meter_configurations",
        aliases=("meterConfigs",),
    ),
    resource(
        "EventLog",
        once(ref("targetResource")),
        collection("events", "Event"),
        string("persistence"),
        provider(Attribute("summary", Kind.STRUCT, fields=_SUMMARY)),
        path="event_logs",
    ),
    create("EventLog"),
    resource("EventLogTemplate", ref("targetResource"), string("persistence"), path="event_log_templates"),
    Resource(
        "Event",
        (
            *COMMON,
            provider(moment("timestamp")),
            provider(string("type")),
            provider(Attribute("content", Kind.STRUCT, fields=_CONTENT)),
            provider(string("outcome")),
            provider(string("severity")),
            provider(string("contact")),
        ),
        "events",
        operations=("delete",),
    ),
)
