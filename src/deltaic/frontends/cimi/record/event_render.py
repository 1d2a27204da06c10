"""Event logs and events: pure functions from the model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Final

from deltaic.frontends.cimi.common import Document, operation
from deltaic.frontends.cimi.links import Links
from deltaic.frontends.cimi.machine.render import STATES
from deltaic.model.event import Event, EventKind, Outcome, Severity
from deltaic.protocols.cimi.kinds import NAMESPACE
from deltaic.protocols.cimi.table import RESOURCES

PATH: Final = "event_logs"

#: How long a log shows its events; one without a persistence shows whatever the cloud still has.
PERSISTENCE: Final = {
    "daily": timedelta(days=1),
    "weekly": timedelta(weeks=1),
    "monthly": timedelta(days=31),
    "yearly": timedelta(days=366),
}
SEVERITIES: Final = {
    Severity.NORMAL: "low",
    Severity.WARNING: "medium",
    Severity.ERROR: "high",
    Severity.ALERT: "critical",
}
OUTCOMES: Final = {
    Outcome.PENDING: "Pending",
    Outcome.SUCCESS: "Success",
    Outcome.FAILURE: "Failure",
    Outcome.WARNING: "Warning",
    Outcome.STATUS: "Status",
}


def log(
    links: Links, log_id: str, machine_id: str, given: Document, summary: dict[str, int] | None, *, own: bool
) -> Document:
    """A log of a machine; `given` has what a client said about it. One of the client's `own` can be deleted."""
    uri = links.to(PATH, log_id)
    document = {"id": uri} | {
        name: given[name] for name in ("name", "description", "created", "updated") if name in given
    }
    if given.get("properties"):
        document["properties"] = given["properties"]
    document |= {"targetResource": links.ref("machines", machine_id), "events": {"href": f"{uri}/events"}}
    if given.get("persistence"):
        document["persistence"] = given["persistence"]
    if summary is not None:
        document["summary"] = summary
    verbs = ("edit", "delete") if own else ("edit",)
    return document | {"operations": [operation(verb, uri) for verb in verbs]}


def summary(events: Iterable[Event]) -> dict[str, int]:
    """How many events there are of each severity."""
    counts = dict.fromkeys(SEVERITIES.values(), 0)
    for one in events:
        counts[SEVERITIES[one.severity]] += 1
    return counts


def events(links: Links, log_id: str, machine_name: str, found: Sequence[Event]) -> list[Document]:
    """The events of a log in the order given, newest first; each knows the state before it from the older ones."""
    documents = []
    previous = ""
    for one in reversed(found):
        documents.append(_event(links, log_id, machine_name, one, previous))
        if one.kind is EventKind.STATE and one.state is not None:
            previous = STATES[one.state]
    return documents[::-1]


def _event(links: Links, log_id: str, machine_name: str, one: Event, previous: str) -> Document:
    return {
        "id": links.to(PATH, log_id, "events", one.id),
        "description": one.text,
        "created": one.time,
        "timestamp": one.time,
        "type": f"{NAMESPACE}/event/{one.kind}",
        "content": _content(links, machine_name, one, previous),
        "outcome": OUTCOMES[one.outcome],
        "severity": SEVERITIES[one.severity],
    }


def _content(links: Links, machine_name: str, one: Event, previous: str) -> Document:
    """What the type of the event prescribes."""
    resource = links.to("machines", one.instance_id)
    about = {"resName": machine_name, "resource": resource, "resType": RESOURCES["Machine"].uri}
    match one.kind:
        case EventKind.STATE:
            found = about | {"state": STATES[one.state] if one.state is not None else "", "previous": previous}
        case EventKind.ALARM:
            found = about | {"code": one.code, "detail": one.text}
        case EventKind.MODEL:
            found = about | {"change": str(one.change or ""), "detail": one.text}
        case EventKind.ACCESS:
            found = {"resource": resource, "operation": one.operation, "detail": one.text, "initiator": one.user}
    return {name: value for name, value in found.items() if value}
