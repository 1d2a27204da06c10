"""What happened in a cloud, as its audit log tells it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from deltaic.model.instance import InstanceState


class Severity(StrEnum):
    """How bad it is."""

    NORMAL = "normal"
    WARNING = "warning"
    ERROR = "error"
    ALERT = "alert"


class EventKind(StrEnum):
    """What an event is about."""

    STATE = "state"  # a machine is in a state now
    MODEL = "model"  # something was made, changed or removed
    ACCESS = "access"  # somebody asked for something
    ALARM = "alarm"  # something went wrong


class Outcome(StrEnum):
    """What came of it."""

    PENDING = "pending"  # it is under way
    SUCCESS = "success"
    FAILURE = "failure"
    WARNING = "warning"  # somebody should look
    STATUS = "status"  # it only tells how things are


class Change(StrEnum):
    """What a MODEL event did."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


class Event(Struct, frozen=True, kw_only=True):
    """One event; ids ascend with time. References are empty where the event is about nothing of the sort.

    `code` is the cloud's own. `state` is the machine's after a STATE event, `change` what a MODEL event did,
    `operation` what an ACCESS event asked for. The machine may be gone: `instance_name` is what it was called.
    """

    id: str
    time: datetime
    severity: Severity
    code: str
    text: str
    kind: EventKind
    outcome: Outcome
    state: InstanceState | None = None
    change: Change | None = None
    operation: str = ""
    instance_id: str = ""
    instance_name: str = ""
    image_id: str = ""
    data_center_id: str = ""
    user: str = ""
    correlation_id: str = ""
