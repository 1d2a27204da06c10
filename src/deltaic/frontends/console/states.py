"""How states look: a word and a class of the style sheet."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from deltaic.model.instance import InstanceState

S = InstanceState


class Look(StrEnum):
    """What a person wants to know of a state."""

    RUNNING = "running"
    CHANGING = "changing"
    STOPPED = "stopped"
    TROUBLE = "trouble"


LOOKS: Final[dict[InstanceState, Look]] = {
    S.RUNNING: Look.RUNNING,
    S.MIGRATING: Look.RUNNING,
    S.REBOOTING: Look.CHANGING,
    S.CREATING: Look.CHANGING,
    S.STARTING: Look.CHANGING,
    S.RESUMING: Look.CHANGING,
    S.STOPPING: Look.CHANGING,
    S.SUSPENDING: Look.CHANGING,
    S.LOCKED: Look.CHANGING,
    S.DELETING: Look.CHANGING,
    S.STOPPED: Look.STOPPED,
    S.SUSPENDED: Look.STOPPED,
    S.PAUSED: Look.STOPPED,
    S.DELETED: Look.STOPPED,
    S.NOT_RESPONDING: Look.TROUBLE,
    S.UNKNOWN: Look.TROUBLE,
    S.PAUSED_BY_ERROR: Look.TROUBLE,
    S.ERROR: Look.TROUBLE,
}

#: Not shown any more.
HIDDEN: Final = frozenset({S.DELETED})

#: What can be done in each state.
VERBS: Final[dict[InstanceState, tuple[str, ...]]] = {
    S.RUNNING: ("stop", "reboot", "suspend", "force-stop"),
    S.MIGRATING: ("stop",),
    S.REBOOTING: ("force-stop",),
    S.STARTING: ("stop", "force-stop"),
    S.STOPPING: ("force-stop",),
    S.STOPPED: ("start", "delete"),
    S.SUSPENDED: ("start", "force-stop"),
    S.PAUSED: ("start", "stop"),
    S.PAUSED_BY_ERROR: ("start", "force-stop"),
    S.NOT_RESPONDING: ("force-stop",),
    S.ERROR: ("delete",),
}
