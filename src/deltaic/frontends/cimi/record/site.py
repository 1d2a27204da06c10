"""The collections of what the provider writes down."""

from __future__ import annotations

from typing import Final

from deltaic.frontends.cimi.members import Member, entry_collection
from deltaic.frontends.cimi.record import event_logs
from deltaic.frontends.cimi.tree import Collection

_EVENTS: Final = Collection(
    "Event",
    "events",
    event_logs.list_events,
    Member("event", event_logs.list_events),
    "events of the cloud's audit log, the newest first",
    ("timestamp", "type", "content", "outcome", "severity"),
)

COLLECTIONS: Final[tuple[Collection, ...]] = (
    entry_collection(
        "EventLog",
        event_logs.list_logs,
        "one for each machine, and those that users make",
        event_logs.get_log,
        shows=("targetResource", "events", "persistence", "summary"),
        create=event_logs.create,
        edit=event_logs.edit,
        delete=event_logs.delete,
        below=(_EVENTS,),
    ),
    event_logs.TEMPLATES.collection("what users make logs from"),
)
