"""The states of instances: the neutral ones in the original's words, and the graph that they make."""

from __future__ import annotations

from typing import Final

from deltaic.model.instance import InstanceState
from deltaic.protocols.deltacloud.families.state import State, Transition

S = InstanceState

#: The original's word for each state. Saved or paused machines are stopped ones: start brings them back.
STATES: Final[dict[InstanceState, str]] = {
    S.CREATING: "PENDING",
    S.STARTING: "PENDING",
    S.RESUMING: "PENDING",
    S.LOCKED: "PENDING",
    S.RUNNING: "RUNNING",
    S.REBOOTING: "RUNNING",
    S.MIGRATING: "RUNNING",
    S.STOPPING: "STOPPING",
    S.SUSPENDING: "STOPPING",
    S.STOPPED: "STOPPED",
    S.SUSPENDED: "STOPPED",
    S.PAUSED: "STOPPED",
    S.NOT_RESPONDING: "ERROR",
    S.UNKNOWN: "ERROR",
    S.PAUSED_BY_ERROR: "ERROR",
    S.ERROR: "ERROR",
    S.DELETING: "FINISH",
    S.DELETED: "FINISH",
}

#: What a client can do in each state.
OFFERED: Final[dict[str, tuple[str, ...]]] = {
    "PENDING": (),
    "RUNNING": ("reboot", "stop"),
    "STOPPING": ("stop",),
    "STOPPED": ("start", "destroy"),
    "ERROR": ("stop", "destroy"),
    "FINISH": (),
}

_PENDING: Final = (Transition("stopped"), Transition("running"), Transition("error"))
_RUNNING: Final = (Transition("running", "reboot"), Transition("stopping", "stop"), Transition("error"))

#: A new instance is made and stays stopped; `start=true` has it go on to running.
GRAPH: Final = (
    State("start", (Transition("pending", "create"),)),
    State("pending", _PENDING),
    State("running", _RUNNING),
    State("stopping", (Transition("stopped"), Transition("stopped", "stop"))),
    State("stopped", (Transition("pending", "start"), Transition("finish", "destroy"))),
    State("error", (Transition("stopped", "stop"), Transition("finish", "destroy"))),
    State("finish"),
)
